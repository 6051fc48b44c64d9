package grpcapi

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/profilegate/profilegate/core"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// headOf is the text of a tenant's newest revision.
func headOf(t *testing.T, tenant *core.Tenant) string {
	t.Helper()
	h, err := tenant.Head(context.Background())
	require.NoError(t, err)
	return core.RevisionOf(h).String()
}

// Every write tells the revision that it made, and every read the one that it read.
func TestAnswersTellRevisions(t *testing.T) {
	s := start(t, setup{})
	ctx := as(t, both, "demo")
	created, err := s.client.CreateProfile(ctx, aSpec("web"))
	require.NoError(t, err)
	require.Equal(t, headOf(t, s.tenants[both]), created.GetRevision())
	require.True(t, strings.HasPrefix(created.GetRevision(), strconv.FormatUint(created.GetProfile().GetRevision(), 10)+"-"))
	id := created.GetProfile().GetId()
	spec := profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC

	for _, asked := range []string{"", created.GetRevision(), "1"} {
		read, err := s.client.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: id, Style: spec, MinRevision: asked})
		require.NoError(t, err)
		require.Equal(t, created.GetRevision(), read.GetRevision())
		either, err := s.client.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: id, MinRevision: asked})
		require.NoError(t, err)
		require.Equal(t, created.GetRevision(), either.GetRevision())
		list := specPages(nil, 10)
		list.MinRevision = asked
		listed, err := s.client.ListProfiles(ctx, list)
		require.NoError(t, err)
		require.Equal(t, created.GetRevision(), listed.GetRevision())
		policyList := policyPages(nil, 10)
		policyList.MinRevision = asked
		listed, err = s.client.ListProfiles(ctx, policyList)
		require.NoError(t, err)
		require.Equal(t, created.GetRevision(), listed.GetRevision())
		holds, err := s.client.ListHolds(ctx, &profilegatev1.ListHoldsRequest{Id: id, MinRevision: asked})
		require.NoError(t, err)
		require.Equal(t, created.GetRevision(), holds.GetRevision())
	}

	updated, err := s.client.UpdateProfile(ctx, &profilegatev1.UpdateProfileRequest{
		Id: id, Change: &profilegatev1.UpdateProfileRequest_Spec{Spec: &profilegatev1.SpecChange{Name: "api"}},
	})
	require.NoError(t, err)
	require.Equal(t, headOf(t, s.tenants[both]), updated.GetRevision())
	held, err := s.client.HoldProfile(ctx, &profilegatev1.HoldProfileRequest{Id: id, Holder: "h"})
	require.NoError(t, err)
	require.Equal(t, headOf(t, s.tenants[both]), held.GetRevision())
	again, err := s.client.HoldProfile(ctx, &profilegatev1.HoldProfileRequest{Id: id, Holder: "h"})
	require.NoError(t, err)
	require.Equal(t, held.GetRevision(), again.GetRevision(), "nothing was written")
}

func TestRevisionsThatCannotBeRead(t *testing.T) {
	s := start(t, setup{})
	created, err := s.client.CreateProfile(as(t, both, "demo"), aSpec("web"))
	require.NoError(t, err)
	number, _, _ := strings.Cut(created.GetRevision(), "-")
	tests := []struct {
		name, revision, reason string
		code                   codes.Code
		fields                 []string
	}{
		{"no revision", "x", "INVALID_ARGUMENT", codes.InvalidArgument, []string{"min_revision"}},
		{"of another history", number + "-00000000000000ff", "HISTORY_CHANGED", codes.FailedPrecondition, nil},
		{"of a longer history", "1000-00000000000000ff", "HISTORY_CHANGED", codes.FailedPrecondition, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := s.client.GetProfile(as(t, both, "demo"), &profilegatev1.GetProfileRequest{Id: created.GetProfile().GetId(), MinRevision: tc.revision})
			got := refused(t, err)
			require.Equal(t, []any{tc.code, tc.reason, tc.fields}, []any{got.Code, got.Reason, got.Fields})
			list := specPages(nil, 10)
			list.MinRevision = tc.revision
			_, err = s.client.ListProfiles(as(t, both, "demo"), list)
			require.Equal(t, tc.reason, refused(t, err).Reason)
		})
	}
}

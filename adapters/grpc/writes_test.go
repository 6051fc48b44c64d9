package grpcapi

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/profilegate/profilegate/core"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

func changing(id, name string, metadata *string) *profilegatev1.UpdateProfileRequest {
	return &profilegatev1.UpdateProfileRequest{Id: id, Change: &profilegatev1.UpdateProfileRequest_Spec{
		Spec: &profilegatev1.SpecChange{Name: name, MetadataJson: metadata},
	}}
}

func TestUpdateProfile(t *testing.T) {
	s := start(t, setup{})
	ctx := as(t, both, "demo")
	created, err := s.client.CreateProfile(ctx, aSpec("web"))
	require.NoError(t, err)
	want := created.GetProfile()
	for i, change := range []struct {
		name, wantName, wantMetadata string
		metadata                     *string
	}{
		{"web2", "web2", `{"b":1.0,"a":[]}`, nil},
		{"", "web2", `{"z":1.0,"a":null}`, proto.String(`{"z":1.0,"a":null}`)},
		{"web3", "web3", "null", proto.String(" null\n")},
		{"", "web3", "{}", proto.String("{}")},
	} {
		req := changing("web", change.name, change.metadata)
		if i > 0 {
			req.Id = want.GetId()[:8]
		}
		req.WaitFor = true
		updated, err := s.client.UpdateProfile(ctx, req)
		require.NoError(t, err)
		want.GetSpec().Name, want.GetSpec().MetadataJson = change.wantName, change.wantMetadata
		want.Version, want.Revision = uint64(i+2), s.tenants[both].Revision()
		require.Empty(t, cmp.Diff(want, updated.GetProfile(), protocmp.Transform(), protocmp.IgnoreFields(want, "update_time")))
		require.WithinDuration(t, time.Now(), updated.GetProfile().GetUpdateTime().AsTime(), time.Minute)
	}
}

func TestDeleteProfile(t *testing.T) {
	s := start(t, setup{})
	created, err := s.client.CreateProfile(as(t, both, "demo"), aSpec("web"))
	require.NoError(t, err)
	id := created.GetProfile().GetId()
	_, err = s.client.DeleteProfile(as(t, both, "demo"), &profilegatev1.DeleteProfileRequest{Id: "web"})
	require.Equal(t, []string{"style"}, refused(t, err).Fields, "which of two styles is no matter for a guess")
	gone, err := s.client.DeleteProfile(as(t, both, "demo"), &profilegatev1.DeleteProfileRequest{
		Id: "web", Style: profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC, WaitFor: true,
	})
	require.NoError(t, err)
	require.Equal(t, id, gone.GetId())
	require.Equal(t, headOf(t, s.tenants[both]), gone.GetRevision())
	_, err = s.client.GetProfile(as(t, both, "demo"), &profilegatev1.GetProfileRequest{Id: id})
	require.Equal(t, "PROFILE_NOT_FOUND", refused(t, err).Reason)

	_, err = s.client.CreateProfile(as(t, policies, "demo"), ofPolicies("p", nil))
	require.NoError(t, err)
	policy := profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES
	for _, style := range []profilegatev1.ProfileStyle{0, policy} {
		_, err = s.client.DeleteProfile(as(t, policies, "demo"), &profilegatev1.DeleteProfileRequest{Id: "p", Style: style})
		if style == 0 {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, "PROFILE_NOT_FOUND", refused(t, err).Reason)
	}
	_, err = s.client.DeleteProfile(as(t, policies, "demo"), &profilegatev1.DeleteProfileRequest{Id: "admin", Style: policy})
	require.Equal(t, "PROFILE_PROTECTED", refused(t, err).Reason)
	_, err = s.client.DeleteProfile(as(t, policies, "nothing"), &profilegatev1.DeleteProfileRequest{Id: "admin", Style: policy})
	require.Equal(t, codes.PermissionDenied, refused(t, err).Code)
}

func TestWriteRefusals(t *testing.T) {
	s := start(t, setup{})
	for range 2 {
		_, err := s.client.CreateProfile(as(t, both, "demo"), aSpec("twin"))
		require.NoError(t, err)
	}
	_, err := s.client.CreateProfile(as(t, both, "demo"), aSpec("web"))
	require.NoError(t, err)
	tests := []struct {
		name   string
		req    *profilegatev1.UpdateProfileRequest
		code   codes.Code
		reason string
		field  string
	}{
		{"no id", changing("", "x", nil), codes.InvalidArgument, "MISSING_ARGUMENT", "id"},
		{"no change", &profilegatev1.UpdateProfileRequest{Id: "web"}, codes.InvalidArgument, "MISSING_ARGUMENT", "change"},
		{"nothing", changing("web", "", nil), codes.FailedPrecondition, "NOTHING_TO_UPDATE", ""},
		{"a bad name", changing("nope", "a b", nil), codes.InvalidArgument, "INVALID_ARGUMENT", "spec.name"},
		{"empty metadata", changing("web", "", proto.String("")), codes.InvalidArgument, "EMPTY_ARGUMENT", "spec.metadata_json"},
		{"metadata that are a list", changing("web", "", proto.String("[]")), codes.InvalidArgument, "INVALID_TYPE", "spec.metadata_json"},
		{"deep metadata", changing("web", "", proto.String(deep(129))), codes.InvalidArgument, "TOO_DEEP", "spec.metadata_json"},
		{"one of two", changing("twin", "x", nil), codes.FailedPrecondition, "PROFILE_AMBIGUOUS", ""},
		{"not there", changing("nope", "x", nil), codes.NotFound, "PROFILE_NOT_FOUND", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := s.client.UpdateProfile(as(t, both, "demo"), tc.req)
			got := refused(t, err)
			require.Equal(t, tc.code, got.Code, got.Message)
			require.Equal(t, tc.reason, got.Reason, got.Message)
			require.Equal(t, tc.field, strings.Join(got.Fields, " "))
		})
	}
	_, err = s.client.UpdateProfile(as(t, both, ""), changing("web", "x", nil))
	require.Equal(t, codes.Unauthenticated, refused(t, err).Code)
	_, err = s.client.UpdateProfile(as(t, policies, "demo"), changing("web", "x", nil))
	require.Equal(t, "NOT_SUPPORTED", refused(t, err).Reason)
	_, err = s.client.DeleteProfile(as(t, both, "demo"), &profilegatev1.DeleteProfileRequest{})
	require.Equal(t, []string{"id"}, refused(t, err).Fields)
	_, err = s.client.DeleteProfile(as(t, both, "demo"), &profilegatev1.DeleteProfileRequest{Id: "x", Style: 9})
	require.Equal(t, []string{"style"}, refused(t, err).Fields)
}

func TestNameTaken(t *testing.T) {
	s := start(t, setup{only: specs, options: func(o *core.Options) { o.UniqueNames = true }})
	_, err := s.client.CreateProfile(as(t, specs, "demo"), aSpec("web"))
	require.NoError(t, err)
	_, err = s.client.CreateProfile(as(t, specs, "demo"), aSpec("web"))
	got := refused(t, err)
	require.Equal(t, codes.AlreadyExists, got.Code)
	require.Equal(t, "NAME_TAKEN", got.Reason)
	require.Equal(t, []string{"spec.name"}, got.Fields)
}

func TestHolds(t *testing.T) {
	s := start(t, setup{})
	ctx := as(t, both, "demo")
	created, err := s.client.CreateProfile(ctx, aSpec("web"))
	require.NoError(t, err)
	id := created.GetProfile().GetId()
	held, err := s.client.HoldProfile(ctx, &profilegatev1.HoldProfileRequest{Id: "web", Holder: "cluster/b"})
	require.NoError(t, err)
	hold := held.GetHold()
	require.Equal(t, []any{id, "cluster/b", "u1", s.tenants[both].Revision()}, []any{hold.GetProfileId(), hold.GetHolder(), hold.GetUser(), hold.GetRevision()})
	again, err := s.client.HoldProfile(ctx, &profilegatev1.HoldProfileRequest{Id: id, Holder: "cluster/b"})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(hold, again.GetHold(), protocmp.Transform()), "holding twice is holding once")
	_, err = s.client.HoldProfile(ctx, &profilegatev1.HoldProfileRequest{Id: id, Holder: `a"`})
	require.NoError(t, err)

	list, err := s.client.ListHolds(ctx, &profilegatev1.ListHoldsRequest{Id: "web"})
	require.NoError(t, err)
	require.Equal(t, []string{`a"`, "cluster/b"}, []string{list.GetHolds()[0].GetHolder(), list.GetHolds()[1].GetHolder()})
	deletion := &profilegatev1.DeleteProfileRequest{Id: "web", Style: profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC}
	_, err = s.client.DeleteProfile(ctx, deletion)
	want := refusal{
		Code: codes.FailedPrecondition, Reason: "PROFILE_IN_USE", Message: `The profile "` + id + `" is held by "a\"", "cluster/b".`,
		Metadata: map[string]string{"kind": "in_use", "subject": "profile", "id": id},
	}
	require.Equal(t, want, refused(t, err))

	for _, holder := range []string{`a"`, "cluster/b"} {
		for _, was := range []bool{true, false} {
			released, err := s.client.ReleaseProfile(ctx, &profilegatev1.ReleaseProfileRequest{Id: id, Holder: holder})
			require.NoError(t, err)
			require.Equal(t, was, released.GetReleased())
			require.Equal(t, headOf(t, s.tenants[both]), released.GetRevision())
		}
	}
	_, err = s.client.DeleteProfile(ctx, deletion)
	require.NoError(t, err)
	list, err = s.client.ListHolds(ctx, &profilegatev1.ListHoldsRequest{Id: "web"})
	require.Nil(t, list)
	require.Equal(t, codes.NotFound, refused(t, err).Code)
}

func TestHoldRefusals(t *testing.T) {
	s := start(t, setup{})
	_, err := s.client.HoldProfile(as(t, both, "demo"), &profilegatev1.HoldProfileRequest{Holder: "a"})
	require.Equal(t, []string{"id"}, refused(t, err).Fields)
	_, err = s.client.HoldProfile(as(t, both, "demo"), &profilegatev1.HoldProfileRequest{Id: "x"})
	require.Equal(t, []string{"holder"}, refused(t, err).Fields)
	_, err = s.client.ReleaseProfile(as(t, both, "demo"), &profilegatev1.ReleaseProfileRequest{Id: "x", Holder: strings.Repeat("h", 256)})
	require.Equal(t, []string{"holder"}, refused(t, err).Fields)
	_, err = s.client.ReleaseProfile(as(t, both, ""), &profilegatev1.ReleaseProfileRequest{Id: "x", Holder: "h"})
	require.Equal(t, codes.Unauthenticated, refused(t, err).Code)
	_, err = s.client.ListHolds(as(t, policies, "demo"), &profilegatev1.ListHoldsRequest{Id: "x"})
	require.Equal(t, "NOT_SUPPORTED", refused(t, err).Reason)
}

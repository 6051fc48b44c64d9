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

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

func changingPolicies(id string, c *profilegatev1.PolicyChange) *profilegatev1.UpdateProfileRequest {
	return &profilegatev1.UpdateProfileRequest{Id: id, Change: &profilegatev1.UpdateProfileRequest_Policies{Policies: c}}
}

// TestUpdatePolicyProfile: what a change does not set stays as it is.
func TestUpdatePolicyProfile(t *testing.T) {
	s := start(t, setup{})
	for _, tenant := range []string{policies, both} {
		ctx := as(t, tenant, "demo")
		created, err := s.client.CreateProfile(ctx, ofPolicies("p.1", &profilegatev1.PolicyDraft{
			RateLimit: proto.Int64(7), Policies: []*profilegatev1.Policy{{RoleId: "admin"}}, FieldsJson: `{"tags":["a"],"o":{"x":1,"y":1.0}}`,
		}))
		require.NoError(t, err)
		want := created.GetProfile()
		now := []*profilegatev1.Policy{{RoleId: "default", RestrictedTo: []*profilegatev1.Restriction{{Index: "i"}}}}
		for i, step := range []struct {
			change *profilegatev1.PolicyChange
			expect func(*profilegatev1.PolicyProfile)
		}{
			{&profilegatev1.PolicyChange{RateLimit: proto.Int64(0)}, func(p *profilegatev1.PolicyProfile) { p.RateLimit = proto.Int64(0) }},
			{&profilegatev1.PolicyChange{Policies: now}, func(p *profilegatev1.PolicyProfile) { p.Policies = now }},
			{&profilegatev1.PolicyChange{FieldsJson: `{"tags":["b"],"o":{"x":2}}`}, func(p *profilegatev1.PolicyProfile) { p.FieldsJson = `{"tags":["b"],"o":{"x":2,"y":1.0}}` }},
			{nil, func(*profilegatev1.PolicyProfile) {}},
		} {
			req := changingPolicies("p.1", step.change)
			req.WaitFor = true
			updated, err := s.client.UpdateProfile(ctx, req)
			require.NoError(t, err)
			step.expect(want.GetPolicies())
			want.GetPolicies().Updater = "u1"
			want.Version, want.Revision = uint64(i+2), s.tenants[tenant].Revision()
			require.Empty(t, cmp.Diff(want, updated.GetProfile(), protocmp.Transform(), protocmp.IgnoreFields(want, "update_time")))
			require.WithinDuration(t, time.Now(), updated.GetProfile().GetUpdateTime().AsTime(), time.Minute)
			read, err := s.client.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: "p.1"})
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(updated.GetProfile(), read.GetProfile(), protocmp.Transform()))
		}
	}
}

func TestPolicyChangeRefusals(t *testing.T) {
	s := start(t, setup{})
	_, err := s.client.CreateProfile(as(t, both, "demo"), ofPolicies("p", nil))
	require.NoError(t, err)
	granting := func(p *profilegatev1.Policy) *profilegatev1.UpdateProfileRequest {
		return changingPolicies("p", &profilegatev1.PolicyChange{Policies: []*profilegatev1.Policy{p}})
	}
	strictly := granting(restricted(&profilegatev1.Restriction{Index: "nope"}))
	strictly.Strict = true
	fields := func(text string) *profilegatev1.UpdateProfileRequest {
		return changingPolicies("p", &profilegatev1.PolicyChange{FieldsJson: text})
	}
	tests := []struct {
		name   string
		req    *profilegatev1.UpdateProfileRequest
		code   codes.Code
		reason string
		field  string
	}{
		{"no id", changingPolicies("", nil), codes.InvalidArgument, "MISSING_ARGUMENT", "id"},
		{"not there", changingPolicies("nope", nil), codes.NotFound, "PROFILE_NOT_FOUND", ""},
		{"no role", granting(&profilegatev1.Policy{}), codes.InvalidArgument, "MISSING_ARGUMENT", "policies.policies[0].role_id"},
		{"unknown role", granting(&profilegatev1.Policy{RoleId: "nope"}), codes.NotFound, "ROLE_NOT_FOUND", "policies.policies[0].role_id"},
		{"no index", granting(restricted(&profilegatev1.Restriction{})), codes.InvalidArgument, "MISSING_ARGUMENT", "policies.policies[0].restricted_to[0].index"},
		{"strict", strictly, codes.FailedPrecondition, "INDEX_NOT_FOUND", "policies.policies[0].restricted_to[0].index"},
		{"negative rate", changingPolicies("p", &profilegatev1.PolicyChange{RateLimit: proto.Int64(-1)}), codes.InvalidArgument, "INVALID_ARGUMENT", "policies.rate_limit"},
		{"fields are a list", fields("[]"), codes.InvalidArgument, "INVALID_TYPE", "policies.fields_json"},
		{"a field of the gateway's", fields(`{"policies":[]}`), codes.InvalidArgument, "UNEXPECTED_ARGUMENT", "policies.fields_json.policies"},
		{"deep fields", fields(deep(129)), codes.InvalidArgument, "TOO_DEEP", "policies.fields_json"},
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
	_, err = s.client.UpdateProfile(as(t, specs, "demo"), changingPolicies("p", nil))
	require.Equal(t, "NOT_SUPPORTED", refused(t, err).Reason)
	_, err = s.client.UpdateProfile(as(t, policies, "nothing"), changingPolicies("default", nil))
	require.Equal(t, "FORBIDDEN", refused(t, err).Reason)
}

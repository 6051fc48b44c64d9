package grpcapi

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/jsonvalue"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

const heatSpec = `{"type":"os.heat.stack","version":"1.0","properties":{"template":{"n":1.0,"big":12345678901234567890},"context":{}}}`

func aSpec(name string) *profilegatev1.CreateProfileRequest {
	return &profilegatev1.CreateProfileRequest{Body: &profilegatev1.CreateProfileRequest_Spec{
		Spec: &profilegatev1.SpecDraft{Name: name, SpecJson: heatSpec, MetadataJson: `{"b":1.0,"a":[]}`},
	}}
}

func ofPolicies(id string, d *profilegatev1.PolicyDraft) *profilegatev1.CreateProfileRequest {
	return &profilegatev1.CreateProfileRequest{Id: id, Body: &profilegatev1.CreateProfileRequest_Policies{Policies: d}}
}

// withoutTimes compares profiles but for the clock.
var withoutTimes = cmp.Options{protocmp.Transform(), protocmp.IgnoreFields(&profilegatev1.Profile{}, "create_time")}

func TestSpecProfile(t *testing.T) {
	s := start(t, setup{})
	for _, tenant := range []string{specs, both} {
		created, err := s.client.CreateProfile(as(t, tenant, "demo"), aSpec("web"))
		require.NoError(t, err)
		got := created.GetProfile()
		want := &profilegatev1.Profile{
			Id: got.GetId(), Version: 1, Revision: s.tenants[tenant].Revision(),
			Body: &profilegatev1.Profile_Spec{Spec: &profilegatev1.SpecProfile{
				Name: "web", Type: "os.heat.stack-1.0", SpecJson: heatSpec, MetadataJson: `{"b":1.0,"a":[]}`, Project: "p1", User: "u1",
			}},
		}
		require.Empty(t, cmp.Diff(want, got, withoutTimes))
		require.Len(t, got.GetId(), 36)
		require.WithinDuration(t, time.Now(), got.GetCreateTime().AsTime(), time.Minute)
		require.Nil(t, got.GetUpdateTime())

		spec := profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC
		for _, identity := range []string{got.GetId(), "web", got.GetId()[:8]} {
			read, err := s.client.GetProfile(as(t, tenant, "demo"), &profilegatev1.GetProfileRequest{Id: identity, Style: spec})
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(got, read.GetProfile(), protocmp.Transform()))
		}
		read, err := s.client.GetProfile(as(t, tenant, "demo"), &profilegatev1.GetProfileRequest{Id: got.GetId(), MinRevision: created.GetRevision()})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(got, read.GetProfile(), protocmp.Transform()))

		_, err = s.client.GetProfile(as(t, tenant, "other"), &profilegatev1.GetProfileRequest{Id: got.GetId()})
		require.Equal(t, codes.NotFound, refused(t, err).Code)
	}
}

func TestPolicyProfile(t *testing.T) {
	s := start(t, setup{})
	for _, tenant := range []string{policies, both} {
		ctx := as(t, tenant, "demo")
		req := ofPolicies("p.1", &profilegatev1.PolicyDraft{
			RateLimit: proto.Int64(7),
			Policies: []*profilegatev1.Policy{
				{RoleId: "default", RestrictedTo: []*profilegatev1.Restriction{{Index: "i"}, {Index: "j", Collections: []string{"c", "d"}}}},
				{RoleId: "admin"},
			},
			FieldsJson: `{"tags":["b","a"],"n":1.0,"a":null}`,
		})
		req.WaitFor = true
		created, err := s.client.CreateProfile(ctx, req)
		require.NoError(t, err)
		want := &profilegatev1.Profile{
			Id: "p.1", Version: 1, Revision: s.tenants[tenant].Revision(),
			Body: &profilegatev1.Profile_Policies{Policies: &profilegatev1.PolicyProfile{
				RateLimit: proto.Int64(7), Policies: req.GetPolicies().GetPolicies(), FieldsJson: `{"tags":["b","a"],"n":1.0,"a":null}`, Author: "u1",
			}},
		}
		require.Empty(t, cmp.Diff(want, created.GetProfile(), withoutTimes))
		for _, style := range []profilegatev1.ProfileStyle{0, profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES} {
			read, err := s.client.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: "p.1", Style: style})
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(created.GetProfile(), read.GetProfile(), protocmp.Transform()))
		}
	}
}

func TestPolicyProfileDefaults(t *testing.T) {
	s := start(t, setup{only: policies})
	created, err := s.client.CreateProfile(t.Context(), ofPolicies("p", nil))
	require.NoError(t, err, "a listener with one tenant needs no name, and the anonymous may do everything")
	want := &profilegatev1.PolicyProfile{
		RateLimit: proto.Int64(0), Policies: []*profilegatev1.Policy{{RoleId: "default"}}, FieldsJson: "{}",
	}
	require.Empty(t, cmp.Diff(want, created.GetProfile().GetPolicies(), protocmp.Transform()))
}

func TestStrict(t *testing.T) {
	s := start(t, setup{})
	_, err := s.tenants[policies].CreateCollection(t.Context(), core.Caller{}, catalog.Collection{Index: "i", Name: "c"})
	require.NoError(t, err)
	req := ofPolicies("p", &profilegatev1.PolicyDraft{Policies: []*profilegatev1.Policy{{
		RoleId: "default", RestrictedTo: []*profilegatev1.Restriction{{Index: "i", Collections: []string{"c"}}},
	}}})
	req.Strict = true
	_, err = s.client.CreateProfile(as(t, policies, ""), req)
	require.NoError(t, err)
}

// TestEitherStyle: where a tenant has both styles and the request names none, a whole id counts in both.
func TestEitherStyle(t *testing.T) {
	s := start(t, setup{})
	ctx := as(t, both, "demo")
	spec, err := s.client.CreateProfile(ctx, aSpec("default"))
	require.NoError(t, err)
	id := spec.GetProfile().GetId()
	get := func(id string) (*profilegatev1.GetProfileResponse, error) {
		return s.client.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: id})
	}

	got, err := get("default")
	require.NoError(t, err, "a spec profile's name does not count")
	require.NotNil(t, got.GetProfile().GetPolicies())
	got, err = get(id)
	require.NoError(t, err)
	require.NotNil(t, got.GetProfile().GetSpec())
	_, err = get(id[:8])
	require.Equal(t, "PROFILE_NOT_FOUND", refused(t, err).Reason)

	_, err = s.client.CreateProfile(ctx, ofPolicies(id, nil))
	require.NoError(t, err)
	_, err = get(id)
	r := refused(t, err)
	require.Equal(t, codes.FailedPrecondition, r.Code)
	require.Equal(t, "PROFILE_AMBIGUOUS", r.Reason)

	// Who may see one style only is answered from that one.
	got, err = s.client.GetProfile(as(t, both, "member"), &profilegatev1.GetProfileRequest{Id: id})
	require.NoError(t, err)
	require.NotNil(t, got.GetProfile().GetSpec())
	got, err = s.client.GetProfile(as(t, both, ""), &profilegatev1.GetProfileRequest{Id: id})
	require.NoError(t, err)
	require.NotNil(t, got.GetProfile().GetPolicies())
	_, err = s.client.GetProfile(as(t, both, "nothing"), &profilegatev1.GetProfileRequest{Id: id})
	require.Equal(t, codes.PermissionDenied, refused(t, err).Code)
	_, err = s.client.GetProfile(as(t, both, "member"), &profilegatev1.GetProfileRequest{Id: "default"})
	require.Equal(t, codes.NotFound, refused(t, err).Code)
}

func TestTenantsAreIsolated(t *testing.T) {
	s := start(t, setup{})
	_, err := s.client.CreateProfile(as(t, both, "demo"), ofPolicies("mine", nil))
	require.NoError(t, err)
	_, err = s.client.GetProfile(as(t, policies, "demo"), &profilegatev1.GetProfileRequest{Id: "mine"})
	require.Equal(t, "PROFILE_NOT_FOUND", refused(t, err).Reason)
	_, err = s.client.CreateProfile(as(t, policies, "demo"), ofPolicies("mine", nil))
	require.NoError(t, err)
}

func TestOneCreatorWins(t *testing.T) {
	s := start(t, setup{})
	ctx := as(t, policies, "demo")
	var racers sync.WaitGroup
	var won, lost atomic.Int32
	for range 50 {
		racers.Go(func() {
			switch _, err := s.client.CreateProfile(ctx, ofPolicies("one", nil)); status.Code(err) {
			case codes.OK:
				won.Add(1)
			case codes.AlreadyExists:
				lost.Add(1)
			default:
				t.Errorf("CreateProfile: %v", err)
			}
		})
	}
	racers.Wait()
	require.Equal(t, [2]int32{1, 49}, [2]int32{won.Load(), lost.Load()})
}

// TestLoneSurrogates: what another dialect stored and protobuf cannot carry is still readable.
func TestLoneSurrogates(t *testing.T) {
	s := start(t, setup{})
	definition, err := jsonvalue.Parse([]byte(`{"policies":[{"roleId":"default","restrictedTo":[{"index":"\ud800","collections":["\udfff"]}]}],
		"\ud83d":"\ud800"}`), jsonvalue.Limits{})
	require.NoError(t, err)
	_, err = s.tenants[policies].CreateProfile(t.Context(), core.Caller{}, &core.PolicyDraft{ID: "odd", Definition: definition})
	require.NoError(t, err)
	got, err := s.client.GetProfile(as(t, policies, ""), &profilegatev1.GetProfileRequest{Id: "odd"})
	require.NoError(t, err)
	body := got.GetProfile().GetPolicies()
	require.Equal(t, `{"\ud83d":"\ud800"}`, body.GetFieldsJson())
	require.Equal(t, "\uFFFD", body.GetPolicies()[0].GetRestrictedTo()[0].GetIndex())
}

// TestRightsOfRoles: what a role allows decides, call by call.
func TestRightsOfRoles(t *testing.T) {
	s := start(t, setup{})
	tenant := s.tenants[policies]
	definition, err := jsonvalue.Parse([]byte(`{"controllers":{"security":{"actions":{"getProfile":true}}}}`), jsonvalue.Limits{})
	require.NoError(t, err)
	_, err = tenant.CreateRole(t.Context(), core.Caller{}, core.RoleDraft{ID: "reader", Definition: definition, Force: true})
	require.NoError(t, err)
	_, err = s.client.CreateProfile(as(t, policies, "demo"), ofPolicies("no-such-profile", &profilegatev1.PolicyDraft{
		Policies: []*profilegatev1.Policy{{RoleId: "reader"}},
	}))
	require.NoError(t, err)
	_, err = s.client.GetProfile(as(t, policies, "nothing"), &profilegatev1.GetProfileRequest{Id: access.Default})
	require.NoError(t, err)
	_, err = s.client.CreateProfile(as(t, policies, "nothing"), ofPolicies("p", nil))
	want := refusal{
		Code: codes.PermissionDenied, Reason: "FORBIDDEN", Message: `The user "u3" may not execute the action "security:createProfile".`,
		Metadata: map[string]string{"kind": "forbidden", "subject": "action", "id": "security:createProfile"},
	}
	require.Equal(t, want, refused(t, err))
}

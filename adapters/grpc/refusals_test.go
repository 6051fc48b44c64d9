package grpcapi

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

func specOf(name, spec, meta string) *profilegatev1.CreateProfileRequest {
	return &profilegatev1.CreateProfileRequest{Body: &profilegatev1.CreateProfileRequest_Spec{
		Spec: &profilegatev1.SpecDraft{Name: name, SpecJson: spec, MetadataJson: meta},
	}}
}

func granting(ps ...*profilegatev1.Policy) *profilegatev1.CreateProfileRequest {
	return ofPolicies("p", &profilegatev1.PolicyDraft{Policies: ps})
}

func restricted(rs ...*profilegatev1.Restriction) *profilegatev1.Policy {
	return &profilegatev1.Policy{RoleId: "default", RestrictedTo: rs}
}

func strict(req *profilegatev1.CreateProfileRequest) *profilegatev1.CreateProfileRequest {
	req.Strict = true
	return req
}

func TestCreateRefusals(t *testing.T) {
	s := start(t, setup{})
	_, err := s.tenants[both].CreateIndex(t.Context(), core.Caller{}, "i")
	require.NoError(t, err)
	const heat = `{"type":"os.heat.stack","version":"1.0","properties":`
	tests := []struct {
		name   string
		req    *profilegatev1.CreateProfileRequest
		code   codes.Code
		reason string
		field  string
	}{
		{"no body", &profilegatev1.CreateProfileRequest{Id: "x"}, codes.InvalidArgument, "MISSING_ARGUMENT", "body"},

		{"spec with an id", func() *profilegatev1.CreateProfileRequest { r := aSpec("n"); r.Id = "x"; return r }(), codes.InvalidArgument, "UNEXPECTED_ARGUMENT", "id"},
		{"no name", specOf("", heatSpec, ""), codes.InvalidArgument, "INVALID_ARGUMENT", "spec.name"},
		{"bad name", specOf("a b", heatSpec, ""), codes.InvalidArgument, "INVALID_ARGUMENT", "spec.name"},
		{"no spec", specOf("n", "", ""), codes.InvalidArgument, "MISSING_ARGUMENT", "spec.spec_json"},
		{"spec is no JSON", specOf("n", "{", ""), codes.InvalidArgument, "INVALID_ARGUMENT", "spec.spec_json"},
		{"spec is two", specOf("n", "{}{}", ""), codes.InvalidArgument, "INVALID_ARGUMENT", "spec.spec_json"},
		{"spec is a list", specOf("n", "[]", ""), codes.InvalidArgument, "INVALID_TYPE", "spec.spec_json"},
		{"spec is deep", specOf("n", deep(129), ""), codes.InvalidArgument, "TOO_DEEP", "spec.spec_json"},
		{"metadata is no JSON", specOf("n", heatSpec, "nope"), codes.InvalidArgument, "INVALID_ARGUMENT", "spec.metadata_json"},
		{"metadata is null", specOf("n", heatSpec, "null"), codes.InvalidArgument, "INVALID_TYPE", "spec.metadata_json"},
		{"metadata is deep", specOf("n", heatSpec, deep(129)), codes.InvalidArgument, "TOO_DEEP", "spec.metadata_json"},
		{"spec without type", specOf("n", `{"version":"1"}`, ""), codes.InvalidArgument, "SPEC_KEY_MISSING", "spec.spec_json.type"},
		{"type is no text", specOf("n", `{"type":1,"version":"1"}`, ""), codes.InvalidArgument, "SPEC_MALFORMED", "spec.spec_json.type"},
		{"unknown type", specOf("n", `{"type":"t","version":"1.0","properties":{}}`, ""), codes.NotFound, "PROFILE_TYPE_NOT_FOUND", ""},
		{"unknown property", specOf("n", heat+`{"template":{},"x":1}}`, ""), codes.InvalidArgument, "SPEC_INVALID", "spec.spec_json.properties.x"},
		{"no template", specOf("n", heat+`{}}`, ""), codes.InvalidArgument, "SPEC_CHECK_FAILED", "spec.spec_json.properties.template"},
		{
			"network without port", specOf("n", `{"type":"os.nova.server","version":"1.0","properties":{"flavor":"1","networks":[{}]}}`, ""),
			codes.InvalidArgument, "SPEC_CHECK_FAILED", "spec.spec_json.properties.networks[0].network",
		},
		{"lone surrogate in a complaint", specOf("n", heat+`{"\ud800":1,"template":{}}}`, ""), codes.InvalidArgument, "SPEC_INVALID", "spec.spec_json.properties.\uFFFD"},

		{"no id", ofPolicies("", nil), codes.InvalidArgument, "MISSING_ARGUMENT", "id"},
		{"long id", ofPolicies(strings.Repeat("x", 513), nil), codes.InvalidArgument, "ID_TOO_LONG", "id"},
		{"taken id", ofPolicies("admin", nil), codes.AlreadyExists, "PROFILE_EXISTS", ""},
		{"negative rate", ofPolicies("p", &profilegatev1.PolicyDraft{RateLimit: proto.Int64(-1)}), codes.InvalidArgument, "INVALID_ARGUMENT", "policies.rate_limit"},
		{"no role", granting(&profilegatev1.Policy{}), codes.InvalidArgument, "MISSING_ARGUMENT", "policies.policies[0].role_id"},
		{"unknown role", granting(restricted(), &profilegatev1.Policy{RoleId: "ghost"}), codes.NotFound, "ROLE_NOT_FOUND", "policies.policies[1].role_id"},
		{"no index", granting(restricted(&profilegatev1.Restriction{Index: "a"}, &profilegatev1.Restriction{})), codes.InvalidArgument, "MISSING_ARGUMENT", "policies.policies[0].restricted_to[1].index"},
		{"index is not there", strict(granting(restricted(&profilegatev1.Restriction{Index: "nope"}))), codes.FailedPrecondition, "INDEX_NOT_FOUND", "policies.policies[0].restricted_to[0].index"},
		{
			"collection is not there", strict(granting(restricted(&profilegatev1.Restriction{Index: "i", Collections: []string{"c"}}))),
			codes.FailedPrecondition, "COLLECTION_NOT_FOUND", "policies.policies[0].restricted_to[0].collections",
		},
		{"anonymous without its role", ofPolicies("anonymous", nil), codes.InvalidArgument, "ANONYMOUS_ROLE", "policies.policies"},
		{"fields are no JSON", ofPolicies("p", &profilegatev1.PolicyDraft{FieldsJson: `{"a"}`}), codes.InvalidArgument, "INVALID_ARGUMENT", "policies.fields_json"},
		{"fields are text", ofPolicies("p", &profilegatev1.PolicyDraft{FieldsJson: `"a"`}), codes.InvalidArgument, "INVALID_TYPE", "policies.fields_json"},
		{"fields are deep", ofPolicies("p", &profilegatev1.PolicyDraft{FieldsJson: deep(129)}), codes.InvalidArgument, "TOO_DEEP", "policies.fields_json"},
		{"a field that is ours", ofPolicies("p", &profilegatev1.PolicyDraft{FieldsJson: `{"rateLimit":1}`}), codes.InvalidArgument, "UNEXPECTED_ARGUMENT", "policies.fields_json.rateLimit"},
		{"a field of Kuzzle's", ofPolicies("p", &profilegatev1.PolicyDraft{FieldsJson: `{"_x":1}`}), codes.InvalidArgument, "UNEXPECTED_ARGUMENT", "policies.fields_json._x"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			before := s.tenants[both].Revision()
			_, err := s.client.CreateProfile(as(t, both, "demo"), tc.req)
			got := refused(t, err)
			require.Equal(t, tc.code, got.Code, got.Message)
			require.Equal(t, tc.reason, got.Reason, got.Message)
			if tc.field != "*" {
				require.Equal(t, tc.field, strings.Join(got.Fields, " "), got.Message)
			}
			for _, dialect := range []string{"roleId", "restrictedTo", `"_id"`, `"p.policies`} {
				require.NotContains(t, got.Message, dialect, "messages name fields as the contract does")
			}
			require.Equal(t, before, s.tenants[both].Revision(), "a refusal writes nothing")
		})
	}
}

// deep is an object that nests n levels deep.
func deep(n int) string { return strings.Repeat(`{"a":`, n-1) + "{}" + strings.Repeat("}", n-1) }

func TestGetRefusals(t *testing.T) {
	s := start(t, setup{})
	for range 2 {
		_, err := s.client.CreateProfile(as(t, both, "demo"), aSpec("twin"))
		require.NoError(t, err)
	}
	spec, policy := profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC, profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES
	tests := []struct {
		name          string
		tenant, token string
		req           *profilegatev1.GetProfileRequest
		code          codes.Code
		reason        string
	}{
		{"no id", both, "demo", &profilegatev1.GetProfileRequest{Style: spec}, codes.InvalidArgument, "MISSING_ARGUMENT"},
		{"no such spec", both, "demo", &profilegatev1.GetProfileRequest{Id: "x", Style: spec}, codes.NotFound, "PROFILE_NOT_FOUND"},
		{"no such policies", both, "demo", &profilegatev1.GetProfileRequest{Id: "x", Style: policy}, codes.NotFound, "PROFILE_NOT_FOUND"},
		{"neither", both, "demo", &profilegatev1.GetProfileRequest{Id: "x"}, codes.NotFound, "PROFILE_NOT_FOUND"},
		{"twins", both, "demo", &profilegatev1.GetProfileRequest{Id: "twin", Style: spec}, codes.FailedPrecondition, "PROFILE_AMBIGUOUS"},
		{"no such style", both, "demo", &profilegatev1.GetProfileRequest{Id: "x", Style: 9}, codes.InvalidArgument, "INVALID_ARGUMENT"},
		{"spec of policies", policies, "demo", &profilegatev1.GetProfileRequest{Id: "x", Style: spec}, codes.FailedPrecondition, "NOT_SUPPORTED"},
		{"policies of specs", specs, "demo", &profilegatev1.GetProfileRequest{Id: "x", Style: policy}, codes.FailedPrecondition, "NOT_SUPPORTED"},
		{"no project", specs, "", &profilegatev1.GetProfileRequest{Id: "x"}, codes.Unauthenticated, "UNAUTHENTICATED"},
		{"no right", policies, "nothing", &profilegatev1.GetProfileRequest{Id: "default"}, codes.PermissionDenied, "FORBIDDEN"},
		{"bad token", policies, "bad", &profilegatev1.GetProfileRequest{Id: "default"}, codes.Unauthenticated, "TOKEN_INVALID"},
		{"no such tenant", "ghost", "demo", &profilegatev1.GetProfileRequest{Id: "x"}, codes.NotFound, "TENANT_NOT_FOUND"},
		{"no tenant", "", "demo", &profilegatev1.GetProfileRequest{Id: "x"}, codes.InvalidArgument, "MISSING_ARGUMENT"},
		{"a bug", both, "panic", &profilegatev1.GetProfileRequest{Id: "x"}, codes.Internal, "INTERNAL"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := s.client.GetProfile(as(t, tc.tenant, tc.token), tc.req)
			got := refused(t, err)
			require.Equal(t, tc.code, got.Code, got.Message)
			require.Equal(t, tc.reason, got.Reason)
			if tc.reason == "TENANT_NOT_FOUND" || tc.tenant == "" {
				require.NotContains(t, got.Message, policies, "other tenants' names are nobody's business")
			}
		})
	}
	require.Contains(t, s.log.String(), "a bug in an authenticator")
}

func TestCredentials(t *testing.T) {
	s := start(t, setup{only: specs})
	tests := []struct {
		name  string
		pairs []string
		want  codes.Code // NotFound: let in
	}{
		{"bearer", []string{"authorization", "Bearer demo"}, codes.NotFound},
		{"scheme in any case", []string{"authorization", "bearer  demo"}, codes.NotFound},
		{"OpenStack's", []string{"x-auth-token", "demo"}, codes.NotFound},
		{"both alike", []string{"x-auth-token", "demo", "authorization", "Bearer demo"}, codes.NotFound},
		{"both, different", []string{"x-auth-token", "demo", "authorization", "Bearer other"}, codes.InvalidArgument},
		{"twice", []string{"x-auth-token", "demo", "x-auth-token", "other"}, codes.InvalidArgument},
		{"tenant twice", []string{"x-auth-token", "demo", tenantKey, specs, tenantKey, both}, codes.InvalidArgument},
		{"other scheme", []string{"authorization", "Basic ZGVtbzpkZW1v"}, codes.Unauthenticated},
		{"no token", []string{"authorization", "Bearer "}, codes.Unauthenticated},
		{"nothing", nil, codes.Unauthenticated},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), tc.pairs...)
			_, err := s.client.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: "x"})
			require.Equal(t, tc.want, refused(t, err).Code)
		})
	}
}

func TestCreateNeedsRights(t *testing.T) {
	s := start(t, setup{})
	tests := []struct {
		tenant, token string
		req           *profilegatev1.CreateProfileRequest
		code          codes.Code
		reason        string
	}{
		{both, "", aSpec("n"), codes.Unauthenticated, "UNAUTHENTICATED"},
		{both, "nothing", aSpec("n"), codes.Unauthenticated, "UNAUTHENTICATED"},
		{both, "member", ofPolicies("p", nil), codes.PermissionDenied, "FORBIDDEN"},
		{policies, "demo", aSpec("n"), codes.FailedPrecondition, "NOT_SUPPORTED"},
		{specs, "demo", ofPolicies("p", nil), codes.FailedPrecondition, "NOT_SUPPORTED"},
		{both, "nothing", specOf("n", "{", ""), codes.Unauthenticated, "UNAUTHENTICATED"},
	}
	for _, tc := range tests {
		_, err := s.client.CreateProfile(as(t, tc.tenant, tc.token), tc.req)
		got := refused(t, err)
		require.Equal(t, tc.code, got.Code)
		require.Equal(t, tc.reason, got.Reason)
		require.Empty(t, got.Fields)
	}
}

func TestStoreFaults(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	s := start(t, setup{only: policies, stores: map[string]store.Store{policies: st}})
	get := func() refusal {
		_, err := s.client.GetProfile(t.Context(), &profilegatev1.GetProfileRequest{Id: "default"})
		return refused(t, err)
	}
	create := func() refusal {
		_, err := s.client.CreateProfile(t.Context(), ofPolicies("p", nil))
		return refused(t, err)
	}

	st.SetDown(fault.Unavailablef(nil, "The store cannot be reached."))
	want := refusal{
		Code: codes.Unavailable, Reason: "STORE_UNAVAILABLE", Message: "The store cannot be reached.", Metadata: map[string]string{"kind": "unavailable"},
	}
	require.Empty(t, cmp.Diff(want, get()))
	require.Empty(t, cmp.Diff(want, create()))
	st.SetDown(fault.Internalf("a secret of ours"))
	got := get()
	require.Equal(t, codes.Internal, got.Code)
	require.NotContains(t, got.Message, "secret")
	st.SetDown(nil)
	st.LoseAnswer()
	got = create()
	require.Equal(t, codes.Unknown, got.Code)
	require.Equal(t, "COMMIT_UNCERTAIN", got.Reason)
	require.Contains(t, s.log.String(), "a secret of ours")
	require.Contains(t, s.log.String(), "tenant=policies")
}

// partial is a store of which one node never confirms anything.
type partial struct{ store.Store }

func (partial) Applied(store.Head) {}

func (partial) Lease() time.Time { return time.Now().Add(time.Hour) }

func (partial) Wait(ctx context.Context, _ store.Head) error {
	<-ctx.Done()
	return fault.As(ctx.Err())
}

func TestWaitTimeout(t *testing.T) {
	s := start(t, setup{
		only: policies, stores: map[string]store.Store{policies: partial{storetest.NewMemory()}}, wait: 100 * time.Millisecond,
	})
	req := ofPolicies("p", nil)
	req.WaitFor = true
	_, err := s.client.CreateProfile(t.Context(), req)
	got := refused(t, err)
	require.Equal(t, codes.DeadlineExceeded, got.Code)
	require.Equal(t, "WAIT_TIMEOUT", got.Reason)
	want := map[string]string{"kind": "deadline_exceeded", "subject": "profile", "id": "p", "revision": headOf(t, s.tenants[policies])}
	require.Equal(t, want, got.Metadata)

	read, err := s.client.GetProfile(t.Context(), &profilegatev1.GetProfileRequest{Id: "p"})
	require.NoError(t, err, "the profile exists")
	require.Equal(t, uint64(2), read.GetProfile().GetRevision())
}

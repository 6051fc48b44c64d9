package grpcapi

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

func specPages(q *profilegatev1.SpecQuery, size int32) *profilegatev1.ListProfilesRequest {
	return &profilegatev1.ListProfilesRequest{Query: &profilegatev1.ListProfilesRequest_Specs{Specs: q}, PageSize: size}
}

func policyPages(q *profilegatev1.PolicyQuery, size int32) *profilegatev1.ListProfilesRequest {
	return &profilegatev1.ListProfilesRequest{Query: &profilegatev1.ListProfilesRequest_Policies{Policies: q}, PageSize: size}
}

// walk asks for page after page and gives what each holds: names of spec profiles, ids of policy profiles.
func walk(t *testing.T, s *server, tenant, token string, req *profilegatev1.ListProfilesRequest) (pages [][]string) {
	t.Helper()
	for {
		got, err := s.client.ListProfiles(as(t, tenant, token), req)
		require.NoError(t, err)
		var page []string
		for _, p := range got.GetProfiles() {
			if spec := p.GetSpec(); spec != nil {
				page = append(page, spec.GetName())
			} else {
				page = append(page, p.GetId())
			}
		}
		pages = append(pages, page)
		if req.PageToken = got.GetNextPageToken(); req.PageToken == "" {
			return pages
		}
	}
}

func TestListSpecProfiles(t *testing.T) {
	s := start(t, setup{})
	for _, name := range []string{"c", "a", "b", "a"} {
		_, err := s.client.CreateProfile(as(t, both, "demo"), aSpec(name))
		require.NoError(t, err)
	}
	_, err := s.client.CreateProfile(as(t, both, "other"), aSpec("theirs"))
	require.NoError(t, err)
	order := func(key profilegatev1.SpecSortKey, descending bool) *profilegatev1.SpecQuery {
		return &profilegatev1.SpecQuery{Order: []*profilegatev1.SpecOrder{{Key: key, Descending: descending}}}
	}
	byName := profilegatev1.SpecSortKey_SPEC_SORT_KEY_NAME
	tests := []struct {
		name string
		req  *profilegatev1.ListProfilesRequest
		want [][]string
	}{
		{"all at once", specPages(order(byName, false), 0), [][]string{{"a", "a", "b", "c"}}},
		{"a page that is full and the last", specPages(order(byName, false), 4), [][]string{{"a", "a", "b", "c"}}},
		{"pages", specPages(order(byName, true), 3), [][]string{{"c", "b", "a"}, {"a"}}},
		{"names", specPages(&profilegatev1.SpecQuery{Names: []string{"a", "nope"}}, 1), [][]string{{"a"}, {"a"}}},
		{"types", specPages(&profilegatev1.SpecQuery{Types: []string{"os.nova.server-1.0"}}, 1), [][]string{nil}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			tc.req.MinRevision = headOf(t, s.tenants[both])
			require.Equal(t, tc.want, walk(t, s, both, "demo", tc.req))
		})
	}
	require.Len(t, walk(t, s, both, "demo", specPages(nil, 2000)), 1)
	require.Equal(t, [][]string{nil}, walk(t, s, specs, "demo", specPages(nil, 10)), "other tenants have their own")
}

func TestListPolicyProfiles(t *testing.T) {
	s := start(t, setup{})
	_, err := s.client.CreateProfile(as(t, policies, "demo"), ofPolicies("p", &profilegatev1.PolicyDraft{Policies: []*profilegatev1.Policy{{RoleId: "admin"}}}))
	require.NoError(t, err)
	require.Equal(t, [][]string{{"admin", "anonymous"}, {"default", "p"}}, walk(t, s, policies, "demo", policyPages(nil, 2)))
	require.Equal(t, [][]string{{"admin"}, {"p"}}, walk(t, s, policies, "demo", policyPages(&profilegatev1.PolicyQuery{Roles: []string{"admin"}}, 1)))
	_, err = s.client.ListProfiles(as(t, policies, "nothing"), policyPages(nil, 0))
	require.Equal(t, codes.PermissionDenied, refused(t, err).Code)
}

func TestListRefusals(t *testing.T) {
	s := start(t, setup{})
	withToken := func(req *profilegatev1.ListProfilesRequest, token string) *profilegatev1.ListProfilesRequest {
		req.PageToken = token
		return req
	}
	tests := []struct {
		name, token string
		req         *profilegatev1.ListProfilesRequest
		code        codes.Code
		fields      []string
	}{
		{"no query", "demo", &profilegatev1.ListProfilesRequest{}, codes.InvalidArgument, []string{"query"}},
		{"a negative size", "demo", specPages(nil, -1), codes.InvalidArgument, []string{"page_size"}},
		{"a token that is no id", "demo", withToken(specPages(nil, 0), "x"), codes.InvalidArgument, []string{"page_token"}},
		{"a token of another list", "demo", withToken(policyPages(nil, 0), "x"), codes.InvalidArgument, []string{"page_token"}},
		{"an order by nothing", "demo", specPages(&profilegatev1.SpecQuery{Order: []*profilegatev1.SpecOrder{{}}}, 0), codes.InvalidArgument, []string{"specs.order[0].key"}},
		{"all projects", "demo", specPages(&profilegatev1.SpecQuery{AllProjects: true}, 0), codes.PermissionDenied, nil},
		{"nobody", "", specPages(nil, 0), codes.Unauthenticated, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := s.client.ListProfiles(as(t, both, tc.token), tc.req)
			got := refused(t, err)
			require.Equal(t, tc.code, got.Code, got.Message)
			require.Equal(t, tc.fields, got.Fields)
		})
	}
}

func TestTypes(t *testing.T) {
	s := start(t, setup{})
	got, err := s.client.ListProfileTypes(as(t, specs, "demo"), &profilegatev1.ListProfileTypesRequest{})
	require.NoError(t, err)
	var names []string
	for _, typ := range got.GetTypes() {
		names = append(names, typ.GetName()+"-"+typ.GetVersion())
		for _, text := range []string{typ.GetSchemaJson(), typ.GetOperationsJson(), typ.GetSupportJson()} {
			var object map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &object), text)
			require.NotEmpty(t, object)
		}
	}
	require.Equal(t, []string{"container.dockerinc.docker-1.0", "os.heat.stack-1.0", "os.nova.server-1.0"}, names)
	_, err = s.client.ListProfileTypes(as(t, policies, "demo"), &profilegatev1.ListProfileTypesRequest{})
	require.Equal(t, "NOT_SUPPORTED", refused(t, err).Reason)
}

func TestValidateProfile(t *testing.T) {
	s := start(t, setup{})
	before := s.tenants[both].Revision()
	got, err := s.client.ValidateProfile(as(t, both, "demo"), &profilegatev1.ValidateProfileRequest{SpecJson: heatSpec})
	require.NoError(t, err)
	require.Equal(t, "os.heat.stack-1.0", got.GetType())
	for spec, want := range map[string]struct{ reason, field string }{
		"":             {"MISSING_ARGUMENT", "spec_json"},
		"[]":           {"INVALID_TYPE", "spec_json"},
		`{"type":"t"}`: {"SPEC_KEY_MISSING", "spec_json.version"},
		`{"type":"os.heat.stack","version":"1.0","properties":{"x":1}}`: {"SPEC_INVALID", "spec_json.properties.x"},
	} {
		_, err := s.client.ValidateProfile(as(t, both, "demo"), &profilegatev1.ValidateProfileRequest{SpecJson: spec})
		r := refused(t, err)
		require.Equal(t, want.reason, r.Reason, r.Message)
		require.Equal(t, []string{want.field}, r.Fields)
	}
	_, err = s.client.ValidateProfile(as(t, both, ""), &profilegatev1.ValidateProfileRequest{SpecJson: heatSpec})
	require.Equal(t, codes.Unauthenticated, refused(t, err).Code)
	require.Equal(t, before, s.tenants[both].Revision())
}

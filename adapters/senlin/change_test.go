package senlin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/senlin"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestUpdate(t *testing.T) {
	now := time.Unix(1452407782, 0)
	tenant, err := core.Open(t.Context(), "t", storetest.NewMemory(), &core.Options{Specs: true, Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { require.NoError(t, tenant.Close()) }()
	h := over(tenant)
	old := created(t, h, "p1")
	id, _ := old["id"].(string)
	now = now.Add(90 * time.Second)

	steps := []struct{ name, identity, profile, wantName, wantMetadata string }{
		{"a name", id, `{"name":"p2"}`, `"p2"`, `{}`},
		{"metadata, by name", "p2", `{"metadata":{"b":"2","a":[1.0]}}`, `"p2"`, `{"b":"2","a":[1.0]}`},
		{"metadata null is kept, by short id", id[:9], `{"metadata":null}`, `"p2"`, `null`},
		{"metadata {} are not null", id, `{"metadata":{}}`, `"p2"`, `{}`},
		{"both, one as it was", id, `{"name":"p2","metadata":{"k":null}}`, `"p2"`, `{"k":null}`},
		{"name null is as if not given", id, `{"name":null,"metadata":{"k":1}}`, `"p2"`, `{"k":1}`},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			w := answer(h, ask(http.MethodPatch, "/v1/profiles/"+s.identity, `{"profile":`+s.profile+`,"other":1}`, "OpenStack-API-Version", "clustering 1.14"))
			require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
			require.Equal(t, "clustering 1.14", w.Header().Get("OpenStack-API-Version"))
			require.Equal(t, "OpenStack-API-Version", w.Header().Get("Vary"))
			require.NotEmpty(t, w.Header().Get("X-Profilegate-Revision"))
			want := `{"profile":{"created_at":"2016-01-10T06:36:22Z","domain":null,"id":"` + id + `","metadata":` + s.wantMetadata +
				`,"name":` + s.wantName + `,"project":"d3300000000000000000000000000001","spec":` + heatSpec +
				`,"type":"os.heat.stack-1.0","updated_at":"2016-01-10T06:37:52Z","user":"d3300000000000000000000000000002"}}`
			require.Equal(t, want, w.Body.String())
			require.Equal(t, want, answer(h, ask(http.MethodGet, "/v1/profiles/"+id, "")).Body.String())
		})
	}

	// An administrator changes what is another's, and it stays the other's.
	w := answer(h, ask(http.MethodPatch, "/v1/profiles/"+id, `{"profile":{"name":"p3"}}`, "X-Auth-Token", admin))
	require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
	p, _ := decoded(t, w)["profile"].(map[string]any)
	require.Equal(t, []any{"p3", old["project"], old["user"]}, []any{p["name"], p["project"], p["user"]})
}

// TestUpdateRefused tells what may not stand in an update request, and what comes first.
func TestUpdateRefused(t *testing.T) {
	const (
		noKey   = "Malformed request data, missing 'profile' key in request body."
		nothing = "No property needs an update."
		empty   = "The value for the name field must be at least 1 characters long."
	)
	h := api(t)
	id, _ := created(t, h, "p1")["id"].(string)
	created(t, h, "twin")
	created(t, h, "twin")
	tests := []struct {
		identity, body string
		status         int
		typ, message   string
	}{
		{id, ``, 400, "HTTPBadRequest", general},
		{id, `{}`, 400, "HTTPBadRequest", noKey},
		{id, `{"name":"p2"}`, 400, "HTTPBadRequest", noKey},
		{id, `{"profile":null}`, 400, "HTTPBadRequest", noKey},
		{id, `{"profile":0}`, 400, "HTTPBadRequest", general},
		{id, `{"profile":"abc"}`, 400, "HTTPBadRequest", "'abc' is not of type 'object'"},
		{id, `{"profile":["name"]}`, 400, "HTTPBadRequest", general},
		{id, `{"profile":"spec"}`, 400, "HTTPBadRequest", "'spec' is not of type 'object'"},
		{"nope", `{"profile":{"name":""}}`, 400, "HTTPBadRequest", empty},
		{"nope", `{"profile":{"name":5}}`, 400, "HTTPBadRequest", general},
		{"nope", `{"profile":{"spec":{},"color":1}}`, 400, "HTTPBadRequest", "Additional properties are not allowed ('color', 'spec' were unexpected)"},
		{"nope", `{"profile":{"metadata":"abc","color":1}}`, 400, "HTTPBadRequest", "The value (abc) is not a valid JSON."},
		{"nope", `{"profile":{"metadata":["a"]}}`, 400, "HTTPBadRequest", "['a'] is not of type 'object', 'null'"},
		{"nope", `{"profile":{"metadata":"{\"k\":1}"}}`, 400, "HTTPBadRequest", `'{"k":1}' is not of type 'object', 'null'`},
		{"nope", `{"profile":{}}`, 404, "ResourceNotFound", "The profile 'nope' could not be found."},
		{"twin", `{"profile":{}}`, 400, "MultipleChoices", "Multiple results found matching the query criteria 'twin'. Please be more specific."},
		{id, `{"profile":{}}`, 400, "BadRequest", nothing},
		{id, `{"profile":{"name":null}}`, 400, "BadRequest", nothing},
		{id, `{"profile":{"name":"p1","metadata":{}}}`, 400, "BadRequest", nothing},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			isFault(t, answer(h, ask(http.MethodPatch, "/v1/profiles/"+tt.identity, tt.body)), tt.status, tt.typ, tt.message)
		})
	}
	isFault(t, answer(h, ask(http.MethodPatch, "/v1/profiles/"+id, `{"profile":{"name":"x"}}`, "X-Auth-Token", other)), 404, "ResourceNotFound",
		"The profile '"+id+"' could not be found.")
}

func TestDelete(t *testing.T) {
	s := serve(t)
	h := s.Config.Handler
	id, _ := created(t, h, "p1")["id"].(string)
	send := func(identity, body string, headers ...string) (int, http.Header) {
		r := ask(http.MethodDelete, s.URL+"/v1/profiles/"+identity, body, headers...)
		r.RequestURI = ""
		res, err := s.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode, res.Header
	}
	status, _ := send(id, `{"a":1}`, "Content-Type", "application/json")
	require.Equal(t, http.StatusBadRequest, status, "no body is wanted")
	status, _ = send(id, "", "X-Auth-Token", other)
	require.Equal(t, http.StatusNotFound, status)

	status, header := send("p1", "", "OpenStack-API-Version", "clustering 1.14")
	require.Equal(t, http.StatusNoContent, status)
	for _, absent := range []string{"OpenStack-API-Version", "Vary", "Content-Type"} {
		require.NotContains(t, header, http.CanonicalHeaderKey(absent))
	}
	require.Regexp(t, `^req-[0-9a-f-]{36}$`, header.Get("X-OpenStack-Request-ID"))
	isFault(t, answer(h, ask(http.MethodDelete, "/v1/profiles/"+id, "")), 404, "ResourceNotFound", "The profile '"+id+"' could not be found.")

	created(t, h, "twin")
	created(t, h, "twin")
	isFault(t, answer(h, ask(http.MethodDelete, "/v1/profiles/twin", "")), 400, "MultipleChoices",
		"Multiple results found matching the query criteria 'twin'. Please be more specific.")
	list, _ := decoded(t, answer(h, ask(http.MethodGet, "/v1/profiles", "")))["profiles"].([]any)
	require.Len(t, list, 2)
}

// TestDeleteHeld shows that a profile which somebody holds is in use to Senlin's clients, by its whole id however they named it.
func TestDeleteHeld(t *testing.T) {
	tenant := tenant(t)
	h := over(tenant)
	id, _ := created(t, h, "p1")["id"].(string)
	c := caller(t, tenant, demo)
	_, err := tenant.HoldSpecProfile(t.Context(), c, id, "cluster/a")
	require.NoError(t, err)
	isFault(t, answer(h, ask(http.MethodDelete, "/v1/profiles/p1", "")), 409, "ResourceInUse",
		"The profile '"+id+"' cannot be deleted: still referenced by some clusters and/or nodes.")
	_, _, err = tenant.ReleaseSpecProfile(t.Context(), c, id, "cluster/a")
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, answer(h, ask(http.MethodDelete, "/v1/profiles/p1", "")).Code)
}

func caller(tb testing.TB, tenant *core.Tenant, token string) core.Caller {
	tb.Helper()
	c, err := tenant.Member(callers()[token])
	require.NoError(tb, err)
	return c
}

func TestUniqueNames(t *testing.T) {
	tenant, err := core.Open(t.Context(), "t", storetest.NewMemory(), &core.Options{Specs: true, UniqueNames: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, tenant.Close()) }()
	h := over(tenant, func(o *senlin.Options) {
		known := callers()
		known["boss"] = access.Actor{Project: known[other].Project, User: "boss", Roles: []string{"admin"}}
		o.Authenticator = known
	})
	id, _ := created(t, h, "p1")["id"].(string)
	created(t, h, "p2")
	created(t, h, "p2", "X-Auth-Token", other) // names are unique in their project
	const taken = "A profile named 'p2' already exists."
	isFault(t, answer(h, ask(http.MethodPost, "/v1/profiles", profileBody("p2"))), 400, "BadRequest", taken)
	isFault(t, answer(h, ask(http.MethodPatch, "/v1/profiles/p1", `{"profile":{"name":"p2"}}`)), 400, "BadRequest", taken)
	// It is the profile's project that counts, not that of whoever changes it.
	isFault(t, answer(h, ask(http.MethodPatch, "/v1/profiles/"+id, `{"profile":{"name":"p2"}}`, "X-Auth-Token", "boss")), 400, "BadRequest", taken)
	require.Equal(t, http.StatusNoContent, answer(h, ask(http.MethodDelete, "/v1/profiles/p2", "")).Code)
	require.Equal(t, http.StatusOK, answer(h, ask(http.MethodPatch, "/v1/profiles/p1", `{"profile":{"name":"p2"}}`)).Code)
}

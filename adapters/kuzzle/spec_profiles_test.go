package kuzzle_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/specdoc"
	"github.com/profilegate/profilegate/core/store/storetest"
)

const heatSpec = `{"type":"os.heat.stack","version":1.0,"properties":{"template":{"n":1.0,"big":12345678901234567890}}}`

// specGate is a tenant of both styles. Its callers act for projects, save "kuzzle".
func specGate(t testing.TB) *gate {
	t.Helper()
	tenant, err := core.Open(t.Context(), "both", storetest.NewMemory(), &core.Options{Policies: true, Specs: true, Actions: kuzzle.Actions()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	actors := users{
		"demo":   {User: "u1", Project: "p1", Profiles: []string{access.Admin}},
		"other":  {User: "u2", Project: "p2", Profiles: []string{access.Admin}},
		"boss":   {User: "u3", Project: "p3", Roles: []string{"admin"}, Profiles: []string{access.Admin}},
		"kuzzle": {User: "u4", Profiles: []string{access.Admin}},
		"guest":  {User: access.AnonymousUser, Member: "guest-of-p1", Project: "p1", Profiles: []string{access.Anonymous}},
		"nobody": {User: "u5", Project: "p1", Profiles: []string{"no-such-profile"}},
	}
	return &gate{t: t, api: kuzzle.New(kuzzle.Options{Authenticator: actors}), tenant: tenant}
}

// ask sends a message to the controller and wants a status. rest is more members, with a comma in front.
func (g *gate) ask(token, action, rest string, status int) map[string]any {
	g.t.Helper()
	got := g.message(kuzzle.ProtocolWebSocket, `{"jwt":"`+token+`","controller":"profiles","action":"`+action+`"`+rest+`}`)
	require.Equalf(g.t, json.Number(jsonNumber(status)), got["status"], "%v", got)
	if result, ok := got["result"].(map[string]any); ok && status == http.StatusOK {
		return result
	}
	return got
}

func jsonNumber(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestSpecProfilesInMessages(t *testing.T) {
	g := specGate(t)
	p := g.ask("demo", "create", `,"body":{"name":"web","spec":`+heatSpec+`,"metadata":{"b":1.0}}`, 200)
	id, _ := p["id"].(string)
	spec, _ := json.Marshal(p["spec"])
	require.JSONEq(t, heatSpec, string(spec))
	require.Contains(t, string(spec), "12345678901234567890", "numbers are as they were sent")
	delete(p, "spec")
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, p["created_at"])
	delete(p, "created_at")
	require.Equal(t, map[string]any{
		"id": id, "name": "web", "type": "os.heat.stack-1.0", "project": "p1", "user": "u1", "domain": nil, "updated_at": nil,
		"metadata": map[string]any{"b": json.Number("1.0")},
	}, p)
	for _, identity := range []string{id, "web", id[:8]} {
		require.Equal(t, id, g.ask("demo", "get", `,"_id":"`+identity+`"`, 200)["id"])
	}
	require.Equal(t, "security.profile.not_found", errorID(g.ask("other", "get", `,"_id":"web"`, 404)))
	require.Equal(t, id, g.ask("boss", "get", `,"_id":"web"`, 200)["id"])

	p = g.ask("demo", "update", `,"_id":"web","body":{"name":"web2","metadata":null}`, 200)
	require.Equal(t, []any{"web2", nil}, []any{p["name"], p["metadata"]})
	require.NotNil(t, p["updated_at"])
	require.Equal(t, "services.storage.unexpected_bad_request", errorID(g.ask("demo", "update", `,"_id":"web2","body":{"name":null}`, 400)), "nothing to update")

	held := g.ask("demo", "hold", `,"_id":"web2","holder":"cluster/a"`, 200)
	require.Equal(t, []any{id, "cluster/a", "u1"}, []any{held["profile_id"], held["holder"], held["user"]})
	require.Equal(t, held, g.ask("demo", "hold", `,"_id":"`+id+`","holder":"cluster/a"`, 200), "holding twice is holding once")
	require.Equal(t, []any{held}, g.ask("demo", "listHolds", `,"_id":"web2"`, 200)["holds"])
	require.Equal(t, "security.profile.in_use", errorID(g.ask("demo", "delete", `,"_id":"web2"`, 412)))
	require.Equal(t, true, g.ask("demo", "release", `,"_id":"web2","holder":"cluster/a"`, 200)["released"])
	require.Equal(t, false, g.ask("demo", "release", `,"_id":"web2","holder":"cluster/a"`, 200)["released"])
	require.Equal(t, map[string]any{"id": id}, g.ask("demo", "delete", `,"_id":"web2"`, 200))
	g.ask("demo", "get", `,"_id":"`+id+`"`, 404)

	p = g.ask("guest", "create", `,"body":{"name":"guests","spec":`+heatSpec+`}`, 200)
	require.Equal(t, []any{"p1", "guest-of-p1"}, []any{p["project"], p["user"]})
	require.Equal(t, "guest-of-p1", g.ask("guest", "hold", `,"_id":"guests","holder":"h"`, 200)["user"])
}

func TestSpecProfilesByQuery(t *testing.T) {
	g := specGate(t)
	x := g.do(http.MethodPost, "/_query", `{"controller":"profiles","action":"create","body":{"name":"web","spec":`+heatSpec+`}}`,
		"Authorization", "Bearer demo", "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, x.status, x.body)
	require.Contains(t, x.body, `"spec":`+heatSpec, "to the byte")
	require.NotEmpty(t, x.header.Get("X-Profilegate-Revision"))
}

func TestSpecProfileLists(t *testing.T) {
	g := specGate(t)
	for _, name := range []string{"c", "a", "b", "a"} {
		g.ask("demo", "create", `,"body":{"name":"`+name+`","spec":`+heatSpec+`}`, 200)
	}
	g.ask("other", "create", `,"body":{"name":"theirs","spec":`+heatSpec+`}`, 200)
	names := func(token, rest string) (list []any) {
		for _, p := range g.ask(token, "list", rest, 200)["profiles"].([]any) {
			list = append(list, p.(map[string]any)["name"])
		}
		return list
	}
	require.Equal(t, []any{"a", "a", "b", "c"}, names("demo", `,"sort":"name"`))
	require.Equal(t, []any{"c", "b"}, names("demo", `,"sort":"name:desc,created_at:asc","limit":2`))
	require.Equal(t, []any{"b", "c"}, names("demo", `,"sort":"name","name":["b","c"],"type":"os.heat.stack-1.0"`))
	require.Empty(t, names("demo", `,"type":["os.nova.server-1.0"]`))
	require.Empty(t, names("demo", `,"limit":0`))
	require.Len(t, names("boss", `,"globalProject":true`), 5)
	first := g.ask("demo", "list", `,"sort":"name"`, 200)["profiles"].([]any)[2].(map[string]any)["id"].(string)
	require.Equal(t, []any{"c"}, names("demo", `,"sort":"name","marker":"`+first+`"`))

	for rest, want := range map[string]string{
		`,"limit":"x"`: "api.assert.invalid_type", `,"limit":-1`: "api.assert.invalid_argument", `,"marker":"x"`: "api.assert.invalid_argument",
		`,"marker":1`: "api.assert.invalid_type", `,"name":1`: "api.assert.invalid_type", `,"type":[1]`: "api.assert.invalid_type",
		`,"sort":"color"`: "api.assert.invalid_argument", `,"sort":"name:up"`: "api.assert.invalid_argument", `,"sort":[]`: "api.assert.invalid_type",
		`,"globalProject":"true"`: "api.assert.invalid_type",
	} {
		require.Equal(t, want, errorID(g.ask("demo", "list", rest, 400)), rest)
	}
	require.Equal(t, "security.rights.forbidden", errorID(g.ask("demo", "list", `,"globalProject":true`, 403)))
}

func TestSpecProfileRefusals(t *testing.T) {
	g := specGate(t)
	for range 2 {
		g.ask("demo", "create", `,"body":{"name":"twin","spec":`+heatSpec+`}`, 200)
	}
	const bad = "services.storage.unexpected_bad_request"
	tests := []struct {
		action, rest string
		status       int
		id, message  string
	}{
		{"create", ``, 400, "api.assert.body_required", "The request must specify a body."},
		{"create", `,"body":[]`, 400, "api.assert.invalid_type", `Wrong type for argument "body" (expected: object)`},
		{"create", `,"body":{"spec":{}}`, 400, "api.assert.missing_argument", `Missing argument "body.name".`},
		{"create", `,"body":{"name":"n"}`, 400, "api.assert.missing_argument", `Missing argument "body.spec".`},
		{"create", `,"body":{"name":5,"spec":{}}`, 400, "api.assert.invalid_type", `Wrong type for argument "body.name" (expected: string)`},
		{"create", `,"body":{"name":"n","spec":1}`, 400, "api.assert.invalid_type", `Wrong type for argument "body.spec" (expected: object)`},
		{"create", `,"body":{"name":"n","spec":` + heatSpec + `,"metadata":[]}`, 400, "api.assert.invalid_type", `Wrong type for argument "body.metadata" (expected: object)`},
		{"create", `,"body":{"name":"n","spec":{},"color":1}`, 400, "api.assert.unexpected_argument", `Unexpected argument "body.color" (accepted arguments: "name", "spec", "metadata")`},
		{"create", `,"body":{"name":"n","spec":{"type":"t","version":"1.0"}}`, 404, "services.storage.unexpected_not_found", "The profile_type 't-1.0' could not be found."},
		{"create", `,"body":{"name":"n","spec":{"type":"t"}}`, 400, bad, "The 'version' key is missing from the provided spec map. (body.spec.version)"},
		{"validate", `,"body":{"spec":{"type":"os.heat.stack","version":"1.0","properties":{"x":1}}}`, 400, bad, "Unrecognizable spec item 'x' (body.spec.properties.x)"},
		{"validate", `,"body":{}`, 400, "api.assert.missing_argument", `Missing argument "body.spec".`},
		{"get", ``, 400, "api.assert.missing_argument", `Missing argument "_id".`},
		{"get", `,"_id":"twin"`, 400, bad, "Multiple results found matching the query criteria 'twin'. Please be more specific."},
		{"update", `,"_id":"twin","body":{"name":""}`, 400, "api.assert.empty_argument", `The argument "body.name" is empty.`},
		{"update", `,"_id":"nope","body":{"name":"x"}`, 404, "security.profile.not_found", `Profile "nope" not found.`},
		{"hold", `,"_id":"twin"`, 400, "api.assert.missing_argument", `Missing argument "holder".`},
		{"release", `,"_id":"twin","holder":1`, 400, "api.assert.invalid_type", `Wrong type for argument "holder" (expected: string)`},
		{"nope", ``, 404, "api.process.action_not_found", `API action "profiles":"nope" not found`},
	}
	for _, tc := range tests {
		t.Run(tc.action+tc.rest, func(t *testing.T) {
			got := g.ask("demo", tc.action, tc.rest, tc.status)
			require.Equal(t, tc.id, errorID(got))
			require.Equal(t, tc.message, got["error"].(map[string]any)["message"])
		})
	}
	got := g.ask("demo", "create", `,"body":{"name":"a b","spec":`+heatSpec+`}`, 400)
	require.Equal(t, "api.assert.invalid_argument", errorID(got))
	require.Contains(t, got["error"].(map[string]any)["message"], `"body.name"`)
}

// TestSpecProfileRights: Kuzzle's rights say who may, and then a project is wanted.
func TestSpecProfileRights(t *testing.T) {
	g := specGate(t)
	for _, action := range []string{"create", "get", "list", "update", "delete", "validate", "hold", "release", "listHolds"} {
		require.Equal(t, "security.rights.forbidden", errorID(g.ask("kuzzle", action, "", 403)), "%s: acts for no project", action)
		require.Equal(t, "security.rights.forbidden", errorID(g.ask("nobody", action, "", 403)), "%s: no profile allows it", action)
	}
	require.Len(t, g.ask("kuzzle", "types", "", 200)["types"], 3, "types are no project's")
	g.message(kuzzle.ProtocolWebSocket, `{"jwt":"demo","controller":"security","action":"createRole","_id":"lister","body":{"controllers":{"profiles":{"actions":{"list":true}}}}}`)
	g.message(kuzzle.ProtocolWebSocket, `{"jwt":"demo","controller":"security","action":"createProfile","_id":"no-such-profile","body":{"policies":[{"roleId":"lister"}]}}`)
	g.ask("nobody", "list", "", 200)
	g.ask("nobody", "create", "", 403)
}

func TestNoSpecProfiles(t *testing.T) {
	g := newGate(t, users{"demo": {User: "u1", Project: "p1", Profiles: []string{access.Admin}}})
	for _, action := range []string{"create", "types", "nope"} {
		require.Equal(t, "api.process.controller_not_found", errorID(g.ask("demo", action, "", 404)))
	}
}

// TestTenantWithoutPolicies: projects alone separate there, and Kuzzle's own controllers do not exist.
func TestTenantWithoutPolicies(t *testing.T) {
	tenant, err := core.Open(t.Context(), "cloud", storetest.NewMemory(), &core.Options{Specs: true, SpecForm: specdoc.Form{NaiveTimes: true}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	g := &gate{t: t, tenant: tenant, api: kuzzle.New(kuzzle.Options{Authenticator: users{
		"demo": {User: "u1", Project: "p1"}, "homeless": {User: "u2"},
	}})}
	const naive = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`
	require.Regexp(t, naive, g.ask("demo", "create", `,"body":{"name":"web","spec":`+heatSpec+`}`, 200)["created_at"], "the tenant's form")
	require.Regexp(t, naive, g.ask("demo", "hold", `,"_id":"web","holder":"h"`, 200)["created_at"])
	require.Equal(t, "security.rights.forbidden", errorID(g.ask("homeless", "types", "", 403)))
	require.Equal(t, "security.token.invalid", errorID(g.ask("unknown", "list", "", 401)))

	s := webSocket()
	s.Header = http.Header{"X-Auth-Token": {"demo"}, "Cookie": {"authToken=homeless"}}
	tell := func(message string) map[string]any {
		reply, later := g.api.Message(g.context(), s, []byte(message))
		if later != nil {
			reply = later(g.context())
		}
		return decode(t, reply)
	}
	require.Equal(t, json.Number("200"), tell(`{"controller":"profiles","action":"get","_id":"web"}`)["status"], "the upgrade's token, and no cookie")
	require.Equal(t, "security.rights.forbidden", errorID(tell(`{"controller":"profiles","action":"list","jwt":"homeless"}`)), "a message's own comes first")
	require.Equal(t, map[string]any{"valid": true, "kuid": "u1", "expiresAt": nil}, tell(`{"controller":"auth","action":"checkToken","body":{"token":"demo"}}`)["result"])
	require.Contains(t, tell(`{"controller":"server","action":"now"}`)["result"], "now")
	for _, row := range []struct{ controller, action, want string }{
		{"auth", "login", "api.process.action_not_found"},
		{"server", "info", "api.process.action_not_found"},
		{"profiles", "nope", "api.process.action_not_found"},
		{"security", "createUser", "api.process.controller_not_found"},
		{"nope", "nope", "api.process.controller_not_found"},
	} {
		got := tell(`{"controller":"` + row.controller + `","action":"` + row.action + `"}`)
		require.Equal(t, row.want, errorID(got), row)
	}
}

func TestSpecTypesAndValidate(t *testing.T) {
	g := specGate(t)
	types := g.ask("demo", "types", "", 200)["types"].([]any)
	heat := types[1].(map[string]any)
	require.Equal(t, []any{"os.heat.stack", "1.0"}, []any{heat["name"], heat["version"]})
	for _, key := range []string{"schema", "operations", "support_status"} {
		require.NotEmpty(t, heat[key], key)
	}
	before := g.tenant.Revision()
	p := g.ask("demo", "validate", `,"body":{"spec":`+heatSpec+`}`, 200)
	require.Equal(t, []any{"validated_profile", "os.heat.stack-1.0", nil, nil, "p1"}, []any{p["name"], p["type"], p["id"], p["metadata"], p["project"]})
	require.Equal(t, before, g.tenant.Revision())
}

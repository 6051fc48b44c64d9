package kuzzle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestResets(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "PUT /roles/r", body: aRole, status: 200},
		{do: "PUT /profiles/p", body: `{"policies":[{"roleId":"r"}]}`, status: 200},
		{do: "PUT /profiles/default", body: `{"rateLimit":9,"policies":[{"roleId":"r"}]}`, status: 200},
		{do: "PUT /roles/default", body: aRole, status: 200},
		{do: "PUT /i/c", status: 200},
		{do: "POST /admin/_resetSecurity", status: 200, result: `{"deletedUsers":0,"deletedProfiles":1,"deletedRoles":1}`},
		{do: "GET /profiles/p", status: 404, fault: "security.profile.not_found"},
		{do: "GET /roles/r", status: 404, fault: "security.role.not_found"},
		{
			do: "GET /profiles/default/_rights", status: 200,
			result: `{"hits":[{"controller":"*","action":"*","index":"*","collection":"*","value":"allowed"}],"total":1}`,
		},
		{do: "admin:resetSecurity", status: 200, result: `{"deletedUsers":0,"deletedProfiles":0,"deletedRoles":0}`},
		{do: "GET /_list", status: 200, result: `{"indexes":["i"]}`},
		{do: "POST /admin/_resetDatabase", status: 200, result: `{"acknowledge":true}`},
		{do: "GET /_list", status: 200, result: `{"indexes":[]}`},
		{do: "POST /admin/_resetCache?database=memoryStorage", status: 200, result: `{"acknowledge":true}`},
		{do: "POST /admin/_resetCache?database=other", status: 404, fault: "services.cache.database_not_found"},
		{do: "POST /admin/_resetCache", status: 400, fault: "api.assert.missing_argument"},
		{do: "admin:resetCache", body: `{"database":1}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "POST /_security/roles/_refresh", status: 200, result: `null`},
		{do: "POST /_security/odd/_refresh", status: 400, fault: "api.assert.unexpected_argument"},
		{do: "security:refresh", status: 400, fault: "api.assert.missing_argument"},
	})
	require.NotContains(t, g.do("POST", "/admin/_refreshIndexCache", "").json, "result")
}

// TestRateLimit turns the clock by hand: what counts is the second of the tenant's clock.
func TestRateLimit(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tenant, err := core.Open(t.Context(), "test", storetest.NewMemory(), &core.Options{
		Policies: true, Actions: kuzzle.Actions(), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	actors := users{
		"slow": {User: "slow", Profiles: []string{"two"}}, "both": {User: "both", Profiles: []string{"two", "three"}},
		"free": {User: "free", Profiles: []string{"two", "admin"}},
	}
	g := &gate{t: t, api: kuzzle.New(kuzzle.Options{Authenticator: actors}), tenant: tenant}
	profile := func(limit string) string { return `{"rateLimit":` + limit + `,"policies":[{"roleId":"default"}]}` }
	g.play(t, []step{
		{do: "PUT /profiles/two", body: profile("2"), status: 200},
		{do: "PUT /profiles/three", body: profile("3"), status: 200},
		{do: "PUT /roles/r", body: aRole, status: 200},
		{do: "PUT /profiles/poor", body: `{"rateLimit":2,"policies":[{"roleId":"r"}]}`, status: 200},
	})
	passed := func(token, do string) int {
		for n := range 20 {
			answer, status := g.carryOut(t, step{do: do, token: token})
			if status == 429 {
				require.Equal(t, "api.process.too_many_requests", errorID(answer))
				return n
			}
		}
		return 20
	}
	require.Equal(t, 2, passed("slow", "GET /_now"))
	require.Zero(t, passed("slow", "server:now"), "counted whatever the protocol")
	require.Equal(t, 3, passed("both", "server:now"), "the highest of the profiles counts, and each user alone")
	require.Equal(t, 20, passed("free", "server:now"), "0 in any profile lifts it")
	require.Equal(t, 20, passed("", "server:now"))
	require.Equal(t, 20, passed("slow", "auth:logout"), "who is known may always log out")
	require.Equal(t, 20, passed("slow", "auth:login"), "logins are not counted by user")
	now = now.Add(time.Second)
	require.Equal(t, 2, passed("slow", "no:action"), "before the action is looked up")

	actors["poor"] = actors["slow"]
	poor := actors["poor"]
	poor.Profiles = []string{"poor"}
	actors["poor"] = poor
	now = now.Add(time.Second)
	for range 5 {
		g.play(t, []step{{do: "GET /_now", token: "poor", status: 403, fault: "security.rights.forbidden"}})
	}
	require.Equal(t, 2, passed("slow", "GET /_now"), "what was refused does not count")
}

func TestServerDescribesItself(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "GET /_getConfig", status: 200, result: `{"dump":{},"internal":{},"limits":{"documentsFetchCount":10000,"documentsWriteCount":200,"loginsPerSecond":1},"plugins":{},"realtime":{},"repositories":{},` +
			`"server":{"maxRequestSize":1048576},"services":{},"stats":{"enabled":true,"statsInterval":10,"ttl":3600},"validation":{},"version":"2.56.0"}`},
		{do: "GET /_capabilities", status: 200},
		{do: "GET /_adminExists", status: 200, result: `{"exists":false}`},
		{do: "GET /_openapi?format=xml", status: 400, fault: "api.assert.unexpected_argument"},
		{do: "GET /_openapi?scope=other", status: 400, fault: "api.assert.unexpected_argument"},
		{do: "server:openapi", body: `{"scope":1}`, status: 400, fault: "api.assert.invalid_type"},
	})
	x := g.do("GET", "/_openapi?format=yaml", "")
	require.Equal(t, "application/yaml", x.header.Get("Content-Type"))
	require.Equal(t, "2.0", x.json["swagger"])
	require.NotContains(t, x.json, "requestId")
	update := x.json["paths"].(map[string]any)["/profiles/{_id}/_update"].(map[string]any)["put"].(map[string]any)
	require.Len(t, update["parameters"], 1)
	require.NotContains(t, x.json["paths"], "/validations/_search", "only what is served")
	require.Empty(t, g.do("GET", "/_openapi?scope=app", "").json["paths"])
	over := g.message("websocket", `{"controller":"server","action":"openapi","requestId":"r"}`)
	require.Equal(t, "r", over["room"])
	require.Equal(t, "2.0", over["swagger"])
	require.NotContains(t, g.message("mqtt", `{"controller":"server","action":"openapi"}`), "room")
}

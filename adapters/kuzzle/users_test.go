package kuzzle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// bearers is an Authenticator that knows the tokens that the tenant gave out.
type bearers struct{}

func (bearers) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	if token == "" {
		return access.Actor{User: access.AnonymousUser, Profiles: []string{access.Anonymous}}, nil
	}
	tenant, err := core.TenantFrom(ctx)
	if err != nil {
		return access.Actor{}, err
	}
	bearer, err := tenant.Authenticate(ctx, token)
	return bearer.Actor, err
}

// newHome is a gate whose users log in.
func newHome(t testing.TB) *gate {
	g := newGateOn(t, storetest.NewMemory(), nil)
	g.api = kuzzle.New(kuzzle.Options{Authenticator: bearers{}})
	return g
}

const firstAdmin = `{"content":{"name":"Boss"},"credentials":{"local":{"username":"boss","password":"secret"}}}`

// boss makes the first administrator and logs it in.
func (g *gate) boss() (token string) {
	g.t.Helper()
	x := g.do("POST", "/_createFirstAdmin/boss?reset", firstAdmin)
	require.Equal(g.t, 200, x.status, x.body)
	return g.login("boss", "secret")
}

func (g *gate) login(username, password string) string {
	g.t.Helper()
	x := g.do("POST", "/_login/local", fmt.Sprintf(`{"username":%q,"password":%q}`, username, password))
	require.Equal(g.t, 200, x.status, x.body)
	return resultOf(g.t, x.json)["jwt"].(string)
}

func resultOf(t testing.TB, answer map[string]any) map[string]any {
	t.Helper()
	m, ok := answer["result"].(map[string]any)
	require.True(t, ok, "%v", answer)
	return m
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

func TestWhatAUserDoesWithItself(t *testing.T) {
	g := newHome(t)
	me := bearer(g.boss())
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string // in the answer
	}{
		{"GET", "/credentials/local/_me", "", 200, `"result":{"username":"boss","kuid":"boss"}`},
		{"GET", "/credentials/local/_me/_exists", "", 200, `"result":true`},
		{"POST", "/credentials/local/_me/_create", `{"username":"b","password":"p"}`, 412, `A strategy already exists for user \"boss\".`},
		{"POST", "/credentials/local/_me/_validate", `{"username":"b"}`, 400, "Password required."},
		{"PUT", "/credentials/local/_me/_update", `{"username":"chief"}`, 200, `"username":"chief"`},
		{"PUT", "/credentials/local/_me/_update", `{}`, 400, "Missing username or password."},
		{"GET", "/credentials/ldap/_me", "", 400, "security.credentials.unknown_strategy"},
		{"PUT", "/_me", `{"name":"Chief"}`, 200, `"name":"Chief"`},
		{"PUT", "/_me", `{"profileIds":["default"]}`, 400, "api.assert.forbidden_argument"},
		{"GET", "/strategies", "", 200, `"result":["local"]`},
		{"POST", "/api-keys/_create?_id=k", `{"description":"ci"}`, 200, `"token":"kapikey-`},
		{"POST", "/api-keys/_create?_id=k", `{"description":"ci"}`, 400, "services.storage.document_already_exists"},
		{"POST", "/api-keys/_create", `{}`, 400, `Missing argument \"body.description\".`},
		{"POST", "/api-keys/_search", `{"match":{"description":"ci"}}`, 200, `"total":1`},
		{"POST", "/api-keys/_create?_id=b&expiresIn=42", `{"description":"Lora API key"}`, 200, `"ttl":42`},
		{"POST", "/api-keys/_create?_id=a", `{"description":"Sigfox API key"}`, 200, `"ttl":-1`},
		{"POST", "/api-keys/_search?lang=koncorde", `{"equals":{"ttl":"42"}}`, 200, `"total":1`},
		{"POST", "/api-keys/_search", `{"match":{"description":"lora"}}`, 200, `{"hits":[{"_id":"b",`},
		{"POST", "/api-keys/_search", `{"match":{"description":"api"}}`, 200, `{"hits":[{"_id":"b",`},
		{"DELETE", "/users/joe/api-keys/k", "", 404, `ApiKey \"k\" not found for user \"joe\".`},
		{"DELETE", "/api-keys/k", "", 200, `"_id":"k"`},
		{"DELETE", "/api-keys/k", "", 404, "services.storage.not_found"},
		{"POST", "/_createToken?expiresIn=-1", "", 400, "security.token.invalid_expiration"},
		{"POST", "/_createToken?expiresIn=never", "", 400, "api.assert.invalid_argument"},
		{"POST", "/_createToken?expiresIn=2h&singleUse", "", 200, `"ttl":7200000`},
		{"GET", "/users/boss/_strategies", "", 200, `"strategies":["local"],"total":1`},
		{"GET", "/users/_mGet?ids=boss,nobody", "", 200, `"_id":"boss"`},
		{"GET", "/users/-1", "", 200, `"_source":{"name":"Anonymous","profileIds":["anonymous"]}`},
		{"PUT", "/users/-1/_update", `{"name":"x"}`, 400, "security.user.anonymous_profile_required"},
		{"POST", "/users/_createRestricted", `{"content":{"name":"R"}}`, 200, `"profileIds":["default"]`},
		{"POST", "/users/_createRestricted", `{"content":{"profileIds":["admin"]}}`, 400, "api.assert.forbidden_argument"},
		{"POST", "/users/u/_upsert", `{"content":{"profileIds":["default"],"a":1},"default":{"a":0,"b":2}}`, 200, `"b":2`},
		{"POST", "/users/u/_upsert", `{"content":{"profileIds":["admin"]}}`, 200, `"profileIds":["admin"]`},
		{"POST", "/users/_search", `{"query":{"term":{"profileIds":"default"}}}`, 200, `"total":1`},
		{"POST", "/credentials/local/users/_search", `{"query":{"prefix":{"username":"ch"}},"sort":[{"kuid":"asc"}]}`, 200, `"kuid":"boss"}],"total":1}`},
		{"POST", "/credentials/local/users/_search?lang=koncorde", `{"query":{"equals":{"username":"chief"}}}`, 200, `"username":"chief"`},
		{"POST", "/credentials/local/users/_search", `{"query":{"term":{"userPassword":"x"}}}`, 403, `Forbidden field \"userPassword\".`},
		{"POST", "/credentials/local/users/_search", `{"query":{"script":{}}}`, 400, `The \"script\" keyword is not allowed`},
		{"POST", "/credentials/ldap/users/_search", `{}`, 400, "security.credentials.unknown_strategy"},
		{"DELETE", "/users/u/tokens", "", 200, `"result":null`},
		{"POST", "/users/_mDelete", `{"ids":["u","nobody"]}`, 206, "services.storage.incomplete_delete"},
		{"POST", "/_refreshToken?expiresIn=1d", "", 200, `"ttl":86400000`},
		{"POST", "/_refreshToken", "", 401, "security.token.invalid"},
		{"DELETE", "/credentials/local/_me", "", 200, `"acknowledged":true`},
		{"GET", "/credentials/local/_me", "", 412, `No credentials found for user \"boss\".`},
	} {
		x := g.do(step.method, step.path, step.body, me...)
		require.Equal(t, step.status, x.status, "%s %s: %s", step.method, step.path, x.body)
		require.Contains(t, x.body, step.want, "%s %s", step.method, step.path)
		require.NotContains(t, x.body, "argon2")
	}
}

func TestTokensInCookies(t *testing.T) {
	g := newHome(t)
	g.boss()
	x := g.do("POST", "/_login/local?cookieAuth", `{"username":"boss","password":"secret"}`)
	require.Equal(t, 200, x.status, x.body)
	require.NotContains(t, x.body, "jwt")
	set := x.header.Get("Set-Cookie")
	require.Contains(t, set, "authToken=kauth-")
	require.Contains(t, set, "; Path=/; Expires=")
	require.Contains(t, set, "; HttpOnly; SameSite=Strict")
	cookie := []string{"Cookie", strings.SplitN(set, ";", 2)[0]}
	require.Equal(t, "boss", resultOf(t, g.do("GET", "/_me", "", cookie...).json)["_id"])
	x = g.do("POST", "/_logout?cookieAuth", "", cookie...)
	require.Equal(t, 200, x.status, x.body)
	require.Contains(t, x.header.Get("Set-Cookie"), "authToken=null;")
	require.Equal(t, http.StatusUnauthorized, g.do("GET", "/_me", "", cookie...).status)
	x = g.do("POST", "/_login/local?cookieAuth", `{"username":"boss","password":"secret"}`, cookie...)
	require.Equal(t, 200, x.status, "a dead cookie keeps nobody from logging in: %s", x.body)
}

// say sends a message over one connection.
func (g *gate) say(s *kuzzle.Session, message string) map[string]any {
	g.t.Helper()
	reply, later := g.api.Message(g.context(), s, []byte(message))
	if later != nil {
		reply = later(g.context())
	}
	return decode(g.t, reply)
}

const loginMessage = `{"controller":"auth","action":"login","strategy":"local","expiresIn":%d,` +
	`"body":{"username":"boss","password":"secret"}}`

func TestLoginsOfAConnectionAreLimited(t *testing.T) {
	g := newHome(t)
	g.boss()
	s := webSocket()
	limited := false
	for n := 0; n < 100 && !limited; n++ { // two of them are within one second
		limited = limited || errorID(g.say(s, `{"controller":"auth","action":"login","strategy":"local"}`)) ==
			"api.process.too_many_logins_requests"
	}
	require.True(t, limited)
	require.NotEqual(t, "api.process.too_many_logins_requests", errorID(g.say(webSocket(), fmt.Sprintf(loginMessage, 60000))))
}

// The clock stands still: all logins are of one second.
func TestLoginsOfAConnectionAreLimitedAsConfigured(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tenant, err := core.Open(t.Context(), "test", storetest.NewMemory(), &core.Options{
		Policies: true, Actions: kuzzle.Actions(), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	g := &gate{t: t, api: kuzzle.New(kuzzle.Options{Authenticator: bearers{}, Limits: kuzzle.Limits{LoginsPerSecond: 3}}), tenant: tenant}
	s := webSocket()
	for _, want := range []string{"plugin.strategy.missing_user", "", "", "api.process.too_many_logins_requests"} {
		got := errorID(g.say(s, `{"controller":"auth","action":"login","strategy":"local"}`))
		if want == "api.process.too_many_logins_requests" {
			require.Equal(t, want, got)
		} else {
			require.NotEqual(t, "api.process.too_many_logins_requests", got)
		}
	}
}

// TestLoginsTellAWrongPasswordFirst holds the order of Kuzzle's checks: who is nobody hears nothing of the other arguments.
func TestLoginsTellAWrongPasswordFirst(t *testing.T) {
	g := newHome(t)
	g.boss()
	g.play(t, []step{
		{do: "POST /_login/local?expiresIn=never", body: `{"username":"boss","password":"wrong"}`, status: 401, fault: "plugin.strategy.missing_user"},
		{do: "POST /_login/local?expiresIn=never", body: `{"username":"boss"}`, status: 401, fault: "plugin.strategy.missing_user"},
		{do: "POST /_login/local?expiresIn=never", body: `{"username":"boss","password":"secret"}`, status: 400, fault: "api.assert.invalid_argument"},
		{do: "POST /_login/odd?expiresIn=never", body: `{"username":"boss","password":"wrong"}`, status: 400, fault: "security.credentials.unknown_strategy"},
	})
}

func TestConnectionsHearOfTheEndOfTheirToken(t *testing.T) {
	g := newHome(t)
	g.boss()
	notices := make(chan []byte, 4)
	s := webSocket()
	s.Notify = func(notice []byte) { notices <- notice }
	defer s.Close()
	require.Equal(t, json.Number("1"), resultOf(t, g.say(s, fmt.Sprintf(loginMessage, 1)))["ttl"])
	select {
	case notice := <-notices:
		got := decode(t, notice)
		require.Equal(t, "TokenExpired", got["type"])
		require.Equal(t, "kuzzle:notification:server", got["room"])
	case <-time.After(10 * time.Second):
		t.Fatal("no notice")
	}
}

func TestLoadSecurities(t *testing.T) {
	g := newHome(t)
	load := `{"roles":{"r":{"controllers":{"auth":{"actions":{"*":true}}}}},"profiles":{"p":{"policies":[{"roleId":"r"}]}},` +
		`"users":{"ann":{"content":{"profileIds":["p"]},"credentials":{"local":{"username":"ann","password":"pw"}}}}}`
	x := g.do("POST", "/admin/_loadSecurities", load)
	require.Equal(t, 200, x.status, x.body)
	require.Contains(t, x.body, `"acknowledge":true`)
	require.NotEmpty(t, g.login("ann", "pw"))
	for query, want := range map[string]string{
		"":                           "security.user.prevent_overwrite",
		"?onExistingUsers=perhaps":   "api.assert.unexpected_argument",
		"?onExistingUsers=skip":      "",
		"?onExistingUsers=overwrite": "",
	} {
		x := g.do("POST", "/admin/_loadSecurities"+query, load)
		if want == "" {
			require.Equal(t, 200, x.status, x.body)
			continue
		}
		require.Equal(t, want, errorID(x.json), query)
	}
	for _, bad := range []string{`{"roles":[]}`, `{"users":{"u":1}}`, `{"users":{"u":{}}}`, `{"profiles":{"p":{}}}`} {
		require.Equal(t, 400, g.do("POST", "/admin/_loadSecurities", bad).status, bad)
	}
}

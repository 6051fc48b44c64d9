package kuzzle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// users is an Authenticator that knows the users by their tokens.
type users map[string]access.Actor

func (u users) Authenticate(_ context.Context, token string) (access.Actor, error) {
	if token == "" {
		return access.Actor{User: access.AnonymousUser}, nil
	}
	if actor, ok := u[token]; ok {
		return actor, nil
	}
	return access.Actor{}, &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid, Message: "The token is no good."}
}

// gate is an API over one tenant in memory, as a client sees it.
type gate struct {
	t      testing.TB
	api    *kuzzle.API
	tenant *core.Tenant
}

func newGate(t testing.TB, actors users) *gate { return newGateOn(t, storetest.NewMemory(), actors) }

func newGateOn(t testing.TB, st store.Store, actors users) *gate {
	t.Helper()
	tenant, err := core.Open(t.Context(), "test", st, &core.Options{Policies: true, Actions: kuzzle.Actions()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	return &gate{t: t, api: kuzzle.New(kuzzle.Options{Authenticator: actors}), tenant: tenant}
}

func (g *gate) context() context.Context { return core.WithTenant(g.t.Context(), g.tenant) }

// ServeHTTP puts the tenant into the context, as the gateway does.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.api.ServeHTTP(w, r.WithContext(core.WithTenant(r.Context(), g.tenant)))
}

// exchange is what came of an HTTP request.
type exchange struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

// do sends a request. headers are names and values in turn.
func (g *gate) do(method, target, body string, headers ...string) exchange {
	g.t.Helper()
	return g.doWith(g.t.Context(), method, target, body, headers...)
}

func (g *gate) doWith(ctx context.Context, method, target, body string, headers ...string) exchange {
	g.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(ctx, method, target, in)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	x := exchange{status: w.Code, header: w.Result().Header, body: w.Body.String()}
	if x.header.Get("Content-Encoding") == "" || x.header.Get("Content-Encoding") == "identity" {
		x.json = decode(g.t, w.Body.Bytes())
	}
	return x
}

// message sends a message over a protocol and waits for its answer; nil where there is none.
func (g *gate) message(protocol, payload string) map[string]any {
	g.t.Helper()
	reply, later := g.api.Message(g.context(), &kuzzle.Session{Protocol: protocol}, []byte(payload))
	if later != nil {
		reply = later(g.context())
	}
	if reply == nil {
		return nil
	}
	return decode(g.t, reply)
}

func decode(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	require.NoError(t, d.Decode(&v), "%s", data)
	return v
}

// errorID is the id of the error of an answer, enveloped or bare.
func errorID(answer map[string]any) any {
	if e, ok := answer["error"].(map[string]any); ok {
		answer = e
	}
	return answer["id"]
}

// exampleProfile is the body that Kuzzle's documentation shows, with roles that every tenant has.
const exampleProfile = `{"rateLimit":50,"tags":["moderators"],"policies":[{"roleId":"default"},` +
	`{"roleId":"admin","restrictedTo":[{"index":"forum"},{"index":"shop","collections":["comments","ratings"]}]}]}`

func webSocket() *kuzzle.Session { return &kuzzle.Session{Protocol: kuzzle.ProtocolWebSocket} }

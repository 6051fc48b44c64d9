package senlin_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/profilegate/profilegate/adapters/senlin"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The callers of the tests.
const (
	demo  = "token-demo"
	other = "token-other"
	admin = "token-admin"
)

// tokens are the callers that the test server knows, as in the configuration under which recorded cases are replayed.
type tokens map[string]access.Actor

func (ts tokens) Authenticate(_ context.Context, token string) (access.Actor, error) {
	if a, ok := ts[token]; ok {
		return a, nil
	}
	return access.Actor{}, &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid, Message: "The token is not valid."}
}

func callers() tokens {
	return tokens{
		demo:  {Project: "d3300000000000000000000000000001", User: "d3300000000000000000000000000002", Roles: []string{"member"}},
		other: {Project: "07e30000000000000000000000000001", User: "07e30000000000000000000000000002", Roles: []string{"member"}},
		admin: {Project: "ad310000000000000000000000000001", User: "ad310000000000000000000000000002", Roles: []string{"admin"}},
	}
}

// tenant opens an empty tenant over a store in memory. Its clock stands, so that lists come in the order of ids.
func tenant(tb testing.TB) *core.Tenant {
	tb.Helper()
	t, err := core.Open(context.Background(), "senlin", storetest.NewMemory(), &core.Options{Specs: true, Now: func() time.Time { return time.Unix(1452407782, 0) }})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, t.Close()) })
	return t
}

// api is the dialect over an empty tenant.
func api(tb testing.TB, change ...func(*senlin.Options)) http.Handler {
	tb.Helper()
	return over(tenant(tb), change...)
}

// over is the dialect over a tenant.
func over(t *core.Tenant, change ...func(*senlin.Options)) http.Handler {
	o := senlin.Options{Authenticator: callers()}
	for _, c := range change {
		c(&o)
	}
	return within(t, senlin.New(o))
}

// within gives requests their tenant, as the gateway does.
func within(t *core.Tenant, a http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.ServeHTTP(w, r.WithContext(core.WithTenant(r.Context(), t)))
	})
}

// serve is api behind net/http.
func serve(tb testing.TB) *httptest.Server {
	tb.Helper()
	s := httptest.NewServer(api(tb))
	tb.Cleanup(s.Close)
	return s
}

// ask is a request that demo sends as most clients do; headers are pairs, of which an empty value takes a header away.
func ask(method, target, body string, headers ...string) *http.Request {
	var in io.Reader = http.NoBody
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, target, in)
	r.Header.Set("X-Auth-Token", demo)
	r.Header.Set("Accept", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// decoded is the JSON of an answer's body.
func decoded(tb testing.TB, w *httptest.ResponseRecorder) map[string]any {
	tb.Helper()
	var got map[string]any
	require.NoErrorf(tb, json.Unmarshal(w.Body.Bytes(), &got), "body: %s", w.Body)
	return got
}

// general is what Senlin says of a request it cannot take, and its explanation of every 400.
const general = "The server could not comply with the request since it is either malformed or otherwise incorrect."

// isFault checks an answer in the shape of Senlin's fault middleware.
func isFault(tb testing.TB, w *httptest.ResponseRecorder, status int, typ, message string) {
	tb.Helper()
	require.Equalf(tb, status, w.Code, "body: %s", w.Body)
	require.Equal(tb, "application/json", w.Header().Get("Content-Type"))
	require.Empty(tb, w.Header().Get("OpenStack-API-Version"))
	require.Empty(tb, w.Header().Get("Vary"))
	got := decoded(tb, w)
	require.Equal(tb, map[string]any{"code": float64(status), "message": message, "type": typ}, got["error"])
	require.InDelta(tb, status, got["code"], 0)
	require.Equal(tb, http.StatusText(status), got["title"])
	require.Len(tb, got, 4)
}

// isNoRoute checks webob's 404 as JSON.
func isNoRoute(tb testing.TB, w *httptest.ResponseRecorder) {
	tb.Helper()
	require.Equalf(tb, http.StatusNotFound, w.Code, "body: %s", w.Body)
	require.Empty(tb, w.Header().Get("Allow"))
	require.Equal(tb, map[string]any{
		"code": "404 Not Found", "title": "Not Found", "message": "The resource could not be found.<br /><br />\n\n\n",
	}, decoded(tb, w))
}

// profileBody is a good create request.
func profileBody(name string) string {
	return `{"profile":{"name":"` + name + `","spec":` + heatSpec + `}}`
}

const heatSpec = `{"type":"os.heat.stack","version":"1.0","properties":{"template":{"heat_template_version":"2014-10-16","resources":{}}}}`

// created makes a profile and gives it as the answer had it.
func created(tb testing.TB, h http.Handler, name string, headers ...string) map[string]any {
	tb.Helper()
	w := answer(h, ask(http.MethodPost, "/v1/profiles", profileBody(name), headers...))
	require.Equalf(tb, http.StatusCreated, w.Code, "body: %s", w.Body)
	p, ok := decoded(tb, w)["profile"].(map[string]any)
	require.True(tb, ok)
	return p
}

// dial connects to a test server.
func dial(tb testing.TB, address string) net.Conn {
	tb.Helper()
	c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	require.NoError(tb, err)
	return c
}

package senlin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/senlin"
)

// draft is a request to validate a profile, to be spoilt.
type draft struct{ path, version, token, body string }

// wrongs are what can be wrong with it, in the order in which Senlin looks: of two, the first is told.
var wrongs = []struct {
	name  string
	spoil func(*draft)
	told  func(testing.TB, *httptest.ResponseRecorder)
}{
	{"path without version", func(d *draft) { d.path = "/v2/profiles/validate" }, isNoRoute},
	{"malformed micro-version", func(d *draft) { d.version = "clustering x" }, func(t testing.TB, w *httptest.ResponseRecorder) {
		t.Helper()
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Equal(t, "400 Bad Request", decoded(t, w)["code"])
	}},
	{"micro-version out of range", func(d *draft) { d.version = "clustering 1.15" }, func(t testing.TB, w *httptest.ResponseRecorder) {
		t.Helper()
		isFault(t, w, http.StatusNotAcceptable, "InvalidGlobalAPIVersion",
			"Version '1.15' is not supported by the API. Minimum is '1.0' and maximum is '1.14'.")
	}},
	{"no token", func(d *draft) { d.token = "" }, isUnauthorized},
	{"unknown route", func(d *draft) { d.path = "/v1/nowhere" }, isNoRoute},
	{"no JSON", func(d *draft) { d.body = `{"profile":` }, func(t testing.TB, w *httptest.ResponseRecorder) {
		t.Helper()
		isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", "unexpected end of input at byte 11")
	}},
	{"method of a later micro-version", func(d *draft) { d.version = "clustering 1.1" }, func(t testing.TB, w *httptest.ResponseRecorder) {
		t.Helper()
		isFault(t, w, http.StatusBadRequest, "MethodVersionNotFound", "API version '1.1' is not supported on this method.")
	}},
	{"bad fields", func(d *draft) { d.body = `{"profile":{"spec":null}}` }, func(t testing.TB, w *httptest.ResponseRecorder) {
		t.Helper()
		isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", "Field `spec' cannot be None")
	}},
	{"bad spec", func(d *draft) { d.body = `{"profile":{"spec":{"type":"os.nope","version":1.0}}}` }, func(t testing.TB, w *httptest.ResponseRecorder) {
		t.Helper()
		isFault(t, w, http.StatusNotFound, "ResourceNotFound", "The profile_type 'os.nope-1.0' could not be found.")
	}},
}

// TestOrderOfJudgement combines what can be wrong pairwise.
func TestOrderOfJudgement(t *testing.T) {
	h := api(t)
	good := draft{"/v1/profiles/validate", "clustering 1.2", demo, `{"profile":{"spec":` + heatSpec + `}}`}
	send := func(d draft) *httptest.ResponseRecorder {
		return answer(h, ask(http.MethodPost, d.path, d.body, "OpenStack-API-Version", d.version, "X-Auth-Token", d.token))
	}
	require.Equal(t, http.StatusOK, send(good).Code)
	for i, first := range wrongs {
		for _, second := range wrongs[i:] {
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				d := good
				second.spoil(&d)
				first.spoil(&d) // last, for both may be about the same part of the request
				first.told(t, send(d))
			})
		}
	}
}

func isUnauthorized(tb testing.TB, w *httptest.ResponseRecorder) {
	tb.Helper()
	require.Equalf(tb, http.StatusUnauthorized, w.Code, "body: %s", w.Body)
	require.Equal(tb, "application/json", w.Header().Get("Content-Type"))
	require.Equal(tb, `Keystone uri="http://example.com"`, w.Header().Get("WWW-Authenticate"))
	require.NotEmpty(tb, w.Header().Get("X-OpenStack-Request-ID"))
	require.Empty(tb, w.Header().Get("OpenStack-API-Version"))
	require.Equal(tb, map[string]any{"error": map[string]any{
		"code": 401.0, "title": "Unauthorized", "message": "The request you have made requires authentication.",
	}}, decoded(tb, w))
}

func TestUnauthorized(t *testing.T) {
	h := api(t)
	for _, token := range []string{"", "nope", "Bearer " + demo, demo + " ", "TOKEN-DEMO"} {
		for _, path := range []string{"/v1/profiles", "/v1/", "/v1/nowhere", "/v1/profiles/x/y"} {
			isUnauthorized(t, answer(h, ask(http.MethodGet, path, "", "X-Auth-Token", token)))
		}
	}
	r := ask(http.MethodGet, "/v1/profiles", "")
	r.Header["X-Auth-Token"] = []string{demo, demo} // WSGI joins them, and no token has a comma
	isUnauthorized(t, answer(h, r))
}

func TestAuthURI(t *testing.T) {
	configured := func(uri string) func(*senlin.Options) {
		return func(o *senlin.Options) { o.AuthURI = func(context.Context) string { return uri } }
	}
	tests := []struct {
		name, uri, want string
	}{
		{"configured", "https://keystone.example.org/v3", `Keystone uri="https://keystone.example.org/v3"`},
		{"not configured for this tenant", "", `Keystone uri="http://example.com"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answer(api(t, configured(tt.uri)), ask(http.MethodGet, "/v1/profiles", "", "X-Auth-Token", ""))
			require.Equal(t, http.StatusUnauthorized, w.Code)
			require.Equal(t, tt.want, w.Header().Get("WWW-Authenticate"))
		})
	}
}

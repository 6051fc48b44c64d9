package senlin_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoRoute holds what Routes makes of a path: each of these is webob's 404.
func TestNoRoute(t *testing.T) {
	tests := []struct{ method, path string }{
		{"GET", "/v1/nowhere"},
		{"GET", "/v1//"},
		{"GET", "/v1//profiles"},
		{"GET", "/v1/profiles/"},
		{"GET", "/v1/profiles//"},
		{"GET", "/v1/profiles//x"},
		{"GET", "/v1/profiles/x/"},
		{"GET", "/v1/profiles/x/y"},
		{"GET", "/v1/profiles/x%2Fy"},
		{"GET", "/v1/profiles/x%2F"},
		{"GET", "/v1/profile"},
		{"GET", "/v1/Profiles"},
		{"GET", "/v1/profiles/validate/x"},
		{"POST", "/v1/profiles/validate/"},
		{"GET", "/v1/profile-types/"},
		{"GET", "/v1/profile-types//ops"},
		{"GET", "/v1/profile-types/x/ops/"},
		{"GET", "/v1/profile-types/x/y"},
		{"GET", "/v1/build-info/"},
		{"GET", "/v1/clusters"},
		{"POST", "/v1/"},
		{"POST", "/v1/profiles/x"},
		{"PUT", "/v1/profiles"},
		{"PATCH", "/v1/profiles"},
		{"DELETE", "/v1/profiles"},
		{"DELETE", "/v1/profiles/"},
		{"PUT", "/v1/profiles/x"},
		{"POST", "/v1/build-info"},
		{"POST", "/v1/profile-types/os.heat.stack-1.0/ops"},
		{"get", "/v1/profiles"},
		{"BREW", "/v1/profiles"},
		{"TRACE", "/v1/profiles"},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			isNoRoute(t, answer(h, ask(tt.method, tt.path, "")))
			// The body comes after the route.
			isNoRoute(t, answer(h, ask(tt.method, tt.path, `{"a":`)))
		})
	}
}

// TestHead shows that there is no HEAD, and that nothing is said about the body that there would be.
func TestHead(t *testing.T) {
	h := api(t)
	for _, path := range []string{"/v1/profiles", "/v1/", "/v1/nope"} {
		w := answer(h, ask(http.MethodHead, path, ""))
		require.Equal(t, http.StatusNotFound, w.Code)
		require.Equal(t, "0", w.Header().Get("Content-Length"))
		require.Equal(t, "text/html; charset=UTF-8", w.Header().Get("Content-Type"))
		require.Empty(t, w.Body.String())
	}
}

// TestOddNames shows that what stands in a path is taken for a name, whole and decoded once.
func TestOddNames(t *testing.T) {
	h := api(t)
	for path, name := range map[string]string{
		"nope": "nope", ".": ".", "..": "..", "a.json": "a.json", "a%20b": "a b", "a+b": "a+b", "a%252Fb": "a%2Fb", "a%2525b": "a%25b",
		"%00": "\x00", "a%0D%0ASet-Cookie:x": "a\r\nSet-Cookie:x", "x;y=1": "x;y=1", "%C3%A9": "é", "validate": "validate", ":profile": ":profile",
		"*": "*", "%22%5C%3Cb%3E": `"\<b>`, "ops": "ops", "%FF": "\ufffd", strings.Repeat("x", 20000): strings.Repeat("x", 20000),
	} {
		w := answer(h, ask(http.MethodGet, "/v1/profiles/"+path, ""))
		isFault(t, w, http.StatusNotFound, "ResourceNotFound", "The profile '"+name+"' could not be found.")
		w = answer(h, ask(http.MethodGet, "/v1/profile-types/"+path, ""))
		isFault(t, w, http.StatusNotFound, "ResourceNotFound", "The profile_type '"+name+"' could not be found.")
		w = answer(h, ask(http.MethodGet, "/v1/profile-types/"+path+"/ops", "", "OpenStack-API-Version", "clustering 1.4"))
		isFault(t, w, http.StatusBadRequest, "BadRequest", "The profile_type '"+name+"' could not be found.")
	}
}

func TestOptions(t *testing.T) {
	h := api(t)
	for _, path := range []string{"/", "/v1", "/v1/profiles", "/v2/nowhere", "/clustering/v1/profiles/x"} {
		w := answer(h, ask(http.MethodOptions, path, `{"a":`, "X-Auth-Token", "", "OpenStack-API-Version", "clustering x"))
		require.Equal(t, http.StatusOK, w.Code)
		require.Empty(t, w.Body.String())
		require.Equal(t, "0", w.Header().Get("Content-Length"))
		require.Empty(t, w.Header().Get("X-OpenStack-Request-ID"))
	}
}

// TestRawRequests sends what Go's client would not.
func TestRawRequests(t *testing.T) {
	s := serve(t)
	tests := []struct {
		line   string
		status int
		bodied bool
	}{
		{"OPTIONS *", 200, false},
		{"HEAD /v1", 200, false},
		{"HEAD /", 300, false},
		{"HEAD /v1/profiles", 404, false},
		{"GET http://elsewhere.example/v1", 200, true},
		{"GET /v1/profiles/%zz", 400, true}, // net/http's own
		{"GET /v1/./profiles/../profiles", 404, true},
		{"GET //v1/profiles", 200, true},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			conn := dial(t, s.Listener.Addr().String())
			defer conn.Close()
			_, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\nConnection: close\r\n\r\n", tt.line, demo)
			require.NoError(t, err)
			method, _, _ := strings.Cut(tt.line, " ")
			resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equalf(t, tt.status, resp.StatusCode, "body: %s", body)
			require.Equal(t, tt.bodied, len(body) > 0)
		})
	}
}

package senlin_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The kinds of answers that a path may lead to.
const (
	toList    = "version list"
	toVersion = "version"
	toNoRoute = "no route"
	toToken   = "token wanted"
)

func leadsTo(t *testing.T, h http.Handler, r *http.Request) (kind, self string) {
	t.Helper()
	w := answer(h, r)
	require.Regexp(t, `^req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, w.Header().Get("X-OpenStack-Request-ID"))
	switch w.Code {
	case http.StatusMultipleChoices:
		versions, _ := decoded(t, w)["versions"].([]any)
		require.Len(t, versions, 1)
		return toList, selfLink(versions[0])
	case http.StatusOK:
		require.Empty(t, w.Header().Get("OpenStack-API-Version"))
		return toVersion, selfLink(decoded(t, w)["version"])
	case http.StatusNotFound:
		return toNoRoute, ""
	case http.StatusUnauthorized:
		return toToken, ""
	}
	require.Failf(t, "unexpected", "%d %s", w.Code, w.Body)
	return "", ""
}

func selfLink(version any) string {
	v, _ := version.(map[string]any)
	links, _ := v["links"].([]any)
	for _, l := range links {
		if link, _ := l.(map[string]any); link["rel"] == "self" {
			href, _ := link["href"].(string)
			return href
		}
	}
	return ""
}

func TestNegotiation(t *testing.T) {
	const vendor = "application/vnd.openstack.clustering-"
	tests := []struct {
		path, accept string // accept "-": none
		want, self   string
	}{
		{"/", "application/json", toList, "http://example.com/v1"},
		{"/", "-", toList, "http://example.com/v1"},
		{"//", "application/json", toList, "http://example.com/v1"},
		{"/versions", "application/json", toList, "http://example.com/v1"},
		{"/versions/", "text/html", toList, "http://example.com/v1"},
		{"/versions/of/mine", "text/html", toList, "http://example.com/v1"},
		{"/v1", "application/json", toVersion, "http://example.com/v1/v1"},
		{"/v1", "-", toVersion, "http://example.com/v1/v1"},
		{"/v1.0", "application/json", toVersion, "http://example.com/v1.0/v1"},
		{"/v1.", "application/json", toVersion, "http://example.com/v1./v1"},
		{"//v1", "application/json", toVersion, "http://example.com/v1/v1"},
		{"/%76%31", "application/json", toVersion, "http://example.com/v1/v1"},
		{"/v1/", "application/json", toToken, ""},
		{"/v1//", "application/json", toToken, ""},
		{"/v1/nowhere", "application/json", toToken, ""},
		{"/v1%2Fprofiles", "application/json", toToken, ""},
		{"//v1/profiles", "application/json", toToken, ""},
		{"/v1.0/profiles", "application/json", toToken, ""},

		{"/v1.1", "application/json", toNoRoute, ""},
		{"/v10/profiles", "application/json", toNoRoute, ""},
		{"/v01/profiles", "application/json", toNoRoute, ""},
		{"/V1/profiles", "application/json", toNoRoute, ""},
		{"/v2/profiles", "application/json", toNoRoute, ""},
		{"/v2/profiles", "-", toNoRoute, ""},
		{"/v2/profiles", "text/html", toNoRoute, ""},
		{"/v2/profiles", "*/*, text/html", toNoRoute, ""},
		{"/v2/profiles", "*/*;q=0.5", toNoRoute, ""},
		{"/v2/profiles", "garbage", toNoRoute, ""},
		{"/v2/profiles", "*/*", toList, "http://example.com/v1"},
		{"/v2/profiles", " */* ;q=1.0", toList, "http://example.com/v1"},
		{"/v2/profiles", "", toList, "http://example.com/v1"},
		{"/profiles", "*/*", toList, "http://example.com/v1"},
		{"/profiles", "application/json", toNoRoute, ""},

		{"/profiles", vendor + "v1", toToken, ""},
		{"/profiles", vendor + "v1.0", toToken, ""},
		{"/profiles", vendor + "v1;q=1", toToken, ""},
		{"/profiles", vendor + "v2", toNoRoute, ""},
		{"/profiles", vendor + "v1, */*", toNoRoute, ""},
		{"/profiles", vendor + "v1;q=0.5", toNoRoute, ""},
		{"/v2/profiles", vendor + "v1", toToken, ""},
		{"/v1", vendor + "v2", toVersion, "http://example.com/v1/v1"},

		{"/clustering", "application/json", toList, "http://example.com/clustering/v1"},
		{"/clustering", "-", toList, "http://example.com/clustering/v1"},
		{"/clustering", vendor + "v1", toVersion, "http://example.com/clustering/v1"},
		{"/clustering/", "application/json", toList, "http://example.com/clustering/v1"},
		{"/clustering/versions", "-", toList, "http://example.com/clustering/v1"},
		{"/clustering/v1", "application/json", toVersion, "http://example.com/clustering/v1/v1"},
		{"/clustering/v1/", "application/json", toToken, ""},
		{"/clustering/v1/profiles", "application/json", toToken, ""},
		{"/clustering/v2", "application/json", toNoRoute, ""},
		{"/clustering/v2", "*/*", toList, "http://example.com/clustering/v1"},
		{"/clustering/clustering/v1", "application/json", toNoRoute, ""},
		{"/clusterings/v1", "application/json", toNoRoute, ""},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.accept, func(t *testing.T) {
			r := ask(http.MethodGet, tt.path, "", "X-Auth-Token", "", "Accept", "")
			if tt.accept != "-" {
				r.Header["Accept"] = []string{tt.accept}
			}
			kind, self := leadsTo(t, h, r)
			require.Equal(t, tt.want, kind)
			require.Equal(t, tt.self, self)
		})
	}
}

// TestMounted shows that calls below the mount point are calls like any other.
func TestMounted(t *testing.T) {
	h := api(t)
	p := created(t, h, "p1")
	w := answer(h, ask(http.MethodGet, "/clustering/v1/profiles/p1", ""))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, p, decoded(t, w)["profile"])

	w = answer(h, ask(http.MethodGet, "/clustering/v1/", ""))
	require.Equal(t, "http://example.com/clustering/v1/v1", selfLink(decoded(t, w)["version"]))
	require.Equal(t, "clustering 1.0", w.Header().Get("OpenStack-API-Version"))
}

func TestVersionDocumentTakesAnyMethod(t *testing.T) {
	h := api(t)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPatch, "BREW"} {
		require.Equal(t, http.StatusMultipleChoices, answer(h, ask(method, "/", "")).Code)
		require.Equal(t, http.StatusMultipleChoices, answer(h, ask(method, "/versions", `{"a":1}`)).Code)
		require.Equal(t, http.StatusOK, answer(h, ask(method, "/v1", `{"a":`)).Code)
	}
}

// TestLeadingSlashes shows that several slashes at the beginning are one.
func TestLeadingSlashes(t *testing.T) {
	h := api(t)
	for _, path := range []string{"//v1", "///v1"} {
		r := ask(http.MethodGet, "/", "")
		r.URL.Path = path
		_, self := leadsTo(t, h, r)
		require.Equal(t, "http://example.com/v1/v1", self, path)
	}
}

func TestBaseURL(t *testing.T) {
	tests := []struct{ host, scheme, want string }{
		{"example.org", "http", "http://example.org/v1"},
		{"example.org:80", "http", "http://example.org/v1"},
		{"example.org:443", "http", "http://example.org:443/v1"},
		{"example.org:443", "https", "https://example.org/v1"},
		{"example.org:80", "https", "https://example.org:80/v1"},
		{"[::1]:8080", "http", "http://[::1]:8080/v1"},
		{"[::1]:80", "http", "http://[::1]/v1"},
	}
	h := api(t)
	for _, tt := range tests {
		r := ask(http.MethodGet, "/", "")
		r.Host = tt.host
		if tt.scheme == "https" {
			r.TLS = &tls.ConnectionState{}
		}
		_, self := leadsTo(t, h, r)
		require.Equal(t, tt.want, self, "%s over %s", tt.host, tt.scheme)
	}
}

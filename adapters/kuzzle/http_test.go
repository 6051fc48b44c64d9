package kuzzle_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core/access"
)

const defaultPolicy = `{"policies":[{"roleId":"default"}]}`

func TestPaths(t *testing.T) {
	g := newGate(t, nil)
	for _, id := range []string{"a%2Fb", "with%20space", "a%252Fb", "a%3Fb", "%C3%A9t%C3%A9", "a+b", "a.b", "..", "a;b", "%2525"} {
		require.Equal(t, http.StatusOK, g.do("POST", "/profiles/"+id+"/_create", defaultPolicy).status, id)
	}
	tests := []struct {
		method, target, id string // id: of the profile, or of the error
		status             int
	}{
		{"GET", "/profiles/a%2Fb", "a/b", 200},
		{"GET", "/profiles/a%2fb", "a/b", 200},
		{"GET", "/profiles/a%252Fb", "a%2Fb", 200},
		{"GET", "/profiles/a%25252Fb", "security.profile.not_found", 404},
		{"GET", "/profiles/%2525", "%25", 200},
		{"GET", "/profiles/with%20space", "with space", 200},
		{"GET", "/profiles/a+b", "a+b", 200},
		{"GET", "/profiles/a%3Fb", "a?b", 200},
		{"GET", "/profiles/été", "été", 200},
		{"GET", "/profiles/..", "..", 200},
		{"GET", "/profiles/a;b", "a;b", 200},
		{"GET", "//profiles//a%2Fb/", "a/b", 200},
		{"GET", "/profiles/admin/", "admin", 200},
		{"GET", "/profiles/admin//", "admin", 200},
		{"GET", "/%70rofiles/admin", "admin", 200},
		{"GET", "/Profiles/admin", "network.http.url_not_found", 404},
		{"GET", "/profiles/*", "api.assert.missing_argument", 400},
		{"GET", "/profiles/%2A", "api.assert.missing_argument", 400},
		{"GET", "/profiles", "network.http.url_not_found", 404},
		{"GET", "/profiles/", "network.http.url_not_found", 404},
		{"GET", "/profiles/_search", "services.storage.search_as_an_id", 400},
		{"GET", "/profiles/_mGet", "security.profile.not_found", 404},
		{"POST", "/profiles/_mGet/_create", "network.http.url_not_found", 404},
		{"POST", "/profiles/%5FmGet/_create", "network.http.url_not_found", 404},
		{"POST", "/profiles/_create", "network.http.url_not_found", 404}, // profiles is a word of POST routes, so no index
		{"GET", "/profiles/_mapping/_rights", "network.http.url_not_found", 404},
		{"GET", "/profiles/_exists", "security.profile.not_found", 404},
		{"GET", "/validations/_list", "network.http.url_not_found", 404},
		{"GET", "/users/_mGet/_rights", "network.http.url_not_found", 404},
		{"PATCH", "/profiles/admin", "network.http.url_not_found", 404},
		{"POST", "/profiles/admin", "network.http.url_not_found", 404},
		{"PURGE", "/profiles/admin", "network.http.unsupported_verb", 400},
		{"GET", "/profiles/admin?controller=server&action=now", "admin", 200},
		{"GET", "/profiles/admin?_id=other", "admin", 200},
		{"GET", "/profiles/*?_id=admin", "admin", 200},
		{"GET", "/forum/_autoRefresh", "api.process.action_not_found", 404},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := g.do(tt.method, tt.target, "")
			require.Equal(t, tt.status, got.status, got.body)
			if tt.status == http.StatusOK {
				require.Equal(t, tt.id, got.json["result"].(map[string]any)["_id"])
				return
			}
			require.Equal(t, tt.id, errorID(got.json), got.body)
		})
	}
}

func TestEnvelopeArguments(t *testing.T) {
	g := newGate(t, nil)
	tests := []struct {
		target, message string
	}{
		{"/_now?body=x", `Attribute body must be of type "object" or "array"`},
		{"/_now?volatile=x", `Attribute volatile must be of type "object"`},
		{"/_now?jwt=a&jwt=b", `Attribute jwt must be of type "string"`},
		{"/_now?requestId=a&requestId=b", `Attribute requestId must be of type "string"`},
	}
	for _, tt := range tests {
		got := g.do("GET", tt.target, "")
		require.Equal(t, http.StatusBadRequest, got.status)
		require.Equal(t, tt.message, got.json["error"].(map[string]any)["message"])
		require.Nil(t, got.json["action"])
		require.NotContains(t, got.json["error"], "id")
	}
	require.Equal(t, "security.token.invalid", errorID(g.do("GET", "/_now?jwt=garbage", "").json))
	require.Equal(t, http.StatusOK, g.do("GET", "/_now?requestId=mine", "").status)
	got := g.do("GET", "/_now?index=forum&collection=posts", "")
	require.Equal(t, "forum", got.json["index"])
	require.Equal(t, "posts", got.json["collection"])
}

func TestTokens(t *testing.T) {
	g := newGate(t, users{"good": {User: "joe", Profiles: []string{"default"}}, "powerless": {User: "sue"}})
	tests := []struct {
		name    string
		headers []string
		status  int
		id      any
	}{
		{"none", nil, 200, nil},
		{"bearer", []string{"Authorization", "Bearer good"}, 200, nil},
		{"any case", []string{"Authorization", "bEARER good"}, 200, nil},
		{"another scheme is ignored", []string{"Authorization", "Basic bad"}, 200, nil},
		{"no good", []string{"Authorization", "Bearer bad"}, 401, "security.token.invalid"},
		{"cookie", []string{"Cookie", "authToken=good"}, 200, nil},
		{"bad cookie", []string{"Cookie", "x=y; authToken=bad"}, 401, "security.token.invalid"},
		{"the cookie null", []string{"Cookie", "authToken=null"}, 200, nil},
		{"both", []string{"Cookie", "authToken=good", "Authorization", "Bearer good"}, 400, "security.token.verification_error"},
		{"no rights", []string{"Authorization", "Bearer powerless"}, 403, "security.rights.forbidden"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := g.do("GET", "/profiles/admin", "", tt.headers...)
			require.Equal(t, tt.status, got.status, got.body)
			require.Equal(t, tt.id, errorID(got.json))
		})
	}
	created := g.do("POST", "/profiles/joes/_create", defaultPolicy, "Authorization", "Bearer good")
	source := created.json["result"].(map[string]any)["_source"].(map[string]any)
	require.Equal(t, "joe", source["_kuzzle_info"].(map[string]any)["author"])

	me := g.do("GET", "/_me", "", "Authorization", "Bearer good").json["result"].(map[string]any)
	require.Equal(t, "joe", me["_id"])
	valid := g.do("POST", "/_checkToken", `{"token":"good"}`).json["result"].(map[string]any)
	require.Equal(t, "joe", valid["kuid"])
	require.Equal(t, access.AnonymousUser, g.do("GET", "/_me", "").json["result"].(map[string]any)["_id"])
}

func TestBodies(t *testing.T) {
	g := newGate(t, nil)
	tests := []struct {
		name, body string
		headers    []string
		status     int
		id         any
	}{
		{"no content type", defaultPolicy, nil, 200, nil},
		{"charset", defaultPolicy, []string{"Content-Type", "application/json;charset=UTF-8"}, 200, nil},
		{"another charset", defaultPolicy, []string{"Content-Type", "application/json; Charset=latin1"}, 400, "network.http.unsupported_charset"},
		{"another type", defaultPolicy, []string{"Content-Type", "text/html"}, 400, "network.http.unsupported_content"},
		{"the type's case matters", defaultPolicy, []string{"Content-Type", "Application/JSON"}, 400, "network.http.unsupported_content"},
		{"no JSON", `{"policies":`, nil, 400, "network.http.body_parse_failed"},
		{"two values", `{} {}`, nil, 400, "network.http.body_parse_failed"},
		{"too deep", strings.Repeat("[", 100000), nil, 400, "network.http.body_parse_failed"},
		{"nothing to JavaScript", `false`, nil, 400, "api.assert.body_required"},
		{"an array", `[1]`, nil, 400, "api.assert.missing_argument"},
		{"true", `true`, nil, 400, nil},
		{"too large", strings.Repeat(" ", 1<<20) + defaultPolicy, nil, 413, "network.http.request_too_large"},
		{"a form", "policies=default", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "api.assert.invalid_type"},
		{"an empty form", "", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "api.assert.body_required"},
		{
			"a form with files", "--x\r\nContent-Disposition: form-data; name=\"policies\"; filename=\"f\"\r\n\r\nabc\r\n--x--\r\n",
			[]string{"Content-Type", "multipart/form-data; boundary=x"},
			400, "api.assert.invalid_type",
		},
		{"a cut form", "--x\r\nContent-Disposition: form-data; name=\"policies\"\r\n\r\nab", []string{"Content-Type", "multipart/form-data; boundary=x"}, 400, "network.http.unexpected_error"},
		{"a form without boundary", "--x", []string{"Content-Type", "multipart/form-data"}, 400, "api.assert.missing_argument"},
		{"gzip", zipped(t, defaultPolicy), []string{"Content-Encoding", "gzip"}, 200, nil},
		{"deflate, and gzip about it", zipped(t, deflated(t, defaultPolicy)), []string{"Content-Encoding", "deflate, gzip"}, 200, nil},
		{"a bomb", zipped(t, strings.Repeat(" ", 2<<20)), []string{"Content-Encoding", "gzip"}, 413, "network.http.request_too_large"},
		{"no gzip", defaultPolicy, []string{"Content-Encoding", "gzip"}, 400, "network.http.unexpected_error"},
		{"cut gzip", zipped(t, defaultPolicy)[:20], []string{"Content-Encoding", "gzip"}, 400, "network.http.unexpected_error"},
		{"brotli", defaultPolicy, []string{"Content-Encoding", "br"}, 400, "network.http.unsupported_compression"},
		{"layers", defaultPolicy, []string{"Content-Encoding", "gzip,gzip,gzip,gzip"}, 400, "network.http.too_many_encodings"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := g.do("POST", "/profiles/"+strings.ReplaceAll(tt.name, " ", "")+"/_create", tt.body, tt.headers...)
			require.Equal(t, tt.status, got.status, got.body)
			require.Equal(t, tt.id, errorID(got.json), got.body)
		})
	}
	require.Contains(t, g.do("POST", "/_search", strings.Repeat("é", 60)).body, `[`+`"`+strings.Repeat("é", 50)+`"`+`]`)
}

// broken is a body that ends before it should.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("i/o timeout on 10.1.2.3") }

func TestBodyThatCannotBeRead(t *testing.T) {
	g := newGate(t, nil)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/profiles/p/_create", broken{}))
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, "network.http.unexpected_error", errorID(decode(t, w.Body.Bytes())))
	require.NotContains(t, w.Body.String(), "10.1.2.3")
}

func TestAnswers(t *testing.T) {
	g := newGate(t, nil)
	plain := g.do("GET", "/profiles/admin", "", "X-Kuzzle-Request-Id", "abc")
	require.Equal(t, "abc", plain.header.Get("X-Kuzzle-Request-Id"))
	require.Equal(t, "identity", plain.header.Get("Content-Encoding"))
	require.True(t, strings.HasPrefix(plain.body, `{"action":"getProfile","controller":"security","error":null,"headers":{},"requestId":"abc",`+
		`"result":{"_id":"admin","_source":{"policies":[{"roleId":"admin"}],"rateLimit":0,"_kuzzle_info":{"author":null,"createdAt":`), plain.body)
	require.True(t, strings.HasSuffix(plain.body, `"updater":null}}},"status":200,"volatile":null}`), plain.body)
	require.Empty(t, plain.header.Get("X-Profilegate-Revision"), "nothing was written")

	pretty := g.do("GET", "/profiles/admin?pretty", "", "X-Kuzzle-Request-Id", "abc")
	require.Equal(t, plain.json, pretty.json)
	require.True(t, strings.HasPrefix(pretty.body, "{\n  \"action\": \"getProfile\",\n"), pretty.body)
	require.Contains(t, pretty.body, `"headers": {},`)

	packed := g.do("GET", "/profiles/admin", "", "X-Kuzzle-Request-Id", "abc", "Accept-Encoding", "deflate;q=0.5, gzip;q=0.8")
	require.Equal(t, "gzip", packed.header.Get("Content-Encoding"))
	in, err := gzip.NewReader(strings.NewReader(packed.body))
	require.NoError(t, err)
	require.Equal(t, plain.body, readAll(t, in))
	packed = g.do("GET", "/profiles/admin", "", "X-Kuzzle-Request-Id", "abc", "Accept-Encoding", "deflate, br")
	require.Equal(t, "deflate", packed.header.Get("Content-Encoding"))
	deflate, err := zlib.NewReader(strings.NewReader(packed.body))
	require.NoError(t, err)
	require.Equal(t, plain.body, readAll(t, deflate))

	created := g.do("POST", "/profiles/p/_create", defaultPolicy)
	require.Regexp(t, "^2-[0-9a-f]{16}$", created.header.Get("X-Profilegate-Revision"), "the seeding was the first commit")
	require.Empty(t, created.header.Get("X-Profilegate-Unconfirmed"))

	quotes := g.do("POST", `/profiles/%3Cb%3E%22/_create`, `{"policies":[{"roleId":"default"}],"n":1.0,"big":12345678901234567890,"html":"<&>"}`)
	require.Contains(t, quotes.body, `"_id":"<b>\"","_source":{"policies":[{"roleId":"default"}],"n":1,"big":12345678901234567000,"html":"<&>","rateLimit":0,`)
}

func TestBareErrorsHaveFewHeaders(t *testing.T) {
	g := newGate(t, nil)
	got := g.do("POST", "/profiles/p/_create", "x", "Origin", "http://site.example")
	require.Equal(t, "http://site.example", got.header.Get("Access-Control-Allow-Origin"))
	for _, name := range []string{"X-Kuzzle-Request-Id", "Accept-Encoding", "Access-Control-Allow-Credentials", "Content-Encoding"} {
		require.NotContains(t, got.header, name)
	}
	require.ElementsMatch(t, []string{"code", "id", "message", "props", "status"}, keys(got.json))
}

func TestServer(t *testing.T) {
	g := newGate(t, nil)
	api := g.do("GET", "/_publicApi", "").json["result"].(map[string]any)
	create := api["security"].(map[string]any)["createProfile"].(map[string]any)
	require.Equal(t, map[string]any{
		"action": "createProfile", "controller": "security",
		"http": []any{map[string]any{"path": "/profiles/:_id/_create", "url": "/profiles/:_id/_create", "verb": "POST"}},
	}, create)
	require.NotContains(t, api, "document", "not served")
	info := g.do("GET", "/", "").json["result"].(map[string]any)["serverInfo"].(map[string]any)["kuzzle"].(map[string]any)
	require.Equal(t, api, info["api"].(map[string]any)["routes"])
	require.Equal(t, false, g.do("GET", "/_adminExists", "").json["result"].(map[string]any)["exists"])
	health := g.do("GET", "/_healthCheck?services=storageEngine", "").json["result"].(map[string]any)
	require.Equal(t, map[string]any{"storageEngine": "green"}, health["services"])
	require.Equal(t, http.StatusOK, g.do("GET", "/_ready", "").status)
}

// TestOverTheWire runs what only a real server shows: HEAD without a body, OPTIONS *, kept connections, a length that is told.
func TestOverTheWire(t *testing.T) {
	g := newGate(t, nil)
	server := httptest.NewUnstartedServer(g)
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	defer server.Close()
	for _, tt := range []struct {
		method, path string
		status       int
		empty        bool
	}{
		{"HEAD", "/", 200, true},
		{"HEAD", "/profiles/admin", 404, true},
		{"GET", "/_publicApi", 200, false},
		{"OPTIONS", "*", 200, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL, http.NoBody)
		require.NoError(t, err)
		r.URL.Opaque = tt.path
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		body := readAll(t, resp.Body)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, tt.status, resp.StatusCode, "%s %s", tt.method, tt.path)
		require.Equal(t, tt.empty, body == "", body)
		require.False(t, resp.Close)
	}
}

func TestTenantIsAsked(t *testing.T) {
	api := kuzzle.New(kuzzle.Options{Authenticator: users(nil)})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/profiles/admin", http.NoBody))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "core.fatal.unexpected_error", errorID(decode(t, w.Body.Bytes())))
	require.NotContains(t, w.Body.String(), "tenant")
}

func zipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, s)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func deflated(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := io.WriteString(w, s)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(data)
}

func keys(m map[string]any) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	return ks
}

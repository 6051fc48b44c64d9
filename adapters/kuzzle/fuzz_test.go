package kuzzle_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
)

// FuzzMessage: whatever comes as a message, the answer is one envelope, and never an internal error.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"controller":"security","action":"createProfile","_id":"p","body":{"policies":[{"roleId":"default","restrictedTo":[{"index":"i","collections":["c"]}]}]},"strict":true,"refresh":false}`,
		`{"controller":"security","action":"createRole","_id":"r","body":{"controllers":{"*":{"actions":{"*":true}}}}}`,
		`{"controller":"security","action":"searchProfiles","body":{"roles":["admin"]},"from":1,"size":2}`,
		`{"controller":"index","action":"create","index":"i"}`, `{"controller":"collection","action":"create","index":"i","collection":"c"}`,
		`{"controller":"auth","action":"checkToken","body":{"token":"x"},"jwt":null,"volatile":{"sdkName":"js@7"},"requestId":"r"}`,
		`{"targets":[{}],"index":1}`, `[]`, `null`, `{"p":1}`, `{`, `{"body":"\ud800"}`, "\xff",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, payload []byte, webSocket bool) {
		g := newGate(t, nil)
		s := &kuzzle.Session{Protocol: kuzzle.ProtocolMQTT}
		if webSocket {
			s.Protocol = kuzzle.ProtocolWebSocket
		}
		reply, later := g.api.Message(g.context(), s, payload)
		if later != nil {
			reply = later(g.context())
		}
		if reply == nil {
			require.True(t, webSocket)
			return
		}
		requireEnvelope(t, reply)
	})
}

// FuzzTarget: whatever comes as a path and a query string, under whatever verb.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/profiles/a%2Fb", "//profiles///x/", "/profiles/*/_rights", "/%70rofiles/admin?pretty&strict=1&strict=2", "/forum/_exists?index=x", "/",
		"/profiles/admin?jwt=x&body=1&volatile=2&controller=server&action=now&requestId=a", "/a/b/c/d/e", "/%2f", "/profiles/%ff?%ff=%ff", "/profiles/:_id",
		"/_list?countCollection", "/_healthCheck?services=a,b", "/profiles/..%2f..", "?", "/;/;",
	} {
		f.Add("GET", seed)
		f.Add("POST", seed)
	}
	f.Fuzz(func(t *testing.T, method, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" {
			t.Skip("net/http answers this itself")
		}
		g := newGate(t, nil)
		r := (&http.Request{Method: method, URL: u, Header: http.Header{}, Body: http.NoBody}).WithContext(t.Context())
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		requireEnvelope(t, w.Body.Bytes())
	})
}

// FuzzBody: whatever comes as a body, under whatever type and encoding.
func FuzzBody(f *testing.F) {
	for _, seed := range [][3]string{
		{"", "", defaultPolicy},
		{"application/json; charset=utf-8", "identity", `{"policies":[{"roleId":"default","restrictedTo":[null]}],"rateLimit":1e400}`},
		{"application/x-www-form-urlencoded", "", "policies=a&policies=b"},
		{"multipart/form-data; boundary=x", "", "--x\r\nContent-Disposition: form-data; name=\"policies\"; filename=\"f\"\r\n\r\nabc\r\n--x--\r\n"},
		{"", "gzip", zipped(f, defaultPolicy)},
		{"", "gzip, deflate", deflated(f, zipped(f, defaultPolicy))},
		{"text/plain", "br", "x"},
		{"charset=", ",", "{"},
		{"", "", "[[[["},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, contentType, encoding, body string) {
		g := newGate(t, nil)
		for _, target := range []string{"/profiles/p/_create?refresh=false", "/_query", "/profiles/_search"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
			r.Header["Content-Type"], r.Header["Content-Encoding"] = []string{contentType}, []string{encoding}
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			require.Less(t, w.Code, http.StatusInternalServerError, "%s", w.Body)
			require.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
		}
	})
}

func requireEnvelope(t *testing.T, data []byte) {
	t.Helper()
	got := decode(t, data)
	for _, key := range []string{"action", "controller", "error", "headers", "requestId", "status", "volatile"} {
		require.Contains(t, got, key, "%s", data)
	}
	status, err := got["status"].(json.Number).Int64()
	require.NoError(t, err)
	require.Less(t, status, int64(http.StatusInternalServerError), "%s", data)
}

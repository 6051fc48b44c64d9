package kuzzle_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSearchProfiles(t *testing.T) {
	g := newGate(t, nil)
	for id, body := range map[string]string{
		"p1": defaultPolicy, "p2": `{"policies":[{"roleId":"admin"}]}`, "p3": `{"policies":[{"roleId":"admin"},{"roleId":"default"},{"roleId":"admin"}]}`,
	} {
		require.Equal(t, http.StatusOK, g.do("POST", "/profiles/"+id+"/_create", body).status)
	}
	tests := []struct {
		query, body string
		ids         []string
		total       string
	}{
		{"", "", []string{"admin", "anonymous", "default", "p1", "p2", "p3"}, "6"},
		{"?from=1&size=2", "{}", []string{"anonymous", "default"}, "6"},
		{"?size=0", "{}", []string{}, "6"},
		{"?from=5&size=5", "", []string{"p3"}, "6"},
		{"?from=7&size=5", "", []string{}, "6"},
		{"", `{"query":{"match_all":{}}}`, []string{"admin", "anonymous", "default", "p1", "p2", "p3"}, "6"},
		{"?lang=koncorde&size=1", `{"query":{}}`, []string{"admin"}, "6"},
		{"", `{"roles":["admin"]}`, []string{"admin", "p2", "p3"}, "3"},
		{"?size=2&from=1", `{"roles":["admin","default"]}`, []string{"default", "p1"}, "5"},
		{"", `{"roles":["nobody"]}`, []string{}, "0"},
		{"", `{"roles":[5,true]}`, []string{}, "0"},
	}
	for _, tt := range tests {
		t.Run(tt.query+tt.body, func(t *testing.T) {
			got := g.do("POST", "/profiles/_search"+tt.query, tt.body)
			require.Equal(t, http.StatusOK, got.status, got.body)
			result := got.json["result"].(map[string]any)
			ids := []string{}
			for _, hit := range result["hits"].([]any) {
				ids = append(ids, hit.(map[string]any)["_id"].(string))
			}
			require.Equal(t, tt.ids, ids)
			require.EqualValues(t, tt.total, result["total"])
		})
	}
}

// TestSearchesThatAreRefused holds that no filter is ever passed over in silence.
func TestSearchesThatAreRefused(t *testing.T) {
	g := newGate(t, nil)
	tests := []struct {
		query, body, id string
		status          int
	}{
		{"?size=10001", "", "services.storage.get_limit_exceeded", 413},
		{"?from=1", "", "services.storage.unexpected_bad_request", 400},
		{"?from=-1&size=1", "", "services.storage.unexpected_bad_request", 400},
		{"?size=-1", "", "services.storage.unexpected_bad_request", 400},
		{"?from=9007199254740991&size=1", "", "services.storage.unexpected_bad_request", 400},
		{"?scroll=1m&scroll=2m", "", "api.assert.invalid_type", 400},
		{"?lang=sql", "", "api.assert.invalid_argument", 400},
		{"", `{"query":{"fuzzy":{"tags":"x"}}}`, "services.storage.unexpected_bad_request", 400},
		{"", `{"query":"x"}`, "api.assert.invalid_type", 400},
		{"", `{"roles":[null]}`, "services.storage.unexpected_bad_request", 400},
		{"", `{"roles":null}`, "services.storage.invalid_search_query", 400},
		{"", `{"roles":{}}`, "api.assert.invalid_type", 400},
		{"", `[1]`, "services.storage.invalid_search_query", 400},
		{"", `{"foo":1}`, "services.storage.invalid_search_query", 400},
	}
	for _, tt := range tests {
		t.Run(tt.query+tt.body, func(t *testing.T) {
			got := g.do("POST", "/profiles/_search"+tt.query, tt.body)
			require.Equal(t, tt.status, got.status, got.body)
			require.Equal(t, tt.id, errorID(got.json), got.body)
		})
	}
}

func TestSeveralAtOnce(t *testing.T) {
	g := newGate(t, nil)
	for _, kind := range []string{"profiles", "roles"} {
		got := g.do("POST", "/"+kind+"/_mGet", `{"ids":["default","admin","default"]}`)
		hits := got.json["result"].(map[string]any)["hits"].([]any)
		require.Len(t, hits, 3)
		require.Equal(t, hits[0], hits[2])
		require.Equal(t, "admin", hits[1].(map[string]any)["_id"])
		require.NotContains(t, got.json["result"], "total")
		require.JSONEq(t, `{"hits":[]}`, result(g.do("POST", "/"+kind+"/_mGet", `{"ids":[]}`)))
		require.Equal(t, http.StatusNotFound, g.do("POST", "/"+kind+"/_mGet", `{"ids":["admin","nope"]}`).status)
		require.Equal(t, "api.assert.invalid_type", errorID(g.do("POST", "/"+kind+"/_mGet", `{"ids":["admin",5]}`).json))
	}
}

func TestCatalog(t *testing.T) {
	g := newGate(t, nil)
	for _, path := range []string{"/shop/a", "/shop/b", "/shop/c", "/forum/x"} {
		require.Equal(t, http.StatusOK, g.do("PUT", path, "").status)
	}
	require.JSONEq(t, `{"indexes":["shop","forum"],"collections":{"forum":1,"shop":3}}`, result(g.do("GET", "/_list?countCollection", "")))
	require.JSONEq(t, `{"collections":[{"name":"b","type":"stored"}],"type":"stored","from":1,"size":1}`,
		result(g.do("GET", "/shop/_list?from=1&size=1&type=stored", "")))
	require.JSONEq(t, `{"collections":[],"type":"realtime"}`, result(g.do("GET", "/shop/_list?type=realtime", "")))
	require.Equal(t, "api.assert.invalid_argument", errorID(g.do("GET", "/shop/_list?type=other", "").json))
	require.Equal(t, "true", result(g.do("GET", "/shop/b/_exists", "")))
	require.Equal(t, "services.storage.invalid_collection_name", errorID(g.do("PUT", "/shop/B", "").json))
	require.NotContains(t, g.do("POST", "/new/_create", "").json, "result")
	require.NotEmpty(t, g.do("POST", "/newer/_create", "").header.Get("X-Profilegate-Revision"))
}

// result is the result of an answer, as it was written.
func result(x exchange) string {
	_, rest, _ := strings.Cut(x.body, `"result":`)
	text, _, _ := strings.Cut(rest, `,"status":`)
	return text
}

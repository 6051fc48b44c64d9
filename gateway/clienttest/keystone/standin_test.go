//go:build openstack && linux

package keystone

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// question is asked of both clouds.
type question struct {
	name string
	ask  func(*testing.T, *cloud) answer
}

// questions are about all that the gateway asks of Keystone, and about what the stand-in's users set up by.
func questions() []question {
	about := func(method, query string, asks, subject func(*testing.T, *cloud) string) func(*testing.T, *cloud) answer {
		return func(t *testing.T, c *cloud) answer {
			header := http.Header{}
			if asks != nil {
				header["X-Auth-Token"] = []string{asks(t, c)}
			}
			if subject != nil {
				header["X-Subject-Token"] = []string{subject(t, c)}
			}
			return call(t, method, c.url+"/v3/auth/tokens"+query, header, nil)
		}
	}
	of := func(a account) func(*testing.T, *cloud) string {
		return func(t *testing.T, c *cloud) string { return c.login(t, a).id }
	}
	nonsense := func(*testing.T, *cloud) string { return "gAAAAABnonsense" }
	revoked := func(t *testing.T, c *cloud) string {
		subject := c.login(t, demo)
		c.revoke(t, c.login(t, boss), subject)
		return subject.id
	}
	logsIn := func(a account, password string) func(*testing.T, *cloud) answer {
		return func(t *testing.T, c *cloud) answer { return c.authenticate(t, a, password) }
	}
	get := func(path string) func(*testing.T, *cloud) answer {
		return func(t *testing.T, c *cloud) answer { return call(t, http.MethodGet, c.url+path, nil, nil) }
	}
	own := func(t *testing.T, c *cloud) answer {
		id := c.login(t, demo).id
		return call(t, http.MethodGet, c.url+"/v3/auth/tokens", http.Header{"X-Auth-Token": {id}, "X-Subject-Token": {id}}, nil)
	}
	return []question{
		{"the versions", get("/")},
		{"the version", get("/v3")},
		{"the version, with a slash", get("/v3/")},
		{"a good password", logsIn(demo, password)},
		{"a good password, for no project", logsIn(account{user: demo.user}, password)},
		{"a wrong password", logsIn(demo, "wrong")},
		{"a user that is not there", logsIn(account{user: "nobody"}, password)},
		{"a project that is not there", logsIn(account{demo.user, "nowhere", ""}, password)},
		{"a project of others", logsIn(account{demo.user, other.project, ""}, password)},
		{"a member's token, asked by the service", about(http.MethodGet, "", of(service), of(demo))},
		{"the same without the catalog", about(http.MethodGet, "?nocatalog", of(service), of(demo))},
		{"a token for no project", about(http.MethodGet, "?nocatalog", of(service), of(account{user: demo.user}))},
		{"a token that is none", about(http.MethodGet, "?nocatalog", of(service), nonsense)},
		{"a revoked token", about(http.MethodGet, "?nocatalog", of(service), revoked)},
		{"no token", about(http.MethodGet, "?nocatalog", of(service), nil)},
		{"asked with a token that is none", about(http.MethodGet, "?nocatalog", nonsense, of(demo))},
		{"asked with a revoked token", about(http.MethodGet, "?nocatalog", revoked, of(demo))},
		{"asked without a token", about(http.MethodGet, "?nocatalog", nil, of(demo))},
		{"asked by a member about another", about(http.MethodGet, "?nocatalog", of(other), of(demo))},
		{"asked by a member about its own", own},
		{"revoked by an administrator", about(http.MethodDelete, "", of(boss), of(demo))},
		{"revoked by the service", about(http.MethodDelete, "", of(service), of(demo))},
		{"revoking what is none", about(http.MethodDelete, "", of(boss), nonsense)},
	}
}

// sameAnswers asks both clouds the same: what a client reads must be of the same form, and errors the same to the letter.
func sameAnswers(t *testing.T, real, standIn *cloud) {
	for _, q := range questions() {
		t.Run(q.name, func(t *testing.T) {
			want, got := q.ask(t, real), q.ask(t, standIn)
			require.Equal(t, want.status, got.status, "%s\n%s", want.body, got.body)
			require.Equal(t, want.header.Get("Content-Type"), got.header.Get("Content-Type"))
			for _, name := range []string{"X-Subject-Token", "Vary", "X-Openstack-Request-Id", "Www-Authenticate", "Location"} {
				require.Equal(t, want.header.Get(name) != "", got.header.Get(name) != "", name)
			}
			if want.status >= http.StatusBadRequest {
				require.JSONEq(t, string(want.body), string(got.body))
				return
			}
			require.Equal(t, form(t, want.body), form(t, got.body), "%s\n%s", want.body, got.body)
		})
	}
}

// form is a JSON document with the kinds of its values for the values, and of every list the first item.
func form(t *testing.T, text []byte) any {
	if len(text) == 0 {
		return nil
	}
	var value any
	require.NoError(t, json.Unmarshal(text, &value), "%s", text)
	return formOf(value)
}

func formOf(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = formOf(v[key])
		}
		return v
	case []any:
		if len(v) == 0 {
			return "empty"
		}
		return []any{formOf(v[0])}
	case string:
		return "text"
	default:
		return v
	}
}

package keystone

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/keystone/keystonetest"
)

// Everybody's password, and the domain of all.
const (
	password   = "a-password-of-24-letters"
	domainName = "Default"
)

// account is a user of the cloud and the project that it works in; empty: none.
type account struct{ user, project, role string }

// The accounts of every cloud. The service is the gateway's own.
var (
	service = account{"profilegate", "service", "service"}
	demo    = account{"demo", "demo", "member"}
	other   = account{"other", "other", "member"}
	boss    = account{"boss", "demo", "admin"}
)

var accounts = []account{service, demo, other, boss}

// cloud is an identity service with these accounts.
type cloud struct {
	url  string
	stop func() // end it, as an outage does
}

// startStandIn starts the stand-in.
func startStandIn(t *testing.T) *cloud {
	s := keystonetest.Start(keystonetest.Options{})
	t.Cleanup(s.Close)
	projects := map[string]keystonetest.Project{}
	for _, a := range accounts {
		p, ok := projects[a.project]
		if !ok {
			p = s.AddProject(a.project)
			projects[a.project] = p
		}
		s.Grant(s.AddUser(a.user, password), p, a.role)
	}
	return &cloud{url: s.URL(), stop: func() { s.Ail(keystonetest.Trouble{Cut: true}) }}
}

// token is what the cloud knows of one that it issued.
type token struct {
	id   string
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Project struct {
		ID string `json:"id"`
	} `json:"project"`
}

// login authenticates by password, as every client does.
func (c *cloud) login(t *testing.T, a account) token {
	t.Helper()
	answer := c.authenticate(t, a, password)
	require.Equal(t, http.StatusCreated, answer.status, "%s", answer.body)
	var told struct{ Token token }
	answer.decode(t, &told)
	told.Token.id = answer.header.Get("X-Subject-Token")
	require.NotEmpty(t, told.Token.id)
	return told.Token
}

func (c *cloud) authenticate(t *testing.T, a account, password string) answer {
	t.Helper()
	in := func(name string) map[string]any {
		return map[string]any{"name": name, "domain": map[string]any{"name": domainName}}
	}
	user := in(a.user)
	user["password"] = password
	auth := map[string]any{"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": user}}}
	if a.project != "" {
		auth["scope"] = map[string]any{"project": in(a.project)}
	}
	return call(t, http.MethodPost, c.url+"/v3/auth/tokens", nil, map[string]any{"auth": auth})
}

// revoke makes a token bad.
func (c *cloud) revoke(t *testing.T, by, subject token) {
	t.Helper()
	answer := call(t, http.MethodDelete, c.url+"/v3/auth/tokens", http.Header{"X-Auth-Token": {by.id}, "X-Subject-Token": {subject.id}}, nil)
	require.Equal(t, http.StatusNoContent, answer.status, "%s", answer.body)
}

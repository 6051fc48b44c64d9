package keystone_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/keystone"
	"github.com/profilegate/profilegate/adapters/keystone/keystonetest"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// clock is one that tests move. Keystone and its askers share it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// cloud is a Keystone with a service user and a user "demo", who is a member of the project "demo".
type cloud struct {
	*keystonetest.Server
	clock   *clock
	service keystonetest.User
	demo    keystonetest.User
	project keystonetest.Project
}

func startCloud(t *testing.T) *cloud {
	c := &cloud{clock: newClock()}
	c.Server = keystonetest.Start(keystonetest.Options{Now: c.clock.Now})
	t.Cleanup(c.Close)
	c.service = c.AddService("gate", "gate-password")
	c.demo, c.project = c.AddUser("demo", "demo-password"), c.AddProject("demo")
	c.Grant(c.demo, c.project, "member", "reader")
	return c
}

func (c *cloud) options() keystone.Options {
	return keystone.Options{
		AuthURL: c.URL(), Username: "gate", Password: "gate-password", UserDomain: "Default", Project: "service", ProjectDomain: "Default",
		Now: c.clock.Now, Timeout: 30 * time.Second,
	}
}

func (c *cloud) token() string { return c.Issue(c.demo, c.project) }

func (c *cloud) demoActor() access.Actor {
	return access.Actor{User: c.demo.ID, Project: c.project.ID, Roles: []string{"member", "reader"}}
}

func authenticator(t *testing.T, o keystone.Options) *keystone.Authenticator {
	a, err := keystone.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// good holds a token to be the demo user's.
func (c *cloud) good(t *testing.T, a *keystone.Authenticator, token string) {
	t.Helper()
	got, err := a.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, c.demoActor(), got)
}

// refused holds a token to be no good.
func refused(t *testing.T, a *keystone.Authenticator, token string) {
	t.Helper()
	_, err := a.Authenticate(t.Context(), token)
	require.True(t, fault.HasCode(err, fault.CodeTokenInvalid), "%v", err)
	require.Equal(t, fault.Unauthenticated, fault.KindOf(err))
}

// unanswered holds a token to be one about which Keystone cannot tell.
func unanswered(t *testing.T, a *keystone.Authenticator, token string) {
	t.Helper()
	_, err := a.Authenticate(t.Context(), token)
	require.True(t, fault.HasCode(err, fault.CodeIdentityUnavailable), "%v", err)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, "The Keystone service is temporarily unavailable.", fault.As(err).Message)
}

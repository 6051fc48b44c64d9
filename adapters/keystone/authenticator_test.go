package keystone_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/keystone"
	"github.com/profilegate/profilegate/adapters/keystone/keystonetest"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

func TestWhoseTokenItIs(t *testing.T) {
	c := startCloud(t)
	boss := c.AddUser("boss", "p")
	c.Grant(boss, c.project, "admin")
	c.Grant(boss, keystonetest.Project{}, "admin")
	a := authenticator(t, c.options())
	cases := map[string]struct {
		token string
		want  access.Actor
	}{
		"a project's":   {c.token(), c.demoActor()},
		"an admin's":    {c.Issue(boss, c.project), access.Actor{User: boss.ID, Project: c.project.ID, Roles: []string{"admin"}}},
		"a domain's":    {c.IssueForDomain(boss), access.Actor{User: boss.ID, Domain: keystonetest.DomainID, Roles: []string{"admin"}}},
		"nobody's":      {c.Issue(boss, keystonetest.Project{}), access.Actor{User: boss.ID}},
		"within spaces": {" \t" + c.token() + " ", c.demoActor()},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := a.Authenticate(t.Context(), tt.token)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want.User == boss.ID && len(tt.want.Roles) > 0, got.IsAdmin())
		})
	}
}

func TestWhatIsNoToken(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	for _, token := range []string{"", "   ", "a\nb", "a\x00b", "a\x7f"} {
		refused(t, a, token)
	}
	require.Zero(t, c.Count(), "Keystone need not be asked")
	for _, token := range []string{"nonsense", "gAAAAAB", "ä", strings.Repeat("x", 4096)} {
		refused(t, a, token)
	}
}

func TestAnswersAreKept(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	token := c.token()
	for range 3 {
		c.good(t, a, token)
	}
	require.Equal(t, keystonetest.Counters{Authentications: 1, Validations: 1}, c.Count())
	c.clock.pass(keystone.DefaultCacheTTL - time.Second)
	c.good(t, a, token)
	require.Equal(t, 1, c.Count().Validations)
	c.clock.pass(time.Second)
	c.good(t, a, token)
	require.Equal(t, 2, c.Count().Validations)
}

func TestRevokedTokensAreRefusedInTime(t *testing.T) {
	for name, revoke := range map[string]func(*cloud, string){
		"revoked":  func(c *cloud, token string) { c.Revoke(token) },
		"disabled": func(c *cloud, _ string) { c.Disable(c.demo) },
	} {
		t.Run(name, func(t *testing.T) {
			c := startCloud(t)
			o := c.options()
			o.CacheTTL = time.Minute
			a := authenticator(t, o)
			token := c.token()
			c.good(t, a, token)
			revoke(c, token)
			c.clock.pass(time.Minute - time.Nanosecond)
			c.good(t, a, token)
			c.clock.pass(time.Nanosecond)
			refused(t, a, token)
		})
	}
}

// TestAnAnswerIsAsOldAsItsQuestion: the time that Keystone took counts against the answer.
func TestAnAnswerIsAsOldAsItsQuestion(t *testing.T) {
	c := startCloud(t)
	o := c.options()
	o.CacheTTL = time.Minute
	a := authenticator(t, o)
	c.good(t, a, c.token()) // the service has its own token now
	token, hold := c.token(), make(chan struct{})
	c.Ail(keystonetest.Trouble{Hold: hold})
	done := make(chan error, 1)
	go func() {
		_, err := a.Authenticate(context.Background(), token)
		done <- err
	}()
	waitFor(t, func() bool { return c.Count().Validations == 2 })
	c.clock.pass(40 * time.Second)
	close(hold)
	require.NoError(t, <-done)
	c.Ail(keystonetest.Trouble{})
	c.Revoke(token)
	c.clock.pass(20 * time.Second)
	refused(t, a, token)
}

func TestNoAnswerOutlivesItsToken(t *testing.T) {
	c := startCloud(t)
	o := c.options()
	o.CacheTTL = 24 * time.Hour
	a := authenticator(t, o)
	token := c.token()
	c.good(t, a, token)
	c.clock.pass(time.Hour - time.Second)
	c.good(t, a, token)
	require.Equal(t, 1, c.Count().Validations)
	c.clock.pass(time.Second)
	refused(t, a, token)
}

func TestRefusalsCountForSecondsOnly(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	refused(t, a, "nonsense")
	refused(t, a, "nonsense")
	require.Equal(t, 1, c.Count().Validations)
	c.clock.pass(3 * time.Second)
	refused(t, a, "nonsense")
	require.Equal(t, 2, c.Count().Validations)
}

func TestTheServiceAuthenticatesAgain(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	c.good(t, a, c.token())
	c.clock.pass(2 * time.Hour) // its own token has expired
	c.good(t, a, c.token())
	require.Equal(t, 2, c.Count().Authentications)
	c.RevokeOf(c.service)
	refused(t, a, "nonsense") // told of the token, not of the service's own
	c.good(t, a, c.token())
	require.Equal(t, 3, c.Count().Authentications)
}

func TestKeystoneCannotTell(t *testing.T) {
	cases := map[string]func(*cloud, *keystone.Options){
		"it is down":     func(c *cloud, o *keystone.Options) { c.Ail(keystonetest.Trouble{Cut: true}) },
		"nobody listens": func(_ *cloud, o *keystone.Options) { o.AuthURL = "http://127.0.0.1:1" },
		"it fails": func(c *cloud, o *keystone.Options) {
			c.Ail(keystonetest.Trouble{Status: http.StatusInternalServerError})
		},
		"it is being served elsewhere": func(c *cloud, o *keystone.Options) {
			c.Ail(keystonetest.Trouble{Status: http.StatusServiceUnavailable})
		},
		"it wants patience": func(c *cloud, o *keystone.Options) { c.Ail(keystonetest.Trouble{Status: http.StatusTooManyRequests}) },
		"it answers with a page": func(c *cloud, o *keystone.Options) {
			c.Ail(keystonetest.Trouble{Status: http.StatusOK, Body: "<html>"})
		},
		"the URL is another's":  func(c *cloud, o *keystone.Options) { o.AuthURL += "/elsewhere" },
		"the password is wrong": func(_ *cloud, o *keystone.Options) { o.Password = "wrong" },
		"the service has no such role": func(c *cloud, o *keystone.Options) {
			o.Username, o.Password, o.Project = "demo", "demo-password", "demo"
		},
		"it does not answer in time": func(c *cloud, o *keystone.Options) {
			c.Ail(keystonetest.Trouble{Hold: make(chan struct{})})
			o.Timeout = 50 * time.Millisecond
		},
		"it sends its clients elsewhere": func(c *cloud, o *keystone.Options) {
			c.Ail(keystonetest.Trouble{Status: http.StatusTemporaryRedirect, Headers: http.Header{"Location": {c.URL() + "/v3"}}})
		},
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			c := startCloud(t)
			o := c.options()
			spoil(c, &o)
			a := authenticator(t, o)
			token := c.token()
			unanswered(t, a, token)
			c.Ail(keystonetest.Trouble{})
			if strings.HasPrefix(name, "it ") && o.Timeout > time.Second {
				c.good(t, a, token) // nothing of the trouble is kept
			}
		})
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":     `{"token":`,
		"another":     `{"token":[]}`,
		"nothing":     `{}`,
		"no user":     `{"token":{"expires_at":"2036-01-01T00:00:00.000000Z"}}`,
		"no time":     `{"token":{"user":{"id":"u"}}}`,
		"what a time": `{"token":{"user":{"id":"u"},"expires_at":"tomorrow"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := startCloud(t)
			a := authenticator(t, c.options())
			c.good(t, a, c.token())
			c.Ail(keystonetest.Trouble{Status: http.StatusOK, Body: body})
			unanswered(t, a, c.token())
		})
	}
}

func TestKeptTokensAreGoodWhileKeystoneIsDown(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	known, fresh := c.token(), c.token()
	c.good(t, a, known)
	c.Ail(keystonetest.Trouble{Cut: true})
	unanswered(t, a, fresh)
	c.clock.pass(keystone.DefaultCacheTTL - time.Second)
	c.good(t, a, known)
	c.clock.pass(time.Second)
	unanswered(t, a, known)
	c.Ail(keystonetest.Trouble{})
	c.good(t, a, known)
	c.good(t, a, fresh)
}

func TestOneQuestionForAllWithTheToken(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	c.good(t, a, c.token())
	hold := make(chan struct{})
	c.Ail(keystonetest.Trouble{Hold: hold})
	token := c.token()
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			got, err := a.Authenticate(context.Background(), token)
			assert.NoError(t, err)
			assert.Equal(t, c.demoActor(), got)
		})
	}
	waitFor(t, func() bool { return c.Count().Validations >= 2 })
	close(hold)
	asking.Wait()
	require.Equal(t, keystonetest.Counters{Authentications: 1, Validations: 2}, c.Count())
}

// TestManyTokensAtOnce also has the service's own token refused under way: it is had anew a few times at most, not once for each.
func TestManyTokensAtOnce(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	c.good(t, a, c.token())
	c.RevokeOf(c.service)
	var asking sync.WaitGroup
	for range 40 {
		token := c.token()
		asking.Go(func() {
			for range 3 {
				got, err := a.Authenticate(context.Background(), token)
				assert.NoError(t, err)
				assert.Equal(t, c.demoActor(), got)
			}
		})
	}
	asking.Wait()
	require.Equal(t, 2, c.Count().Authentications)
}

func TestACallerThatGoesDoesNotEndTheQuestion(t *testing.T) {
	c := startCloud(t)
	a := authenticator(t, c.options())
	c.good(t, a, c.token())
	hold := make(chan struct{})
	c.Ail(keystonetest.Trouble{Hold: hold})
	token := c.token()
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := a.Authenticate(ctx, token)
		gone <- err
	}()
	waitFor(t, func() bool { return c.Count().Validations == 2 })
	leave()
	require.Equal(t, fault.Canceled, fault.KindOf(<-gone))
	close(hold)
	c.good(t, a, token)
	require.Equal(t, 2, c.Count().Validations)
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	c := startCloud(t)
	a, err := keystone.New(c.options())
	require.NoError(t, err)
	c.good(t, a, c.token())
	c.Ail(keystonetest.Trouble{Hold: make(chan struct{})})
	asked := make(chan error, 1)
	go func() {
		_, err := a.Authenticate(context.Background(), c.token())
		asked <- err
	}()
	waitFor(t, func() bool { return c.Count().Validations == 2 })
	require.NoError(t, a.Close())
	require.Equal(t, fault.Unavailable, fault.KindOf(<-asked))
	unanswered(t, a, "another")
	require.NoError(t, a.Close())
}

func TestTheCacheIsBounded(t *testing.T) {
	c := startCloud(t)
	o := c.options()
	o.CacheSize = 4
	a := authenticator(t, o)
	for range 32 {
		c.good(t, a, c.token())
		refused(t, a, c.token()+"x")
	}
	require.Eventually(t, func() bool { return keystone.Kept(a) <= 8 }, 10*time.Second, time.Millisecond)
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, time.Millisecond)
}

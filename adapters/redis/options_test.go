package redisstore_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
)

func TestBadOptions(t *testing.T) {
	for want, opt := range map[string]redisstore.Options{
		"one address":       {},
		"takes one":         {Addrs: []string{"a:1", "b:1"}},
		"unknown mode":      {Addrs: []string{"a:1"}, Mode: "ring"},
		"not both":          {Addrs: []string{"a:1"}, URL: "redis://b:1"},
		"cannot be read":    {URL: "http://user:hush@b:1"},
		"bad key prefix":    {Addrs: []string{"a:1"}, Prefix: "{a}"},
		"cannot be renewed": {Addrs: []string{"a:1"}, LeaseLife: time.Second, LeaseRenew: time.Second},
		"at least one":      {Addrs: []string{"a:1"}, LogLength: -1},
	} {
		_, err := redisstore.Open(t.Context(), opt)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hush")
	}
}

func TestSecretHides(t *testing.T) {
	opt := redisstore.Options{Password: "hush"}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "password", opt.Password)
	fmt.Fprintf(&b, "%v %+v %#v %s", opt, opt, opt, opt.Password)
	require.NotContains(t, b.String(), "hush")
}

func TestOpenUnreachable(t *testing.T) {
	server := redistest.Start(t)
	require.NoError(t, server.Kill())
	_, err := redisstore.Open(t.Context(), redisstore.Options{URL: server.URL(), RetryFor: 100 * time.Millisecond})
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
}

func TestEvictionRefused(t *testing.T) {
	server := redistest.Start(t, "maxmemory 100mb", "maxmemory-policy allkeys-lru")
	_, err := redisstore.Open(t.Context(), redisstore.Options{URL: server.URL()})
	require.ErrorContains(t, err, "noeviction")

	kept := redistest.Start(t, "maxmemory 100mb", "maxmemory-policy noeviction")
	open(t, redisstore.Options{URL: kept.URL()})
}

// TestFullServer writes until the memory is full: what is refused is not there, and reading goes on.
func TestFullServer(t *testing.T) {
	server := redistest.Start(t, "maxmemory 4mb", "maxmemory-policy noeviction")
	n := openNode(t, redisstore.Options{URL: server.URL()})
	big := make([]byte, 256<<10)
	acknowledged := 0
	var err error
	for range 100 {
		c := create(fmt.Sprint("p", acknowledged))
		c.Changes[0].Data = big
		if _, err = n.Commit(bounded(t), c); err != nil {
			break
		}
		acknowledged++
	}
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	h, err := n.Head(bounded(t))
	require.NoError(t, err)
	require.Equal(t, uint64(acknowledged), h.Revision)
	require.Len(t, records(t, n), acknowledged)
}

func TestUserAndForbiddenConfig(t *testing.T) {
	server := redistest.Start(t, "user gate on >hush ~* &* +@all -config")
	var logged bytes.Buffer
	n := openNode(t, redisstore.Options{
		Addrs: []string{server.Addr()}, Username: "gate", Password: "hush", Logger: slog.New(slog.NewTextHandler(&logged, nil)),
	})
	require.Contains(t, logged.String(), "noeviction")
	write(t, n)

	_, err := redisstore.Open(t.Context(), redisstore.Options{Addrs: []string{server.Addr()}, Username: "gate", Password: "wrong"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "wrong")
}

func TestTenantOpenedTwice(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, redisstore.Options{URL: server.URL()})
	s, err := c.Tenant("acme")
	require.NoError(t, err)
	_, err = c.Tenant("acme")
	require.Error(t, err)
	require.NoError(t, s.Close())
	_, err = c.Tenant("acme")
	require.NoError(t, err)
	_, err = c.Tenant("")
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, err = c.Tenant("other")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}

// TestCloseOverSilentServer closes many tenants while the server is frozen: the first wait for it, the others do not.
func TestCloseOverSilentServer(t *testing.T) {
	server := redistest.Start(t)
	var logged bytes.Buffer
	c, err := redisstore.Open(t.Context(), redisstore.Options{
		URL: server.URL(), CallTimeout: 200 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&logged, nil)),
	})
	require.NoError(t, err)
	for i := range 200 {
		_, err := c.Tenant(fmt.Sprint("t", i))
		require.NoError(t, err)
	}
	require.NoError(t, server.Freeze())
	require.NoError(t, c.Close())
	require.NoError(t, server.Thaw())
	tried := strings.Count(logged.String(), "could not be signed off")
	require.NotZero(t, tried)
	require.Less(t, tried, 100)
}

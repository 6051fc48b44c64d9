package redisstore_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
)

// documented finds the line of docs/redis.md that defines a user, and gives the user a name and a password of the tests, and their prefixes.
func documented(t *testing.T, user, name, password string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/redis.md")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "user "+user+" ") {
			return strings.NewReplacer("user "+user, "user "+name, ">PASSWORD", ">"+password, "pg:*", "t*", "\n", "").Replace(line)
		}
	}
	require.Fail(t, "not documented", user)
	return ""
}

// worksWith opens a tenant on two nodes, writes, waits, and reads everything back.
func worksWith(t *testing.T, opt redisstore.Options) {
	t.Helper()
	a, b := openView(t, opt, nil), openView(t, opt, nil)
	for _, v := range []*view{a, b} {
		e := write(t, v.node)
		require.NoError(t, v.Wait(bounded(t), e.Head))
	}
	require.Len(t, records(t, a.node), 2)
	require.NoError(t, a.client.Ping(bounded(t)))
}

// TestLeastRights logs in as a user that may do no more than docs/redis.md asks for, in each mode and with the fence on.
func TestLeastRights(t *testing.T) {
	gateUser, readerUser := documented(t, "profilegate", "gate", "hush"), documented(t, "sentinel-reader", "reader", "whisper")
	login := func(opt redisstore.Options) redisstore.Options {
		opt.Username, opt.Password, opt.Prefix = "gate", "hush", ownPrefix()
		return opt
	}
	t.Run("standalone", func(t *testing.T) {
		worksWith(t, login(redisstore.Options{Addrs: []string{redistest.Start(t, gateUser).Addr()}}))
	})
	t.Run("cluster", func(t *testing.T) {
		c := cluster(t)
		for _, s := range c.Servers() {
			setUser(t, s, gateUser)
		}
		opt := login(clusterOptions(t))
		worksWith(t, opt)
		opt.Fence, opt.Prefix = redisstore.FenceReplicas, ownPrefix()
		worksWith(t, opt)
	})
	t.Run("sentinel", func(t *testing.T) {
		s := sentinel(t)
		for _, server := range s.Servers() {
			setUser(t, server, gateUser)
		}
		for _, one := range s.Sentinels() {
			setUser(t, one, readerUser)
		}
		opt := login(sentinelOptions(t))
		opt.SentinelUsername, opt.SentinelPassword = "reader", "whisper"
		worksWith(t, opt)
		opt.SentinelPassword = "shout"
		opt.RetryFor = 1
		_, err := redisstore.Open(t.Context(), opt)
		require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		require.NotContains(t, err.Error(), "shout")
	})
}

// setUser gives a running server a line of its ACL.
func setUser(t *testing.T, s *redistest.Server, line string) {
	t.Helper()
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	args := []any{"ACL", "SETUSER"}
	for _, word := range strings.Fields(line)[1:] {
		args = append(args, word)
	}
	require.NoError(t, rdb.Do(t.Context(), args...).Err())
}

func TestTLS(t *testing.T) {
	certs := redistest.MakeCertificates(t)
	t.Run("standalone", func(t *testing.T) {
		server := redistest.StartTLS(t, certs)
		worksWith(t, redisstore.Options{Addrs: []string{server.Addr()}, TLS: certs.Client(), Prefix: ownPrefix()})
	})
	t.Run("cluster", func(t *testing.T) {
		c, err := redistest.LaunchClusterTLS(t.Context(), t.TempDir(), certs)
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Stop()) }()
		worksWith(t, redisstore.Options{Mode: redisstore.Cluster, Addrs: c.Addrs(), TLS: certs.Client(), Prefix: ownPrefix()})
	})
	t.Run("sentinel", func(t *testing.T) {
		s, err := redistest.LaunchSentinelTLS(t.Context(), t.TempDir(), certs)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Stop()) }()
		worksWith(t, redisstore.Options{
			Mode: redisstore.Sentinel, Addrs: s.Addrs(), MasterName: redistest.SentinelName, TLS: certs.Client(), Prefix: ownPrefix(),
		})
	})
}

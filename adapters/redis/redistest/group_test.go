package redistest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

func get(t *testing.T, s *redistest.Server, key string) string {
	t.Helper()
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	value, err := rdb.Get(t.Context(), key).Result()
	require.NoError(t, err)
	return value
}

func set(t *testing.T, s *redistest.Server, key, value string) {
	t.Helper()
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	require.NoError(t, rdb.Set(t.Context(), key, value, 0).Err())
}

// replicated waits until a replica has what was set.
func replicated(t *testing.T, s *redistest.Server) {
	t.Helper()
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	n, err := rdb.Wait(t.Context(), 1, 2*time.Second).Result()
	require.NoError(t, err)
	require.NotZero(t, n)
}

func TestCluster(t *testing.T) {
	c := redistest.StartCluster(t, redistest.Durable()...)
	require.Len(t, c.Addrs(), 6)
	first, err := c.Owner(t.Context(), "k")
	require.NoError(t, err)
	set(t, first, "k", "v")
	replicated(t, first)

	t.Run("in good order", func(t *testing.T) {
		require.NoError(t, c.Failover(t.Context(), "k"))
		now, err := c.Owner(t.Context(), "k")
		require.NoError(t, err)
		require.NotEqual(t, first.Addr(), now.Addr())
		require.Equal(t, "v", get(t, now, "k"))
		require.NoError(t, c.AwaitReady(t.Context()))
		back, err := c.ReplicaOf(t.Context(), now)
		require.NoError(t, err)
		require.Equal(t, first.Addr(), back.Addr())
	})
	t.Run("a slot moves", func(t *testing.T) {
		to, err := c.Owner(t.Context(), "another") // of another third of the slots than k
		require.NoError(t, err)
		from, err := c.Owner(t.Context(), "k")
		require.NoError(t, err)
		require.NotEqual(t, from.Addr(), to.Addr())
		require.NoError(t, c.MoveSlot(t.Context(), "k", to))
		require.Equal(t, "v", get(t, to, "k"))
		require.NoError(t, c.AwaitReady(t.Context()))
	})
	t.Run("killed", func(t *testing.T) {
		master, err := c.Owner(t.Context(), "k")
		require.NoError(t, err)
		require.NoError(t, master.Kill())
		require.NoError(t, c.AwaitOwner(t.Context(), "k", func(s *redistest.Server) bool { return s != master }))
		now, err := c.Owner(t.Context(), "k")
		require.NoError(t, err)
		require.Equal(t, "v", get(t, now, "k"))
		require.NoError(t, c.Revive(t.Context()))
	})
}

func TestSentinel(t *testing.T) {
	s := redistest.StartSentinel(t, redistest.Durable()...)
	require.Len(t, s.Addrs(), 3)
	first, err := s.Master(t.Context())
	require.NoError(t, err)
	set(t, first, "k", "v")
	replicated(t, first)

	t.Run("in good order", func(t *testing.T) {
		require.NoError(t, s.Failover(t.Context()))
		now, err := s.Master(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, first.Addr(), now.Addr())
		require.Equal(t, "v", get(t, now, "k"))
		require.NoError(t, s.AwaitReady(t.Context()))
	})
	t.Run("frozen", func(t *testing.T) {
		master, err := s.Master(t.Context())
		require.NoError(t, err)
		require.NoError(t, master.Freeze())
		require.NoError(t, s.AwaitMaster(t.Context(), func(now *redistest.Server) bool { return now != master }))
		require.NoError(t, s.Revive(t.Context()))
	})
}

func TestTLS(t *testing.T) {
	certs := redistest.MakeCertificates(t)
	s := redistest.StartTLS(t, certs)
	set(t, s, "k", "v")
	require.Equal(t, "v", get(t, s, "k"))
}

package redisstore_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// TestLoneMaster has a master behind sentinels that would go on without replicas.
func TestLoneMaster(t *testing.T) {
	s := sentinel(t)
	master, err := s.Master(t.Context())
	require.NoError(t, err)
	set(t, master, "min-replicas-to-write", "0")
	defer set(t, master, "min-replicas-to-write", "1")

	opt := sentinelOptions(t)
	_, err = redisstore.Open(t.Context(), opt)
	require.ErrorContains(t, err, "min-replicas-to-write")

	var logged bytes.Buffer
	opt.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	fenced := opt
	fenced.Fence = redisstore.FenceReplicas
	opt.AllowLoneMaster = true
	for _, o := range []redisstore.Options{opt, fenced} {
		logged.Reset()
		c, err := redisstore.Open(t.Context(), o)
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.Contains(t, logged.String(), "min-replicas-to-write is 0")
	}
}

// TestDurabilityTold reads in the log what a server promises.
func TestDurabilityTold(t *testing.T) {
	for _, tt := range []struct {
		settings []string
		fence    redisstore.Fence
		want     []string
	}{
		{redistest.Durable(), redisstore.FenceNone, []string{"appendonly=yes appendfsync=always fence=none replicas=0"}},
		{nil, redisstore.FenceNone, []string{"appendonly=no", "appendonly is no"}},
		{redistest.Durable(), redisstore.FenceReplicas, []string{"fence=replicas replicas=1", "too few replicas"}},
	} {
		server := redistest.Start(t, tt.settings...)
		var logged bytes.Buffer
		opt := redisstore.Options{URL: server.URL(), Fence: tt.fence, Logger: slog.New(slog.NewTextHandler(&logged, nil))}
		opt.RetryFor, opt.CallTimeout = 100, 100_000_000
		c, err := redisstore.Open(t.Context(), opt)
		if tt.fence == redisstore.FenceReplicas {
			require.Error(t, err, "there is no replica to confirm the lease")
		} else {
			require.NoError(t, err)
			require.NoError(t, c.Close())
		}
		for _, want := range tt.want {
			require.Contains(t, logged.String(), want)
		}
	}
}

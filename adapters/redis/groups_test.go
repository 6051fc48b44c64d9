package redisstore_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// persistent has the shared servers keep what they wrote when they are killed: it is in the system's hands before they answer. The disk is not waited
// for, which only a machine that loses its power would need.
var persistent = []string{"appendonly yes", "appendfsync no"}

// shared are the Cluster and the Sentinel that all tests of this package use, one after the other. Each is started by the first test that asks
// for it, and every test gets it whole.
var shared struct {
	mu       sync.Mutex
	dir      string
	cluster  *redistest.Cluster
	sentinel *redistest.Sentinel
}

func TestMain(m *testing.M) {
	redisstore.UseDriverLog(slog.New(slog.DiscardHandler))
	// After many failed dials the driver tries one every second, and looks only then whether it was closed.
	goleak.VerifyTestMain(suite{m}, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// suite ends the shared servers after the last test.
type suite struct{ tests *testing.M }

func (s suite) Run() int {
	code := s.tests.Run()
	if shared.cluster != nil {
		_ = shared.cluster.Stop() // they end with this process anyway
	}
	if shared.sentinel != nil {
		_ = shared.sentinel.Stop()
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	return code
}

// sharedDir is where the shared servers keep their data; they outlive the test that starts them.
func sharedDir(t testing.TB, name string) string {
	t.Helper()
	if shared.dir == "" {
		dir, err := os.MkdirTemp("", "redisstore") //nolint:usetesting // outlives the test
		require.NoError(t, err)
		shared.dir = dir
	}
	return filepath.Join(shared.dir, name)
}

// cluster gives the shared Cluster, with nothing amiss in it.
func cluster(t testing.TB) *redistest.Cluster {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	ctx := context.WithoutCancel(t.Context())
	if shared.cluster == nil {
		c, err := redistest.LaunchCluster(ctx, sharedDir(t, "cluster"), persistent...)
		require.NoError(t, err)
		shared.cluster = c
	}
	require.NoError(t, shared.cluster.Revive(ctx))
	return shared.cluster
}

// sentinel gives the shared Sentinel, with nothing amiss in it.
func sentinel(t testing.TB) *redistest.Sentinel {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	ctx := context.WithoutCancel(t.Context())
	if shared.sentinel == nil {
		s, err := redistest.LaunchSentinel(ctx, sharedDir(t, "sentinel"), persistent...)
		require.NoError(t, err)
		shared.sentinel = s
	}
	require.NoError(t, shared.sentinel.Revive(ctx))
	return shared.sentinel
}

// clusterOptions are for the shared Cluster, apart from all other tests.
func clusterOptions(t testing.TB) redisstore.Options {
	t.Helper()
	return redisstore.Options{Mode: redisstore.Cluster, Addrs: cluster(t).Addrs(), Prefix: ownPrefix(), RetryFor: 20 * time.Second}
}

// sentinelOptions are for the shared Sentinel, apart from all other tests.
func sentinelOptions(t testing.TB) redisstore.Options {
	t.Helper()
	return redisstore.Options{
		Mode: redisstore.Sentinel, Addrs: sentinel(t).Addrs(), MasterName: redistest.SentinelName, Prefix: ownPrefix(), RetryFor: 20 * time.Second,
	}
}

package redisstore_test

import (
	"context"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/store"
)

// TestLostWakeUps cuts the subscriptions again and again: what is published meanwhile is lost, and found all the same.
func TestLostWakeUps(t *testing.T) {
	server := redistest.Start(t)
	rdb := server.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	a, b := openView(t, redisstore.Options{URL: server.URL()}, nil), openView(t, redisstore.Options{URL: server.URL()}, nil)
	for range 20 {
		require.NoError(t, rdb.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub").Err())
		e := write(t, a.node)
		require.NoError(t, a.Wait(bounded(t), e.Head))
		require.GreaterOrEqual(t, b.reached.Load(), e.Revision)
	}
}

func TestRestartedServer(t *testing.T) {
	server := redistest.Start(t, redistest.Durable()...)
	a, b := openView(t, redisstore.Options{URL: server.URL()}, nil), openView(t, redisstore.Options{URL: server.URL()}, nil)
	for range 3 {
		e := write(t, a.node)
		require.NoError(t, a.Wait(bounded(t), e.Head))
		require.NoError(t, server.Kill())
		redistest.Restart(t, server)
		e = write(t, b.node)
		require.Eventually(t, func() bool { return a.reached.Load() >= e.Revision && b.reached.Load() >= e.Revision }, 10*time.Second, time.Millisecond)
	}
}

// TestHistoryWentBack empties the server under a follower: the next commit is of another history.
func TestHistoryWentBack(t *testing.T) {
	server := redistest.Start(t)
	n, other := openNode(t, redisstore.Options{URL: server.URL()}), openNode(t, redisstore.Options{URL: server.URL()})
	write(t, n)
	head := write(t, n).Head
	failed := make(chan error, 1)
	go func() {
		_, err := other.Events(bounded(t), head, 1)
		failed <- err
	}()
	redistest.Flush(t, server)
	write(t, n)
	require.ErrorIs(t, <-failed, store.ErrHistory)
	_, err := n.Events(bounded(t), head, 1)
	require.ErrorIs(t, err, store.ErrHistory)
}

var processed = regexp.MustCompile(`total_commands_processed:(\d+)`)

func commandCount(t *testing.T, rdb *redis.Client) int {
	t.Helper()
	info, err := rdb.Info(t.Context(), "stats").Result()
	require.NoError(t, err)
	n, err := strconv.Atoi(processed.FindStringSubmatch(info)[1])
	require.NoError(t, err)
	return n
}

// TestIdleNodeIsCheap counts what a node with many idle tenants, each followed, sends in a while.
func TestIdleNodeIsCheap(t *testing.T) {
	server := redistest.Start(t)
	rdb := server.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	n := openNode(t, redisstore.Options{URL: server.URL()})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{}, 200)
	defer func() {
		stop()
		for range cap(ended) {
			<-ended
		}
	}()
	for i := range cap(ended) {
		s, err := n.client.Tenant("t" + strconv.Itoa(i))
		require.NoError(t, err)
		go func() {
			_, _ = s.Events(ctx, store.Head{}, 1)
			ended <- struct{}{}
		}()
	}
	// It is idle when nothing but renewals comes for a second.
	const window = time.Second
	deadline := time.Now().Add(20 * time.Second)
	for last := commandCount(t, rdb); ; {
		<-time.After(window)
		now := commandCount(t, rdb)
		// A renewal is a script with four commands in it, which count as well; INFO is ours.
		if sent := now - last - 1; sent <= 5*4 {
			return
		}
		require.True(t, time.Now().Before(deadline), "%d commands in %s", now-last, window)
		last = now
	}
}

package redisstore_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// trips counts what goes to Redis and back: calls, or pipelines as a whole.
type trips struct{ atomic.Int64 }

func (*trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (n *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		n.Add(1)
		return next(ctx, cmd)
	}
}

func (n *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		n.Add(1)
		return next(ctx, cmds)
	}
}

// quiet are options under which a node says nothing by itself for the length of a test.
func quiet(opt redisstore.Options) redisstore.Options {
	opt.LeaseLife, opt.LeaseRenew = 10*time.Minute, 4*time.Minute
	return opt
}

// TestOneTripEach counts the round trips of writes and of questions for the head, with the fence and without.
func TestOneTripEach(t *testing.T) {
	master, _ := startReplicated(t, 1)
	for _, fence := range []redisstore.Fence{redisstore.FenceNone, redisstore.FenceReplicas} {
		t.Run(string(fence), func(t *testing.T) {
			n := openNode(t, quiet(redisstore.Options{URL: master.URL(), Prefix: ownPrefix(), Fence: fence}))
			var counted trips
			n.client.AddHook(&counted)
			some := func() (trips int64) {
				before := counted.Load()
				for range 20 {
					e := write(t, n)
					n.Applied(e.Head)
					require.NoError(t, n.Wait(bounded(t), e.Head))
				}
				return counted.Load() - before
			}
			// One for each write, and none for a barrier of one node; once the script is known and the node has found itself alone.
			require.Eventually(t, func() bool { return some() == 20 }, 10*time.Second, time.Millisecond)
			require.Equal(t, int64(20), some())
			before := counted.Load()
			for range 20 {
				_, err := n.Head(bounded(t))
				require.NoError(t, err)
			}
			require.Equal(t, int64(20), counted.Load()-before)
		})
	}
}

// BenchmarkWaitForThree compares a write with one that waits until three nodes have applied it, one after the other, by their medians.
func BenchmarkWaitForThree(b *testing.B) {
	server := redistest.Start(b)
	views := make([]*view, 3)
	for i := range views {
		views[i] = openView(b, redisstore.Options{URL: server.URL()}, nil)
	}
	plain, waited := make([]time.Duration, 0, b.N), make([]time.Duration, 0, b.N)
	for b.Loop() {
		plain = append(plain, timed(b, views[0], false))
		waited = append(waited, timed(b, views[0], true))
	}
	b.ReportMetric(float64(median(plain).Microseconds()), "p50-µs/write")
	b.ReportMetric(float64(median(waited).Microseconds()), "p50-µs/wait_for")
	b.ReportMetric(float64((median(waited) - median(plain)).Microseconds()), "added-µs")
}

func timed(b *testing.B, v *view, wait bool) time.Duration {
	b.Helper()
	began := time.Now()
	e, err := v.Commit(b.Context(), create(uuid.NewString()))
	if err == nil && wait {
		err = v.Wait(b.Context(), e.Head)
	}
	took := time.Since(began)
	if err == nil && !wait {
		err = v.Wait(b.Context(), e.Head) // the next one begins with nothing under way
	}
	require.NoError(b, err)
	return took
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkCommitFenced is BenchmarkCommit with a replica that confirms, and without.
func BenchmarkCommitFenced(b *testing.B) {
	master, _ := startReplicated(b, 1)
	for _, fence := range []redisstore.Fence{redisstore.FenceNone, redisstore.FenceReplicas} {
		n := openNode(b, redisstore.Options{URL: master.URL(), Prefix: ownPrefix(), Fence: fence, PoolSize: 64})
		b.Run(string(fence), func(b *testing.B) {
			for _, callers := range []int{1, 16, 64} {
				at(b, callers, func() error {
					_, err := n.Commit(b.Context(), create(uuid.NewString()))
					return err
				})
			}
		})
	}
}

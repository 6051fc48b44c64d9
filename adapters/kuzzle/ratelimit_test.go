package kuzzle

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRateLimiterCountsExactly(t *testing.T) {
	var l rateLimiter
	now := time.Unix(100, 0)
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if l.allow(limited{"t", "u"}, 250, now) {
					allowed.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, int64(250), allowed.Load())
	require.True(t, l.allow(limited{"other", "u"}, 1, now), "users of two tenants are two")
}

// The table holds the users of one second: it is emptied with the next, and given back where it has grown.
func TestRateLimiterForgets(t *testing.T) {
	var l rateLimiter
	now := time.Unix(100, 0)
	for i := range maxKeptUsers + 10 {
		require.True(t, l.allow(limited{"t", strconv.Itoa(i)}, 1, now))
	}
	require.False(t, l.allow(limited{"t", "0"}, 1, now.Add(999*time.Millisecond)))
	require.True(t, l.allow(limited{"t", "0"}, 1, now.Add(time.Second)))
	require.Len(t, l.counts, 1)
	require.False(t, l.allow(limited{"t", "0"}, 0, now.Add(5*time.Second)), "a limit of nothing lets nobody in")
}

package view_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/profilegate/profilegate/core/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGateLevels(t *testing.T) {
	var g view.Gate
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	open := func(level uint64) bool { return g.Wait(ended, level) == nil }

	require.True(t, open(0))
	require.False(t, open(1))
	g.Advance(3)
	require.True(t, open(3))
	require.False(t, open(4))
	g.Advance(2)
	require.True(t, open(3), "a lower level changes nothing")
	g.Reset(1)
	require.False(t, open(3))
	g.Advance(2)
	require.True(t, open(2))
	g.Close()
	g.Close()
	require.True(t, open(2))
	require.ErrorIs(t, g.Wait(t.Context(), 3), view.ErrClosed)
}

func TestGateWaitEndsWithItsContext(t *testing.T) {
	var g view.Gate
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error)
	go func() { got <- g.Wait(ctx, 1) }()
	cancel()
	require.ErrorIs(t, <-got, context.Canceled)
}

// No wake-up is missed: whoever waits for a level that is reached returns, whatever the order.
func TestGateRace(t *testing.T) {
	const levels, waiters = 300, 40
	var g view.Gate
	var all sync.WaitGroup
	for w := range waiters {
		all.Go(func() {
			for level := uint64(w % 3); level <= levels; level += 3 {
				if err := g.Wait(t.Context(), level); err != nil {
					t.Errorf("level %d: %v", level, err)
				}
			}
		})
	}
	for a := range 3 {
		all.Go(func() {
			for level := uint64(a); level <= levels; level++ {
				g.Advance(level)
			}
		})
	}
	all.Wait()
}

func TestGateResetWakesWhoeverWaits(t *testing.T) {
	var g view.Gate
	g.Advance(5)
	got := make(chan error)
	go func() { got <- g.Wait(t.Context(), 9) }()
	g.Reset(10)
	require.NoError(t, <-got)
}

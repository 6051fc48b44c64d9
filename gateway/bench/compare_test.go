package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	self := func(f float64) float64 { return f }
	require.InDelta(t, 2.0, median([]float64{3, 1, 2}, self), 0)
	require.InDelta(t, 2.5, median([]float64{4, 1, 3, 2}, self), 0)
}

func TestRatiosAreOfRoundsThatFollowEachOther(t *testing.T) {
	// The machine slows down by half in each round; the gateway is at 0.8 of the bare server in all of them.
	gs := []sample{{rate: 80, requests: 80, cpu: time.Second}, {rate: 40, requests: 40, cpu: time.Second}, {rate: 20, requests: 20, cpu: time.Second}}
	bs := []sample{{rate: 100, requests: 100, cpu: time.Second}, {rate: 50, requests: 50, cpu: time.Second}, {rate: 25, requests: 25, cpu: time.Second}}
	r := newResult(&arena{}, 1, gs, bs)
	require.InDelta(t, 0.8, r.ratio.rate, 1e-9)
	require.InDelta(t, 1.25, r.ratio.cpu, 1e-3)
	require.Equal(t, "-", ratio(r.ratio.redis), "without Redis there is nothing to compare")
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// result is what one comparison at one number of connections came to.
type result struct {
	comparison
	conns         int
	gateway, bare figures
	ratio         ratios
}

// figures are the medians of one side's rounds. The CPU time per request is that of all rounds: it is told in steps too large for one.
type figures struct {
	rate                 float64
	p50, p99, cpu, redis time.Duration
}

// ratios are the gateway's figures as shares of the bare server's: medians of the ratios of rounds that followed each other.
type ratios struct{ rate, p50, p99, cpu, redis float64 }

// compare makes one comparison at all numbers of connections.
func (s settings) compare(ctx context.Context, dir string, c comparison, t *table) (err error) {
	a, err := s.open(ctx, dir, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if s.verbose {
		fmt.Fprintf(os.Stderr, "%s: gateway %d, bare %d\n", c.name, a.gateway.pid(), a.bare.pid())
	}
	for _, conns := range s.conns {
		r, err := s.measure(ctx, a, conns)
		if err != nil {
			return err
		}
		t.add(r)
	}
	return nil
}

func (s settings) measure(ctx context.Context, a *arena, conns int) (r result, err error) {
	gateway, err := newSide(a.gateway.pid(), a.redisPID, conns, a.dialer(a.gateway.addrs[a.call.listener]))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, gateway.close()) }()
	bare, err := newSide(a.bare.pid(), a.redisPID, conns, a.dialer(a.bare.addr))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	for _, side := range []*side{gateway, bare} {
		if _, err := side.load(ctx, s.warmup); err != nil {
			return r, err
		}
	}
	var gs, bs []sample
	for n := range s.rounds {
		g, b, err := pair(ctx, gateway, bare, s.round, n%2 == 1)
		if err != nil {
			return r, err
		}
		gs, bs = append(gs, g), append(bs, b)
	}
	return newResult(a, conns, gs, bs), nil
}

// pair loads both sides, one after the other; swapped, the other one first.
func pair(ctx context.Context, first, second *side, d time.Duration, swapped bool) (a, b sample, err error) {
	if swapped {
		b, a, err = pair(ctx, second, first, d, false)
		return a, b, err
	}
	if a, err = first.load(ctx, d); err == nil {
		b, err = second.load(ctx, d)
	}
	return a, b, err
}

func newResult(a *arena, conns int, gs, bs []sample) result {
	r := result{comparison: a.comparison, conns: conns, gateway: medians(gs), bare: medians(bs)}
	r.ratio = ratios{
		rate: medianRatio(gs, bs, func(s sample) float64 { return s.rate }),
		p50:  medianRatio(gs, bs, func(s sample) float64 { return float64(s.p50) }),
		p99:  medianRatio(gs, bs, func(s sample) float64 { return float64(s.p99) }),
		cpu:  float64(r.gateway.cpu) / float64(r.bare.cpu), redis: float64(r.gateway.redis) / float64(r.bare.redis),
	}
	return r
}

func medians(ss []sample) figures {
	var requests int64
	var cpu, redis time.Duration
	for _, s := range ss {
		requests, cpu, redis = requests+s.requests, cpu+s.cpu, redis+s.redis
	}
	requests = max(requests, 1)
	return figures{
		rate: median(ss, func(s sample) float64 { return s.rate }),
		p50:  time.Duration(median(ss, func(s sample) float64 { return float64(s.p50) })),
		p99:  time.Duration(median(ss, func(s sample) float64 { return float64(s.p99) })),
		cpu:  cpu / time.Duration(requests), redis: redis / time.Duration(requests),
	}
}

func medianRatio(gs, bs []sample, figure func(sample) float64) float64 {
	rs := make([]float64, len(gs))
	for i := range gs {
		rs[i] = figure(gs[i]) / figure(bs[i])
	}
	return median(rs, func(r float64) float64 { return r })
}

// median of an even number is the mean of the two in the middle.
func median[T any](of []T, figure func(T) float64) float64 {
	figures := make([]float64, len(of))
	for i, x := range of {
		figures[i] = figure(x)
	}
	slices.Sort(figures)
	n := len(figures)
	return (figures[(n-1)/2] + figures[n/2]) / 2
}

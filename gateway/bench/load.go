package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// client is one connection that makes one request at a time, the next when the last one is answered. An answer that is not the expected one
// is an error.
type client interface {
	do() error
	close() error
}

// slowest is the longest latency that is told apart.
const slowest = 30 * time.Second

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(slowest), 3) }

// side is one of the two servers of a comparison, with open connections.
type side struct {
	pid     int
	redis   int // process id of the Redis behind it; 0: none
	clients []client
	times   []*hdrhistogram.Histogram // of each client, in nanoseconds
}

func newSide(pid, redis, conns int, dial func() (client, error)) (*side, error) {
	s := &side{pid: pid, redis: redis}
	for range conns {
		c, err := dial()
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.clients = append(s.clients, c)
		s.times = append(s.times, newHistogram())
	}
	return s, nil
}

func (s *side) close() error {
	var errs []error
	for _, c := range s.clients {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// sample is what one round of load measured.
type sample struct {
	rate     float64 // requests per second
	p50, p99 time.Duration
	requests int64
	cpu      time.Duration // of the server process, for all requests; 0: not known
	redis    time.Duration // of Redis, likewise
}

// load keeps all connections busy for a time.
func (s *side) load(ctx context.Context, d time.Duration) (sample, error) {
	before, redis := cpuTime(s.pid), cpuTime(s.redis)
	start := time.Now()
	errs := make([]error, len(s.clients))
	var running sync.WaitGroup
	for i, c := range s.clients {
		running.Go(func() { errs[i] = busy(ctx, c, s.times[i], start.Add(d)) })
	}
	running.Wait()
	elapsed := time.Since(start)
	used, redis := cpuTime(s.pid)-before, cpuTime(s.redis)-redis
	if err := errors.Join(errs...); err != nil {
		return sample{}, err
	}
	all := newHistogram()
	for _, h := range s.times {
		all.Merge(h)
	}
	n := all.TotalCount()
	return sample{
		rate: float64(n) / elapsed.Seconds(),
		p50:  time.Duration(all.ValueAtQuantile(50)), p99: time.Duration(all.ValueAtQuantile(99)),
		requests: n, cpu: used, redis: redis,
	}, nil
}

// busy makes requests until the end. The clock is read once per request: one ends when the next begins.
func busy(ctx context.Context, c client, times *hdrhistogram.Histogram, end time.Time) error {
	times.Reset()
	for at := time.Now(); at.Before(end) && ctx.Err() == nil; {
		if err := c.do(); err != nil {
			return err
		}
		now := time.Now()
		if err := times.RecordValue(min(int64(now.Sub(at)), int64(slowest))); err != nil {
			return err
		}
		at = now
	}
	return ctx.Err()
}

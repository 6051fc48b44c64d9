package view

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed says that a gate was closed below the level that was waited for.
var ErrClosed = errors.New("view: the gate is closed")

// Gate is a level that only rises, and a place to wait for it. Waiting is on the level, never on an event, so no wake-up can be missed.
// The zero Gate is at level 0 and ready to use.
type Gate struct {
	mu     sync.Mutex
	level  uint64
	rise   chan struct{} // closed and replaced when the level rises while somebody waits
	closed bool
}

// Advance raises the level; a lower or equal level changes nothing.
func (g *Gate) Advance(level uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if level <= g.level {
		return
	}
	g.level = level
	g.wake()
}

// Wait blocks until the level is at least want, or returns the context's error, or ErrClosed.
func (g *Gate) Wait(ctx context.Context, want uint64) error {
	for {
		rise, err := g.below(want)
		if rise == nil {
			return err
		}
		select {
		case <-rise:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// below returns the channel of the next rise while the level is below want and the gate may still rise.
func (g *Gate) below(want uint64) (<-chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.level >= want:
		return nil, nil
	case g.closed:
		return nil, ErrClosed
	case g.rise == nil:
		g.rise = make(chan struct{})
	}
	return g.rise, nil
}

// Reset sets the level, even to a lower one, and wakes whoever waits to look again. A view that starts over with another history
// uses it.
func (g *Gate) Reset(level uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.level = level
	g.wake()
}

// Close ends all waiting below the level, now and later. Closing twice does nothing.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.wake()
}

func (g *Gate) wake() {
	if g.rise != nil {
		close(g.rise)
		g.rise = nil
	}
}

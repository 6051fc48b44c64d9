package view

import (
	"context"
	"sync"
)

// Gate is a level that only rises, and a place to wait for it. Waiting is on the level, never on an event, so no wake-up can be missed.
// The zero Gate is at level 0 and ready to use.
type Gate struct {
	mu    sync.Mutex
	level uint64
	rise  chan struct{} // closed and replaced when the level rises while somebody waits
}

// Advance raises the level; a lower or equal level changes nothing.
func (g *Gate) Advance(level uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if level <= g.level {
		return
	}
	g.level = level
	if g.rise != nil {
		close(g.rise)
		g.rise = nil
	}
}

// Wait blocks until the level is at least want, or returns the context's error.
func (g *Gate) Wait(ctx context.Context, want uint64) error {
	for {
		rise := g.below(want)
		if rise == nil {
			return nil
		}
		select {
		case <-rise:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// below returns nil when the level is reached, else the channel of the next rise.
func (g *Gate) below(want uint64) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.level >= want {
		return nil
	}
	if g.rise == nil {
		g.rise = make(chan struct{})
	}
	return g.rise
}

// Reset sets the level, even to a lower one, and wakes whoever waits to look again. A view that starts over with another history
// uses it.
func (g *Gate) Reset(level uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.level = level
	if g.rise != nil {
		close(g.rise)
		g.rise = nil
	}
}

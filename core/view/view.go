// Package view is one tenant's state in memory: all its records, decoded and indexed, at a known revision. Reads cost no round trip;
// what they need is certainty that the view is recent enough, which is what the gate is for. The view is fed from the tenant's log in
// order, each event checked against the one before by its commit id, so that two histories are never mixed.
package view

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// maxEarly bounds how many events a view keeps that came before their predecessors. The log brings the rest anyway.
const maxEarly = 1024

// applyAtOnce is how many events of the log are applied before readers, who may have to wait for it, are let in between.
const applyAtOnce = 64

// View is a tenant's state as this node knows it. Its methods may be called from many goroutines.
type View struct {
	state  atomic.Pointer[State]
	listed atomic.Pointer[Listed]
	behind atomic.Bool // the state lacks events that were applied
	gate   Gate
	level  atomic.Uint64 // the revision of shown

	mu sync.Mutex // held while events are applied, never across I/O
	log
	shown    store.Head             // the head that the gate and advanced were last told
	early    map[uint64]store.Event // events offered before their predecessors, by revision
	advanced func(store.Head)

	expected expected
}

// New returns an empty view, at the zero head. advanced, if not nil, is called with each new head, in order, after readers see it; it must
// not block.
func New(advanced func(store.Head)) *View {
	if advanced == nil {
		advanced = func(store.Head) {}
	}
	v := &View{log: log{tables: newTables(), past: newPast(store.Head{})}, early: make(map[uint64]store.Event), advanced: advanced}
	v.state.Store(v.snapshot())
	return v
}

// State returns the newest state. It is immutable. It is made when it is first asked for, so that many commits in a row cost one copy: the
// copy itself is a few pointers, but what is written after it has to copy the nodes that it touches.
func (v *View) State() *State {
	if !v.behind.Load() {
		return v.state.Load()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.newest()
}

// Revision is that of the newest state, without the state that goes with it.
func (v *View) Revision() uint64 { return v.level.Load() }

// Head is how far the view has come, without the state that goes with it.
func (v *View) Head() store.Head {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.head
}

// Standing tells whether the view has a point of the history.
func (v *View) Standing(h store.Head) Standing {
	v.mu.Lock()
	defer v.mu.Unlock()
	return (&State{Head: v.head, past: v.past}).Standing(h)
}

// Listed returns the newest state with its listings.
func (v *View) Listed() *Listed {
	if l := v.listed.Load(); l != nil && l.State == v.state.Load() && !v.behind.Load() {
		return l
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.newest()
	l := v.listed.Load()
	if l == nil || l.State != s {
		l = &Listed{State: s, listings: v.tables.listings.Copy()}
		v.listed.Store(l)
	}
	return l
}

// newest is the state as of the applied events, made if there is none yet. The caller holds mu.
func (v *View) newest() *State {
	if v.behind.Load() {
		v.state.Store(v.snapshot())
		v.behind.Store(false)
	}
	return v.state.Load()
}

// snapshot is the state as of the applied events. The caller holds mu, or is the only one who knows the view.
func (v *View) snapshot() *State {
	return &State{Head: v.head, past: v.past, tables: v.tables.published()}
}

// Wait blocks until the view has reached a revision and returns the state then. The faults are those of a context that ended, and
// Unavailable once the view is closed.
func (v *View) Wait(ctx context.Context, revision uint64) (*State, error) {
	for {
		// The gate alone does not do: between its opening and a look at the state the view may have started over from an earlier point.
		if s := v.State(); s.Head.Revision >= revision {
			return s, nil
		}
		switch err := v.gate.Wait(ctx, revision); {
		case errors.Is(err, ErrClosed):
			return nil, fault.Unavailablef(err, "The tenant is closed.")
		case err != nil:
			return nil, fault.As(err)
		}
	}
}

// Close ends all waiting, now and later. The state stays what it is.
func (v *View) Close() { v.gate.Close() }

// Apply applies events from the log, in order. Events that the view has are skipped. The error is store.ErrHistory when an event does not
// follow what the view has, or says that a record cannot be decoded; the view then stays at the last good event.
func (v *View) Apply(events []store.Event) error {
	for some := range slices.Chunk(events, applyAtOnce) {
		if err := v.applySome(some); err != nil {
			return err
		}
	}
	return nil
}

func (v *View) applySome(events []store.Event) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	defer v.publish()
	for _, e := range events {
		if err := v.applyOne(e); err != nil {
			return err
		}
	}
	v.applyEarly()
	return nil
}

// Offer hands in an event that this node made itself, so that it need not wait for the log to bring it. An event that comes before
// its predecessors is kept until they are there. The log remains the truth: an event that does not fit is dropped here.
func (v *View) Offer(e store.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if e.Revision > v.head.Revision+1 {
		if len(v.early) < maxEarly {
			v.early[e.Revision] = e
		}
		return
	}
	if v.applyOne(e) == nil {
		v.applyEarly()
	}
	v.publish()
}

// Adopt starts over from a state that was built aside. Until then readers see the old state, and after that only the new one.
func (v *View) Adopt(b *Builder) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.log, v.early, v.shown = b.log, make(map[uint64]store.Event), b.head
	v.level.Store(v.head.Revision)
	v.state.Store(v.snapshot())
	v.behind.Store(false)
	v.gate.Reset(v.head.Revision)
	v.advanced(v.head)
}

func (v *View) applyOne(e store.Event) error { return v.apply(e, v.expected.of(e.CommitID)) }

// applyEarly applies the kept events that now follow. One that does not fit, and with it all that come behind it, is forgotten: if
// the log has them it will say so itself.
func (v *View) applyEarly() {
	for len(v.early) > 0 {
		e, ok := v.early[v.head.Revision+1]
		if !ok {
			v.dropPassed()
			return
		}
		delete(v.early, e.Revision)
		if v.applyOne(e) != nil {
			v.early = make(map[uint64]store.Event)
			return
		}
	}
}

// dropPassed forgets kept events that the log has brought meanwhile.
func (v *View) dropPassed() {
	for revision := range v.early {
		if revision <= v.head.Revision {
			delete(v.early, revision)
		}
	}
}

// publish shows the applied events to readers, then opens the gate for those who wait for them.
func (v *View) publish() {
	if v.head == v.shown {
		return
	}
	v.shown = v.head
	v.behind.Store(true)
	v.level.Store(v.head.Revision)
	v.gate.Advance(v.head.Revision)
	v.advanced(v.head)
}

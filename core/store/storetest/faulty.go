package storetest

import (
	"context"
	"iter"
	"sync"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// Faulty wraps a store whose faults a test chooses. What is asked for with FailCommit, LoseAnswer and HoldCommit happens to the next
// commits, one each, in the order in which it was asked for; commits after them go through. SetDown concerns all calls until it ends.
type Faulty struct {
	inner store.Store

	mu      sync.Mutex
	plans   []plan
	commits int
	down    error         // nil while up
	downed  chan struct{} // closed while down
}

// plan is what happens to one commit.
type plan struct {
	fail    error         // before it is sent
	lose    bool          // its answer, after it was sent
	reached chan struct{} // closed when it has come
	release chan struct{} // what it waits for
}

var _ store.Store = (*Faulty)(nil)

// NewFaulty wraps a store. Closing the wrapper closes it.
func NewFaulty(inner store.Store) *Faulty {
	return &Faulty{inner: inner, downed: make(chan struct{})}
}

// FailCommit makes a coming commit fail with err, nothing written.
func (f *Faulty) FailCommit(err error) { f.plan(plan{fail: err}) }

// LoseAnswer lets a coming commit through and answers Uncertain, whatever the store said.
func (f *Faulty) LoseAnswer() { f.plan(plan{lose: true}) }

// HoldCommit keeps a coming commit from the store until release is called or its context ends. The channel reached is closed when the
// commit has come.
func (f *Faulty) HoldCommit() (reached <-chan struct{}, release func()) {
	p := plan{reached: make(chan struct{}), release: make(chan struct{})}
	f.plan(p)
	return p.reached, sync.OnceFunc(func() { close(p.release) })
}

// SetDown makes every call fail with err, and ends blocked calls of Events with it, until SetDown(nil).
func (f *Faulty) SetDown(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil && f.down == nil:
		close(f.downed)
	case err == nil && f.down != nil:
		f.downed = make(chan struct{})
	}
	f.down = err
}

// Commits counts the calls of Commit so far, failed ones included.
func (f *Faulty) Commits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.commits
}

// Commit implements store.Store.
func (f *Faulty) Commit(ctx context.Context, c store.Commit) (store.Event, error) {
	p, err := f.next()
	if err != nil {
		return store.Event{}, err
	}
	if p.release != nil {
		close(p.reached)
		select {
		case <-p.release:
		case <-ctx.Done():
			return store.Event{}, fault.As(ctx.Err())
		}
	}
	if p.fail != nil {
		return store.Event{}, p.fail
	}
	e, err := f.inner.Commit(ctx, c)
	if p.lose {
		return store.Event{}, &fault.Error{
			Kind: fault.Uncertain, Code: fault.CodeCommitUncertain,
			Message: "The answer of the store was lost.", Cause: err,
		}
	}
	return e, err
}

// Head implements store.Store.
func (f *Faulty) Head(ctx context.Context) (store.Head, error) {
	if _, err := f.state(); err != nil {
		return store.Head{}, err
	}
	return f.inner.Head(ctx)
}

// Events implements store.Store.
func (f *Faulty) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	downed, err := f.state()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-downed:
			cancel()
		case <-stop:
		}
	}()
	events, err := f.inner.Events(ctx, after, limit)
	if _, down := f.state(); down != nil {
		return nil, down
	}
	return events, err
}

// Snapshot implements store.Store.
func (f *Faulty) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	if _, err := f.state(); err != nil {
		return store.Head{}, func(yield func(store.Record, error) bool) { yield(store.Record{}, err) }
	}
	return f.inner.Snapshot(ctx)
}

// Close implements store.Store.
func (f *Faulty) Close() error { return f.inner.Close() }

func (f *Faulty) plan(p plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans = append(f.plans, p)
}

// next takes the plan for one commit; without any it goes through.
func (f *Faulty) next() (plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commits++
	if f.down != nil || len(f.plans) == 0 {
		return plan{}, f.down
	}
	p := f.plans[0]
	f.plans = f.plans[1:]
	return p, nil
}

// state gives the channel that is closed when the store goes down, and the fault while it is.
func (f *Faulty) state() (<-chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.downed, f.down
}

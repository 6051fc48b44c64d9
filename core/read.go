package core

import (
	"context"
	"sync"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Read says how recent what is read must be. The zero value is linearizable: the read sees every write that was acknowledged, on any node,
// before it began.
type Read struct {
	Local       bool   // what this node has is enough
	MinRevision uint64 // at least this revision is enough; a token from an earlier write
}

// headTimeout bounds one question for the head of the log, whoever asked it.
const headTimeout = 2 * time.Second

// stateAt returns a state that is as recent as r asks.
func (t *Tenant) stateAt(ctx context.Context, r Read) (*view.State, error) {
	if r.Local {
		return t.view.State(), nil
	}
	want := r.MinRevision
	if want == 0 {
		h, err := t.head(ctx)
		if err != nil {
			return nil, err
		}
		want = h.Revision
	}
	if s := t.view.State(); s.Head.Revision >= want {
		return s, nil
	}
	return t.caughtUp(ctx, want)
}

// Head is a point of the log that is at least as new as every write acknowledged before the call, by any node: Confirm it, and searches find
// them all.
func (t *Tenant) Head(ctx context.Context) (store.Head, error) { return t.head(ctx) }

// head returns a head that is at least as new as every write acknowledged before the call.
func (t *Tenant) head(ctx context.Context) (store.Head, error) {
	if t.near != nil {
		return t.near.NearHead()
	}
	return t.reads.head(ctx)
}

// caughtUp waits for the view to reach a revision, for Options.WaitTimeout at most: a node that cannot follow the log says so.
func (t *Tenant) caughtUp(ctx context.Context, want uint64) (*view.State, error) {
	waiting, cancel := context.WithTimeout(ctx, t.options.WaitTimeout)
	defer cancel()
	s, err := t.view.Wait(waiting, want)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, &fault.Error{
			Kind: fault.Unavailable, Code: fault.CodeStale, Message: "This node is behind what was asked for; try again.", Cause: err,
		}
	}
	return s, err
}

// readIndex shares one question for the head of the log among all who ask at about the same time. Who comes while a question is under
// way must not take its answer, which may be older than an acknowledged write that they know of: they share the next one.
type readIndex struct {
	ask func(context.Context) (store.Head, error)

	mu   sync.Mutex
	busy bool
	next *question
}

type question struct {
	done chan struct{}
	head store.Head
	err  error
}

// head returns a head that is at least as new as every write acknowledged before the call.
func (r *readIndex) head(ctx context.Context) (store.Head, error) {
	q := r.join()
	if q == nil {
		defer r.finish()
		return r.askOnce(ctx)
	}
	select {
	case <-q.done:
		return q.head, q.err
	case <-ctx.Done():
		return store.Head{}, fault.As(ctx.Err())
	}
}

// join returns the next question to wait for, or nil when nobody asks at the moment and the caller is to ask itself.
func (r *readIndex) join() *question {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.busy {
		r.busy = true
		return nil
	}
	if r.next == nil {
		r.next = &question{done: make(chan struct{})}
	}
	return r.next
}

// finish hands over to the next question, if anybody waits for one.
func (r *readIndex) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.next
	r.next = nil
	if q == nil {
		r.busy = false
		return
	}
	go func() {
		defer r.finish()
		defer close(q.done)
		q.head, q.err = r.askOnce(context.Background())
	}()
}

// askOnce asks the store. Nobody but the asker waits for a question that was asked with its context; shared ones are asked with none. A store
// that does not answer in time is not the asker's fault.
func (r *readIndex) askOnce(ctx context.Context) (store.Head, error) {
	asking, cancel := context.WithTimeout(ctx, headTimeout)
	defer cancel()
	h, err := r.ask(asking)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		return store.Head{}, fault.Unavailablef(err, "The store did not answer in time.")
	}
	return h, err
}

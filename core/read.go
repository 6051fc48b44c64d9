package core

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Read says how recent what is read must be. The zero value is linearizable: the read sees every write that was acknowledged, on any node,
// before it began.
type Read struct {
	Local   bool        // what this node has is enough
	AtLeast Revision    // what has this revision is enough; that of an earlier answer. It comes before Local
	Seen    *store.Head // if not nil, is told which point of the history was read
}

// headTimeout bounds one question for the head of the log, whoever asked it.
const headTimeout = 2 * time.Second

// stateAt returns a state that is as recent as r asks.
func (t *Tenant) stateAt(ctx context.Context, r Read) (*view.State, error) {
	s, err := t.recentState(ctx, r)
	if err == nil && r.Seen != nil {
		*r.Seen = s.Head
	}
	return s, err
}

func (t *Tenant) recentState(ctx context.Context, r Read) (*view.State, error) {
	switch {
	case !r.AtLeast.IsZero():
		return t.stateSince(ctx, r.AtLeast)
	case r.Local:
		return t.localState(ctx)
	default:
		return t.newestState(ctx)
	}
}

// newestState returns a state that has every write acknowledged before the call. A store whose head is not in the view's history has another
// one: then the view is reloaded before anything is answered.
func (t *Tenant) newestState(ctx context.Context) (*view.State, error) {
	before := t.view.Revision()
	h, err := t.head(ctx)
	if err != nil {
		return nil, err
	}
	if s := t.view.State(); s.Standing(h) == view.Within && h.Revision >= before {
		return s, nil
	}
	waiting, cancel := context.WithTimeout(ctx, t.options.WaitTimeout)
	defer cancel()
	s, err := t.caughtUp(waiting, h, before)
	return s, t.behind(ctx, waiting, err)
}

// caughtUp waits for the view to have a head that the store was asked for when the view was at before already. What does not come soon may never come by
// itself: the view is compared with the store, and the head is asked for anew, for it may be of a history that is no more by now.
func (t *Tenant) caughtUp(ctx context.Context, h store.Head, before uint64) (*view.State, error) {
	for patience := shortly; ; patience *= 2 {
		if h.Revision >= before {
			s, err := t.waitFor(ctx, RevisionOf(h), patience)
			if err != nil || s != nil {
				return s, err
			}
		}
		if _, err := t.compared(ctx); err != nil {
			return nil, err
		}
		before = t.view.Revision()
		var err error
		if h, err = t.head(ctx); err != nil {
			return nil, err
		}
	}
}

// shortly is how long a read waits for a revision before it asks the store whether it is there at all.
const shortly = 100 * time.Millisecond

// stateSince returns a state that has a revision which some node has told of. Where this node has it, nobody is asked.
func (t *Tenant) stateSince(ctx context.Context, want Revision) (*view.State, error) {
	if s := t.view.State(); want.standing(s) == view.Within {
		return s, nil
	}
	waiting, cancel := context.WithTimeout(ctx, t.options.WaitTimeout)
	defer cancel()
	s, err := t.reached(waiting, want)
	return s, t.behind(ctx, waiting, err)
}

// reached waits for the view to have a revision. One that does not come soon may be of another history than the store's, and so may be what
// the view has: they are compared before anything is said.
func (t *Tenant) reached(ctx context.Context, want Revision) (*view.State, error) {
	if s, err := t.waitFor(ctx, want, shortly); err != nil || s != nil {
		return s, err
	}
	head, err := t.compared(ctx)
	if err != nil {
		return nil, err
	}
	if want.isExact() && head.Revision < want.number {
		return nil, historyChanged(want)
	}
	s, err := t.view.Wait(ctx, want.number)
	if err != nil {
		return nil, err
	}
	switch want.standing(s) {
	case view.Within:
		return s, nil
	case view.Forgotten:
		return s, t.lookUp(ctx, want)
	default:
		return nil, historyChanged(want)
	}
}

// waitFor returns nothing where the view does not have the revision in time, or has another in its place.
func (t *Tenant) waitFor(ctx context.Context, want Revision, patience time.Duration) (*view.State, error) {
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := t.view.Wait(short, want.number)
	switch {
	case err != nil && short.Err() != nil && ctx.Err() == nil:
		return nil, nil
	case err != nil:
		return nil, err
	case want.standing(s) == view.Within:
		return s, nil
	default:
		return nil, nil
	}
}

// lookUp asks the store for the history of a revision that the view does not remember.
func (t *Tenant) lookUp(ctx context.Context, want Revision) error {
	if t.past == nil {
		return revisionTooOld(want)
	}
	switch at, err := t.past.At(ctx, want.number); {
	case errors.Is(err, store.ErrHistory):
		return revisionTooOld(want)
	case err != nil:
		return err
	case RevisionOf(at) != want:
		return historyChanged(want)
	default:
		return nil
	}
}

// behind says that a wait which ended before the caller's own time did is this node's fault: it cannot follow the log.
func (t *Tenant) behind(ctx, waiting context.Context, err error) error {
	if fault.KindOf(err) != fault.DeadlineExceeded || waiting.Err() == nil || ctx.Err() != nil {
		return err
	}
	return &fault.Error{
		Kind: fault.Unavailable, Code: fault.CodeStale, Message: "This node is behind what was asked for; try again.", Cause: err,
	}
}

// Head is a point of the log that is at least as new as every write acknowledged before the call, by any node: Confirm it, and searches find
// them all.
func (t *Tenant) Head(ctx context.Context) (store.Head, error) { return t.head(ctx) }

// head returns a head that is at least as new as every write acknowledged before the call.
func (t *Tenant) head(ctx context.Context) (h store.Head, err error) {
	if t.near != nil {
		return t.near.NearHead()
	}
	if planted.On(planted.StaleRead) {
		return t.view.Head(), nil
	}
	if h, err = t.reads.head(ctx); err == nil {
		t.counts.known.Store(h.Revision)
	}
	return h, err
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

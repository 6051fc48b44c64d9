package core

import (
	"context"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

const (
	// The pause before another plan grows from the first to the last, with jitter: the more there are who contend, the longer it takes until
	// each had its turn.
	firstContention = time.Millisecond
	lastContention  = 32 * time.Millisecond
)

// plan turns a state into the commit that carries a command out, or refuses it. It may be called several times and has no other effect.
type plan func(*view.State) (store.Commit, error)

// write carries a plan out. A refusal that rests on what the view has is told only after the plan was refused at the head of the log as
// well, for the view may be behind. A commit whose conditions do not hold is planned anew at the head.
func (t *Tenant) write(ctx context.Context, p plan) (store.Event, error) {
	return t.carryOut(ctx, p, t.view.State(), false, nil)
}

// writeAtHead is write for plans that choose by what the view has, such as by a name: they are made at the head of the log from the start,
// so that they cannot choose by an older state.
func (t *Tenant) writeAtHead(ctx context.Context, p plan) (store.Event, error) {
	state, err := t.stateAt(ctx, Read{})
	if err != nil {
		return store.Event{}, err
	}
	return t.carryOut(ctx, p, state, true, nil)
}

// writeInParts carries out what may be too large for one commit: each part is planned at the head of the log, which has the parts before it,
// and says whether there is more. done is called after each part that was committed. The head is that of the last part.
func (t *Tenant) writeInParts(
	ctx context.Context, part func(*view.State) (c store.Commit, more bool, err error), done func(),
) (head store.Head, err error) {
	for more := true; more; {
		event, err := t.writeAtHead(ctx, func(s *view.State) (c store.Commit, err error) {
			c, more, err = part(s)
			return c, err
		})
		if err != nil {
			return head, err
		}
		head = event.Head
		done()
	}
	return head, nil
}

// carryOut plans on a state, which may be known to be at the head. made, if not nil, is the profile that each commit of the plan puts.
func (t *Tenant) carryOut(ctx context.Context, p plan, state *view.State, atHead bool, made *profile.Profile) (store.Event, error) {
	began := time.Now()
	for pause := firstContention; ; pause = min(2*pause, lastContention) {
		commit, err := p(state)
		if err == nil {
			commit.ID, commit.Since = t.options.NewID(), state.Head.Revision
			var event store.Event
			if event, err = t.commit(ctx, commit, made); err == nil {
				if planted.On(planted.OldRevision) {
					event.Head = state.Head
				}
				return event, nil
			}
			if !conditionFailed(err) {
				return store.Event{}, err
			}
			if time.Since(began) > t.options.ContendFor {
				return store.Event{}, contended(err)
			}
			if atHead { // the first refusal may be due to the view, and not to others
				sleep(ctx, jittered(pause))
			}
		} else if atHead || !restsOnView(err) {
			return store.Event{}, err
		}
		if state, err = t.stateAt(ctx, Read{}); err != nil {
			return store.Event{}, err
		}
		atHead = true
	}
}

func contended(cause error) error {
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeVersionMismatch, Cause: cause,
		Message: "Others are changing the same records at the same time; try again.",
	}
}

// commit sends a commit to the store, and hands the view the event that it became. A commit without changes makes none: the store answers it
// with the head alone.
func (t *Tenant) commit(ctx context.Context, c store.Commit, made *profile.Profile) (store.Event, error) {
	if made != nil {
		defer t.view.Expect(c.ID, made)()
	}
	event, err := t.store.Commit(ctx, c)
	if err == nil && len(c.Changes) > 0 {
		t.view.Offer(event)
	}
	return event, err
}

// Confirm blocks until the write that made the head can be found by searches on every live node, this one included. The write stands
// whatever Confirm returns, but for Uncertain write_lost: the store's history went back since, and the write is in it no more. It waits for
// Options.WaitTimeout at most and then answers DeadlineExceeded wait_timeout.
func (t *Tenant) Confirm(ctx context.Context, h store.Head) error {
	waiting, cancel := context.WithTimeout(ctx, t.options.WaitTimeout)
	defer cancel()
	err := t.found(waiting, h)
	if err == nil && t.barrier != nil && !planted.On(planted.NoBarrier) {
		err = t.barrier.Wait(waiting, h)
	}
	late := fault.KindOf(err) == fault.DeadlineExceeded
	if (err == nil || late) && t.isLost(ctx, h, late) || fault.HasCode(err, fault.CodeHistoryChanged) {
		return &fault.Error{
			Kind: fault.Uncertain, Code: fault.CodeWriteLost, Cause: err,
			Message: "The store acknowledged the write and has lost it since: its history went back.",
		}
	}
	if late {
		return &fault.Error{
			Kind: fault.DeadlineExceeded, Code: fault.CodeWaitTimeout, Cause: err,
			Message: "The write stands, but not every node has confirmed that searches find it.",
		}
	}
	return err
}

// found waits for this node to have a write. Where the log does not tell any more which commit made the revision, the number must do.
func (t *Tenant) found(ctx context.Context, h store.Head) error {
	s, err := t.view.Wait(ctx, h.Revision)
	if err != nil || s.Standing(h) == view.Within {
		return err
	}
	if _, err = t.reached(ctx, RevisionOf(h)); fault.HasCode(err, fault.CodeRevisionTooOld) {
		return nil
	}
	return err
}

// lookTime bounds the last look for a write that was not confirmed in time.
const lookTime = 200 * time.Millisecond

// isLost tells whether a write is known to be in the store's history no more. Where it could not be confirmed in time the store is asked.
func (t *Tenant) isLost(ctx context.Context, h store.Head, ask bool) bool {
	if t.view.Standing(h) == view.Elsewhere {
		return true
	}
	if !ask {
		return false
	}
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	head, err := t.head(looking)
	return err == nil && (head.Revision < h.Revision || fault.HasCode(t.lookUp(looking, RevisionOf(h)), fault.CodeHistoryChanged))
}

// conditionFailed tells whether the store refused a commit because a condition did not hold.
func conditionFailed(err error) bool {
	for _, code := range [...]fault.Code{fault.CodeRecordExists, fault.CodeRecordMissing, fault.CodeVersionMismatch, fault.CodeRecordInUse} {
		if fault.HasCode(err, code) {
			return true
		}
	}
	return false
}

// restsOnView tells whether a refusal may be different once the view has caught up.
func restsOnView(err error) bool {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.AlreadyExists, fault.Ambiguous, fault.Conflict, fault.InUse, fault.Precondition:
		return true
	default:
		return false
	}
}

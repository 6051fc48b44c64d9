package core

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

const (
	// fetchEvents is how many events are asked for at once.
	fetchEvents = 512
	// The pause before a failed read of the log is tried again grows from the first to the last, with jitter.
	firstPause = 20 * time.Millisecond
	lastPause  = time.Second
)

// follow keeps the view at the end of the log until ctx ends.
func (t *Tenant) follow(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		err := t.followOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			pause = firstPause
			continue
		}
		t.notFollowing(err)
		sleep(ctx, jittered(pause))
		pause = min(2*pause, lastPause)
	}
}

// followOnce reads what comes next, and waits for it. Where somebody doubts that the view is of the store's history, and after a failure, it
// compares the two first: after a failure nothing may come for long, and the tenant is well all the same.
func (t *Tenant) followOnce(ctx context.Context) error {
	if t.doubts.take() || t.following.Load() != nil {
		head, astray, err := t.compare(ctx)
		if err == nil && astray {
			err = t.reload(ctx)
		}
		if err != nil {
			return err
		}
		if head == t.view.Head() {
			t.nowFollowing()
		}
		t.doubts.settle(head)
	}
	waiting, cancel := t.doubts.wait(ctx)
	defer cancel()
	events, err := t.store.Events(waiting, t.view.Head(), fetchEvents)
	if err == nil {
		err = t.view.Apply(events)
	}
	switch {
	case err == nil:
		t.nowFollowing()
		return nil
	case errors.Is(err, store.ErrHistory):
		return t.startOver(ctx)
	case waiting.Err() != nil:
		return nil // a doubt came up
	default:
		return err
	}
}

// compare asks for the store's head, and tells whether the view is of another history. A head that is beyond the view proves nothing yet: the log will
// show whether it follows.
func (t *Tenant) compare(ctx context.Context) (head store.Head, astray bool, err error) {
	before := t.view.Revision()
	if head, err = t.store.Head(ctx); err != nil {
		return head, false, err
	}
	// The store was asked after the view had come to before, so in one history it cannot be behind that.
	astray = head.Revision < before || t.view.State().Standing(head) == view.Elsewhere
	if astray {
		t.wentAstray(head)
	}
	return head, astray, nil
}

// startOver reloads a view from which the log cannot be followed: it fell behind what the log keeps, or it is of another history, which it may
// be able to tell.
func (t *Tenant) startOver(ctx context.Context) error {
	head, astray, err := t.compare(ctx)
	if err != nil {
		return err
	}
	if had := t.view.Head(); !astray && t.past != nil {
		if then, err := t.past.At(ctx, had.Revision); err == nil && then != had {
			t.wentAstray(head)
		}
	}
	return t.reload(ctx)
}

// wentAstray notes that the store's history went back: what the view has is of a history that is no more.
func (t *Tenant) wentAstray(now store.Head) {
	if !t.astray.Swap(true) {
		t.counts.wentBack.Add(1)
		t.log.Error("the store's history went back: what this node has is of a history that the store has no more; loading the new one",
			"fault", string(fault.CodeHistoryChanged), "had", RevisionOf(t.view.Head()).String(), "store_has", RevisionOf(now).String())
	}
}

// reload starts the view over from a snapshot. Until that is there, readers who are content with it get what the view had.
func (t *Tenant) reload(ctx context.Context) error {
	had := t.view.Head()
	t.log.Warn("the log cannot be followed from where the view is; loading a snapshot", "revision", RevisionOf(had).String())
	if err := t.load(ctx); err != nil {
		return err
	}
	t.counts.reloads.Add(1)
	if t.astray.Swap(false) {
		t.log.Warn("the store's new history is loaded", "had", RevisionOf(had).String(), "has", RevisionOf(t.view.Head()).String())
		t.stopped.Go(func() { t.seedAnew(ctx) })
	}
	return nil
}

// seedAnew makes the default roles and profiles where the store's new history has none: a store that was emptied would let nobody in until the
// process is started again.
func (t *Tenant) seedAnew(ctx context.Context) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := t.seed(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		t.log.Warn("the default roles and profiles could not be made sure of; trying again", "error", err)
		sleep(ctx, jittered(pause))
	}
}

func (t *Tenant) nowFollowing() {
	if t.following.Swap(nil) != nil {
		t.log.Info("following the log again", "revision", t.Revision())
	}
}

func (t *Tenant) notFollowing(err error) {
	if t.following.Swap(fault.As(err)) == nil {
		t.log.Warn("the log cannot be read; trying again", "error", err)
	}
}

// jittered is a pause of half to one and a half times as long.
func jittered(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause) //nolint:gosec // jitter needs no secrecy
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

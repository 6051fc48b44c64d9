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

// load builds the view from a snapshot: the records, then the events that came while they were read. It starts again, after a pause, when the
// log was trimmed meanwhile.
func (t *Tenant) load(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := t.loadOnce(ctx)
		if !errors.Is(err, store.ErrHistory) || ctx.Err() != nil {
			return err
		}
		t.log.Warn("the log moved on while a snapshot was read; reading it again")
		sleep(ctx, jittered(pause))
	}
}

// jittered is a pause of half to one and a half times as long.
func jittered(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause) //nolint:gosec // jitter needs no secrecy
}

func (t *Tenant) loadOnce(ctx context.Context) error {
	at, records := t.store.Snapshot(ctx)
	b := view.NewBuilder(at)
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := b.Put(r); err != nil {
			return fault.Internalf("a stored record cannot be read: %w", err)
		}
	}
	target, err := t.store.Head(ctx)
	if err != nil {
		return err
	}
	for b.Head().Revision < target.Revision {
		events, err := t.store.Events(ctx, b.Head(), fetchEvents)
		if err != nil {
			return err
		}
		if err := b.Apply(events); err != nil {
			return err
		}
	}
	t.view.Adopt(b)
	return nil
}

// follow keeps the view at the end of the log until ctx ends.
func (t *Tenant) follow(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		err := t.followOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			t.nowFollowing()
			pause = firstPause
			continue
		}
		t.notFollowing(err)
		sleep(ctx, jittered(pause))
		pause = min(2*pause, lastPause)
	}
}

// followOnce reads what comes next, and waits for it. After a failure it asks for the head first: where the view is there already nothing may
// come for long, and the tenant is well all the same.
func (t *Tenant) followOnce(ctx context.Context) error {
	if t.following.Load() != nil {
		head, err := t.store.Head(ctx)
		if err != nil {
			return err
		}
		if head == t.view.Head() {
			t.nowFollowing()
		}
	}
	events, err := t.store.Events(ctx, t.view.Head(), fetchEvents)
	if err == nil {
		err = t.view.Apply(events)
	}
	if !errors.Is(err, store.ErrHistory) {
		return err
	}
	t.log.Warn("the log cannot be followed from where the view is; loading a snapshot", "revision", t.Revision())
	return t.load(ctx)
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

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

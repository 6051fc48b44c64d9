package core

import (
	"context"
	"errors"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

const (
	// tailAhead is how many fetches of the log are held while a snapshot is read: what comes beyond them waits in the log.
	tailAhead = 4
	// mergeEvery is after how many records of a snapshot the log is looked at.
	mergeEvery = 64
	// tellEvery is how often a load that takes long says how far it is.
	tellEvery = 5 * time.Second
)

// load builds the view from a snapshot. It starts again, after a pause, when the log was trimmed or the history changed meanwhile.
func (t *Tenant) load(ctx context.Context) error {
	t.counts.loading.Store(true)
	defer t.counts.loading.Store(false)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := t.loadOnce(ctx)
		if !errors.Is(err, store.ErrHistory) || ctx.Err() != nil {
			return err
		}
		t.log.Warn("the log moved on while a snapshot was read; reading it again")
		sleep(ctx, jittered(pause))
	}
}

// assembly is one reading of a snapshot. The events since its head are applied while its records are read, so that the log may be trimmed
// behind them: however long the records take, no more of the log is needed than what came in the last moments.
type assembly struct {
	t       *Tenant
	built   *view.Builder
	tail    <-chan tailed
	began   time.Time
	told    time.Time
	records uint64
}

// tailed is one fetch of the log.
type tailed struct {
	events []store.Event
	err    error
}

func (t *Tenant) loadOnce(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at, records := t.store.Snapshot(ctx)
	t.counts.loaded.Store(0)
	now := time.Now()
	l := &assembly{t: t, built: view.NewBuilder(at), tail: t.tail(ctx, at), began: now, told: now}
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := l.put(r); err != nil {
			return err
		}
	}
	l.built.Scanned()
	t.counts.loaded.Store(l.records)
	target, err := t.store.Head(ctx)
	if err != nil {
		return err
	}
	if err := l.reach(target); err != nil {
		return err
	}
	t.view.Adopt(l.built)
	l.tell("a tenant's records are loaded")
	return nil
}

// tail reads the log after a point until ctx ends, or until it fails.
func (t *Tenant) tail(ctx context.Context, at store.Head) <-chan tailed {
	c := make(chan tailed, tailAhead)
	t.stopped.Go(func() {
		defer close(c)
		for {
			events, err := t.store.Events(ctx, at, fetchEvents)
			select {
			case c <- tailed{events, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
			at = events[len(events)-1].Head
		}
	})
	return c
}

// put adds a record, and now and then what the log has brought.
func (l *assembly) put(r store.Record) error {
	if err := l.built.Put(r); err != nil {
		return fault.Internalf("a stored record cannot be read: %w", err)
	}
	l.records++
	if l.records%mergeEvery != 0 {
		return nil
	}
	l.t.counts.loaded.Store(l.records)
	if now := time.Now(); now.Sub(l.told) >= tellEvery {
		l.told = now
		l.tell("loading a tenant's records")
	}
	return l.merge()
}

// merge applies what the log has brought by now.
func (l *assembly) merge() error {
	for {
		select {
		case next, more := <-l.tail:
			if err := l.apply(next, more); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// reach applies the log up to a head, which must be a point of the history that the snapshot is of.
func (l *assembly) reach(target store.Head) error {
	for l.built.Head().Revision < target.Revision {
		if now := time.Now(); now.Sub(l.told) >= tellEvery {
			l.told = now
			l.tell("catching up with a tenant's log", "events_to_go", target.Revision-l.built.Head().Revision)
		}
		next, more := <-l.tail
		if err := l.apply(next, more); err != nil {
			return err
		}
	}
	// The target was asked for before the last events were read, so what was built may be beyond it.
	if l.built.Standing(target) != view.Within {
		return store.ErrHistory
	}
	return nil
}

// apply applies a fetch of the log; where there are no more of them, the load was given up.
func (l *assembly) apply(next tailed, more bool) error {
	if !more {
		return fault.As(context.Canceled)
	}
	if next.err != nil {
		return next.err
	}
	return l.built.Apply(next.events)
}

func (l *assembly) tell(what string, more ...any) {
	args := append([]any{
		"records", l.records, "revision", l.built.Head().Revision, "after", time.Since(l.began).Round(time.Millisecond).String(),
	}, more...)
	l.t.log.Info(what, args...)
}

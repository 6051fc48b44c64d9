package redisstore

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/store"
)

// fetchEntries bounds one reading of the log; a caller that wants more comes again.
const fetchEntries = 256

// Events reads the log after a point: one command where there is something, and then none until somebody has published a later revision. After a
// commit of this node's own, with nothing heard of beyond it, there is nothing to read.
func (t *Tenant) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	if err := store.CheckLimit(limit); err != nil {
		return nil, err
	}
	for {
		if t.isClosed() {
			return nil, closedFault()
		}
		open := t.pledge.open()
		if events := t.recent.after(after, limit); len(events) > 0 {
			return events, t.pledge.tell(events, after, open)
		}
		seen := t.hint.state() // before the log is read, so that nothing published since is missed
		if open.Revision > after.Revision || !t.recent.has(after) || !t.hint.quiet(after.Revision) {
			events, err := t.readLog(ctx, after, limit)
			if err != nil {
				return nil, err
			}
			if err := t.pledge.tell(events, after, open); err != nil {
				return nil, err
			}
			if n := len(events); n > 0 {
				t.hint.reached(events[n-1].Head)
				return events, nil
			}
			t.hint.reached(after)
		}
		if err := t.hint.wait(ctx, t.closed, after.Revision, seen); err != nil {
			return nil, err
		}
	}
}

// readLog reads what follows a point, and sees by the entry at the point that it is one of this history.
func (t *Tenant) readLog(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	var reply []any
	err := t.c.again(ctx, t.closed, func(ctx context.Context) error {
		var err error
		reply, err = t.rangeLog(ctx, max(after.Revision, 1), min(limit, fetchEntries)+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	events, err := decodeEntries(reply)
	if err != nil {
		return nil, err
	}
	if events, err = follow(events, after); err != nil {
		return nil, err
	}
	return events[:min(limit, len(events))], nil
}

// rangeLog reads entries of the log. With the fence on, the replicas confirm that they have them, so that no view shows what a failover undoes.
func (t *Tenant) rangeLog(ctx context.Context, from uint64, count int) ([]any, error) {
	read := func(to interface {
		Do(ctx context.Context, args ...any) *redis.Cmd
	},
	) *redis.Cmd {
		return to.Do(ctx, "XRANGE", t.keys.log, formatUint(from)+"-0", "+", "COUNT", count)
	}
	if !t.c.fenced() {
		return read(t.c.rdb).Slice()
	}
	var answer *redis.Cmd
	if err := t.c.vouched(ctx, t.keys.fence, func(to redis.Pipeliner) {
		answer = read(to)
		to.Set(ctx, t.keys.fence, t.c.node, 0)
	}); err != nil {
		return nil, err
	}
	return answer.Slice()
}

// follow takes the events after a point from a reading of the log that began at it.
func follow(events []store.Event, after store.Head) ([]store.Event, error) {
	if after.Revision == 0 {
		if after != (store.Head{}) || len(events) > 0 && events[0].Revision != 1 {
			return nil, store.ErrHistory
		}
		return events, nil
	}
	if len(events) == 0 || events[0].Head != after && !planted.On(planted.NumbersOnly) {
		return nil, store.ErrHistory
	}
	return events[1:], nil
}

// recentEvents is how many of this node's own commits are kept to be told again.
const recentEvents = 256

// recent holds the latest events that this node's own commits made. A node follows the log for the commits of others; its
// own it knows already, and where they follow each other without a gap (each names the one before) the log need not be read.
type recent struct {
	mu   sync.Mutex
	ring [recentEvents]store.Event
}

// recentBytes bounds the memory that one event may take to be kept.
const recentBytes = 64 << 10

func (r *recent) add(e store.Event) {
	size := 0
	for i := range e.Puts {
		size += len(e.Puts[i].Data)
	}
	if size > recentBytes {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring[e.Revision%recentEvents] = e
}

// forget drops all: they are of a history that went back.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring = [recentEvents]store.Event{}
}

// has tells whether one of the events made that point of the history.
func (r *recent) has(h store.Head) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return h.Revision > 0 && r.ring[h.Revision%recentEvents].Head == h
}

// after gives the events that follow a point, or none.
func (r *recent) after(h store.Head, limit int) []store.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []store.Event
	for len(events) < limit {
		e := &r.ring[(h.Revision+1)%recentEvents]
		if e.Revision != h.Revision+1 || e.Previous != h.CommitID {
			break
		}
		events = append(events, *e)
		h = e.Head
	}
	return events
}

package core

import (
	"context"
	"sync"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// doubts lets readers who see that the view may be of another history than the store's have both compared at once, by the one goroutine
// that feeds the view. Who comes while a comparison is under way shares the next one.
type doubts struct {
	mu      sync.Mutex
	next    *doubt             // raised and not taken up
	taken   *doubt             // under way
	waiting context.CancelFunc // ends the wait for the log; nil before the first
	since   time.Time          // when that began
}

// undisturbed is how long the log may be waited for before a doubt ends it: reading what is there takes less, and a view that is far behind is not to be
// kept from it by those who doubt it for that.
const undisturbed = 50 * time.Millisecond

// doubt is one comparison to be made.
type doubt struct {
	settled chan struct{}
	head    store.Head // the store's, as it was asked for after the doubt was raised
}

// raise asks for a comparison.
func (d *doubts) raise() *doubt {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.next == nil {
		d.next = &doubt{settled: make(chan struct{})}
		if d.waiting != nil {
			time.AfterFunc(max(0, undisturbed-time.Since(d.since)), d.waiting)
		}
	}
	return d.next
}

// take takes up the comparison that was asked for, and tells whether there is one to be made.
func (d *doubts) take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken == nil {
		d.taken, d.next = d.next, nil
	}
	return d.taken != nil
}

// settle ends the comparison that was taken up, if there is one.
func (d *doubts) settle(head store.Head) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken != nil {
		d.taken.head = head
		close(d.taken.settled)
		d.taken = nil
	}
}

// wait is a context to wait for the log with: it ends when a doubt is raised.
func (d *doubts) wait(ctx context.Context) (context.Context, context.CancelFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting, cancel := context.WithCancel(ctx)
	if d.next != nil { // since it was looked for
		cancel()
	}
	d.waiting, d.since = cancel, time.Now()
	return waiting, cancel
}

// compared has the view compared with the store, which reloads it where the store's history is another one, and returns the store's head.
func (t *Tenant) compared(ctx context.Context) (store.Head, error) {
	d := t.doubts.raise()
	select {
	case <-d.settled:
		return d.head, nil
	case <-ctx.Done():
		return store.Head{}, fault.As(ctx.Err())
	}
}

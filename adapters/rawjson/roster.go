package rawjson

import (
	"context"
	"sync"
)

// member is a connection as its transport's roster sees it.
type member interface {
	// hold begins no further request. It does not block.
	hold()
	// leave lets what is in flight be answered, until ctx ends, and then closes the connection.
	leave(ctx context.Context)
	// kill ends the connection and its requests at once. It does not block.
	kill()
}

// roster counts the connections of a transport, and closes them.
type roster struct {
	limit int

	mu      sync.Mutex
	taken   int // places, of members and of connections that are still being made
	members map[member]struct{}
	closing chan struct{} // closed when no more are let in
	empty   chan struct{} // closed when, besides, no place is taken
}

func newRoster(limit int) *roster {
	return &roster{limit: limit, members: make(map[member]struct{}), closing: make(chan struct{}), empty: make(chan struct{})}
}

// reserve takes a place, if there is one. Whoever has a place gives it back with release.
func (r *roster) reserve() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosing() || r.taken >= r.limit {
		return false
	}
	r.taken++
	return true
}

// enter makes m known to shutdown; false if that has begun already.
func (r *roster) enter(m member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosing() {
		return false
	}
	r.members[m] = struct{}{}
	return true
}

// release gives a place back, and forgets m if it had entered.
func (r *roster) release(m member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
	r.taken--
	if r.isClosing() && r.taken == 0 {
		close(r.empty)
	}
}

func (r *roster) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken
}

func (r *roster) isClosing() bool {
	select {
	case <-r.closing:
		return true
	default:
		return false
	}
}

// shutdown refuses new connections, lets the present ones leave and waits for the last, as wait does.
func (r *roster) shutdown(ctx context.Context) error {
	r.dismiss(ctx, r.close())
	return r.wait(ctx)
}

// dismiss stops all of them before it waits for any.
func (r *roster) dismiss(ctx context.Context, members []member) {
	for _, m := range members {
		m.hold()
	}
	for _, m := range members {
		go m.leave(ctx)
	}
}

// wait waits until every place is free; when ctx ends before, it kills what is left.
func (r *roster) wait(ctx context.Context) error {
	select {
	case <-r.empty:
		return nil
	case <-ctx.Done():
	}
	for _, m := range r.present() {
		m.kill()
	}
	return ctx.Err()
}

// close returns the members that are to leave; nobody the second time.
func (r *roster) close() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isClosing() {
		return nil
	}
	close(r.closing)
	if r.taken == 0 {
		close(r.empty)
	}
	return r.presentLocked()
}

func (r *roster) present() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.presentLocked()
}

func (r *roster) presentLocked() []member {
	all := make([]member, 0, len(r.members))
	for m := range r.members {
		all = append(all, m)
	}
	return all
}

package redisstore

import (
	"context"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// A barrier that waits looks for itself in these intervals, in case that a message was lost or a node died.
const (
	firstLook = 50 * time.Millisecond
	mostLook  = 200 * time.Millisecond
)

// Applied notes what this node's view has reached; each call tells what came after the last. The others are told in the background; while there are none, with the next renewal
// of the lease.
func (t *Tenant) Applied(h store.Head) {
	if t.members.apply(h) {
		t.c.reports.add(t, taskReport)
	}
}

// Wait blocks until every live node that has the tenant open has applied h. Where this node is the only one it asks nobody.
// doc.go says why it misses no node.
func (t *Tenant) Wait(ctx context.Context, h store.Head) error {
	look, began := firstLook, time.Now()
	for {
		if t.isClosed() {
			return closedFault()
		}
		s := t.members.standing(h)
		if s.reached() {
			return nil
		}
		// A set of nodes that was read since h was made is known for h; one that is in doubt may hold a node that has left.
		if (s.doubted || !s.known && s.readAt.Before(began)) && t.refresh(ctx) == nil {
			continue
		}
		woken, err := t.pauseWait(ctx, s.changed, s.pause(look))
		if err != nil {
			return err
		}
		if !woken {
			look = min(2*look, mostLook)
			t.lookAgain(ctx, h)
		}
	}
}

// pause is how long to wait before the next look, if nothing changes.
func (s *standing) pause(look time.Duration) time.Duration {
	if left := time.Until(s.settles); left > 0 {
		return min(left, look)
	}
	return look
}

// pauseWait waits for a change, or until it is time to look again.
func (t *Tenant) pauseWait(ctx context.Context, changed <-chan struct{}, look time.Duration) (woken bool, err error) {
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-changed:
		return true, nil
	case <-timer.C:
		return false, nil
	case <-t.closed:
		return false, closedFault()
	case <-ctx.Done():
		return false, fault.As(ctx.Err())
	}
}

// lookAgain reads the members, and takes out those that hold the barrier up and are dead. Trouble is not told: the barrier goes on waiting
// and looks again, until its context ends.
func (t *Tenant) lookAgain(ctx context.Context, h store.Head) {
	s := t.members.standing(h)
	if s.known && len(s.behind) == 0 {
		return // only this node itself is behind, or the set is not believed yet
	}
	if t.refresh(ctx) != nil {
		return
	}
	s = t.members.standing(h)
	dead, err := t.c.dead(ctx, s.behind, s.readAt)
	if err != nil || len(dead) == 0 {
		return
	}
	if t.expel(ctx, dead...) != nil {
		return
	}
	t.c.log.Info("nodes whose lease ended were taken out of the tenant", "tenant", t.name, "nodes", dead)
	_ = t.refresh(ctx) // when it fails, the next look repeats it
}

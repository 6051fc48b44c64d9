package core

import (
	"context"
	"fmt"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/view"
)

const (
	// askTime bounds the question that a read asks where the lease is lost.
	askTime = time.Second
	// vainTime is for how long nobody asks again after that was in vain: who is refused anyway is refused at once.
	vainTime = time.Second
)

// vouched tells whether what this node has may be answered without asking the store: every node that waits for its writes to be found everywhere
// waits for this one too. Where there is no other node that is always so. It costs no lock.
func (t *Tenant) vouched() bool {
	return planted.On(planted.NoLease) || !t.astray.Load() && (t.barrier == nil || time.Now().Before(t.barrier.Lease()))
}

// localState returns what this node has. The state is taken first and the lease looked at then, so the state was vouched for when it was
// taken: what was confirmed before the caller came is in it. Where the lease is lost, because the store is out of reach or this node was too slow
// to renew it, the store is asked for its head instead, as linearizable reads do.
func (t *Tenant) localState(ctx context.Context) (*view.State, error) {
	s := t.view.State()
	if t.vouched() {
		return s, nil
	}
	if time.Now().UnixNano() < t.inVain.Load() {
		return nil, t.leaseLost(nil)
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	s, err := t.newestState(asking)
	if err == nil || ctx.Err() != nil {
		return s, err
	}
	t.inVain.Store(time.Now().Add(vainTime).UnixNano())
	return nil, t.leaseLost(err)
}

// again makes an answer of what this node has anew where the lease ended while it was made.
func again[T any](t *Tenant, r Read, answer func() (T, error)) (T, error) {
	got, err := answer()
	if err == nil && r.Local && r.AtLeast.IsZero() && !t.vouched() {
		return answer()
	}
	return got, err
}

func (t *Tenant) leaseLost(cause error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Code: fault.CodeLeaseLost, Cause: cause,
		Message: "This node cannot vouch for what it has; try another one, or again.",
	}
}

// leaseState tells operators why what this node has may not be answered, or nil.
func (t *Tenant) leaseState() error {
	if t.astray.Load() {
		return &fault.Error{
			Kind: fault.Unavailable, Code: fault.CodeStale, Message: "The store's history went back; the new one is being loaded.",
		}
	}
	if t.barrier == nil {
		return nil
	}
	until := t.barrier.Lease()
	over := time.Since(until)
	switch {
	case until.IsZero():
		return &fault.Error{
			Kind: fault.Unavailable, Code: fault.CodeLeaseLost,
			Message: "This node has no lease from the tenant's store: it has registered, and has yet to apply what was there then, or cannot register.",
		}
	case over >= 0:
		return &fault.Error{
			Kind: fault.Unavailable, Code: fault.CodeLeaseLost,
			Message: fmt.Sprintf("This node's lease from the tenant's store ended %s ago.", over.Round(100*time.Millisecond)),
		}
	default:
		return nil
	}
}

package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Held is a hold, and the head of the log as of when it was placed.
type Held struct {
	Hold *profile.Hold
	Head store.Head
}

// HoldSpecProfile places a hold on a spec profile, found as FindSpecProfile does: until it is released the profile cannot be deleted. A
// holder that holds the profile already keeps the hold that it has.
func (t *Tenant) HoldSpecProfile(ctx context.Context, c Caller, identity, holder string) (Held, error) {
	if err := profile.CheckHolder(holder); err != nil {
		return Held{}, err
	}
	var hold *profile.Hold
	placed := false
	event, err := t.writeAtHead(ctx, func(s *view.State) (store.Commit, error) {
		p, err := t.find(s, c, identity)
		if err != nil {
			return store.Commit{}, err
		}
		target, key := record.ProfileKey(profile.StyleSpec, p.ID), record.HoldKey(p.ID, holder)
		if old, ok := s.Hold(p.ID, holder); ok {
			hold, placed = old, false
			return store.Commit{Conditions: []store.Condition{{Key: key, Require: store.Exists}}}, nil
		}
		hold, placed = &profile.Hold{ProfileID: p.ID, Holder: holder, User: placedBy(c.actor), CreatedAt: t.millis()}, true
		return store.Commit{
			Conditions: []store.Condition{{Key: target, Require: store.Exists}, {Key: key, Require: store.Absent}},
			Changes:    []store.Change{{Key: key, Data: record.EncodeHold(hold), Refs: []store.Key{target}}},
		}, nil
	})
	if err != nil {
		return Held{}, err
	}
	if placed {
		hold.Revision = event.Revision
	}
	return Held{Hold: hold, Head: event.Head}, nil
}

// placedBy is who placed a hold; empty: nobody in particular.
func placedBy(a access.Actor) string {
	if user := a.InProject(); user != access.AnonymousUser {
		return user
	}
	return ""
}

// ReleaseSpecProfile takes a holder's hold off a spec profile, found as FindSpecProfile does. It tells whether there was one: releasing
// twice does no harm.
func (t *Tenant) ReleaseSpecProfile(ctx context.Context, c Caller, identity, holder string) (released bool, h store.Head, err error) {
	if err := profile.CheckHolder(holder); err != nil {
		return false, store.Head{}, err
	}
	event, err := t.writeAtHead(ctx, func(s *view.State) (store.Commit, error) {
		p, err := t.find(s, c, identity)
		if err != nil {
			return store.Commit{}, err
		}
		if _, released = s.Hold(p.ID, holder); !released {
			return store.Commit{}, nil
		}
		key := record.HoldKey(p.ID, holder)
		return store.Commit{
			Conditions: []store.Condition{{Key: key, Require: store.Exists}},
			Changes:    []store.Change{{Key: key, Delete: true}},
		}, nil
	})
	return released && err == nil, event.Head, err
}

// Holds lists the holds on a spec profile, found as FindSpecProfile does, in the order of their holders' names.
func (t *Tenant) Holds(ctx context.Context, c Caller, identity string, r Read) ([]*profile.Hold, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	p, err := t.find(s, c, identity)
	if err != nil {
		return nil, err
	}
	return slices.Collect(s.HoldsOf(p.ID)), nil
}

// maxHoldersTold bounds how many holders a refusal names.
const maxHoldersTold = 10

// heldBy is the refusal to delete a profile that is held; nil where it is not.
func heldBy(s *view.State, id string) error {
	var holders []string
	for h := range s.HoldsOf(id) {
		if len(holders) < maxHoldersTold {
			holders = append(holders, h.Holder)
		}
	}
	if holders == nil {
		return nil
	}
	return &fault.Error{
		Kind: fault.InUse, Code: fault.CodeProfileInUse, Subject: fault.Subject{Kind: "profile", ID: id},
		Message: fmt.Sprintf("The profile '%s' cannot be deleted: still referenced by some clusters and/or nodes.", id),
		Fields:  []fault.Field{{Path: "holds", Expected: "no holds", Values: holders}},
	}
}

package core

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// Caller is an actor whose right to an action was checked. Only Authorize and Member make one, and use cases ask for one, so no transport
// can forget the check.
type Caller struct{ actor access.Actor }

// Actor is who calls.
func (c Caller) Actor() access.Actor { return c.actor }

// Authorize checks an actor's rights to an action by Kuzzle's rules, on this node's view. The faults are Unauthenticated for the
// anonymous actor, Forbidden for a known one, and Unavailable lease_lost where nobody vouches for the rights that this node knows.
func (t *Tenant) Authorize(ctx context.Context, actor access.Actor, req access.Request) (Caller, error) {
	s, err := t.localState(ctx)
	if err != nil {
		return Caller{}, err
	}
	if err := access.Authorize(s, actor, req); err != nil {
		return Caller{}, err
	}
	return Caller{actor: actor}, nil
}

// Member checks an actor's right to spec profiles by Senlin's default policy: whoever acts for a project may do everything within it.
func (t *Tenant) Member(actor access.Actor) (Caller, error) {
	if actor.Project == "" {
		return Caller{}, noProject()
	}
	return Caller{actor: actor}, nil
}

// noProject is the refusal of whoever acts for no project where one is needed.
func noProject() error {
	return &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeUnauthenticated, Message: "Authentication is required."}
}

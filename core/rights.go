package core

import (
	"context"
	"fmt"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// maxRights bounds a list of rights: the rights of a profile are the product of its roles' actions and its restrictions' collections.
const maxRights = 100_000

// Allows tells whether an actor may do something, by the rules of Authorize.
func (t *Tenant) Allows(ctx context.Context, actor access.Actor, req access.Request) (bool, error) {
	s, err := t.localState(ctx)
	return err == nil && access.Authorize(s, actor, req) == nil, err
}

// RateLimit is how many requests an actor may make in a second on each node; 0: as many as it likes.
func (t *Tenant) RateLimit(actor access.Actor) int64 { return access.RateLimit(t.view.State(), actor) }

// ProfileRights lists the rights that a policy profile gives; NotFound profile_not_found where there is none, TooLarge too_large where they
// are too many to be listed.
func (t *Tenant) ProfileRights(ctx context.Context, _ Caller, id string, r Read) ([]access.Right, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if _, ok := s.PolicyProfile(id); !ok {
		return nil, profileNotFound(id)
	}
	return listed(access.ListRights(s, []string{id}, maxRights))
}

// ActorRights lists the rights that an actor has through its profiles; TooLarge too_large where they are too many.
func (t *Tenant) ActorRights(ctx context.Context, _ Caller, actor access.Actor, r Read) ([]access.Right, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	return listed(access.ListRights(s, actor.ProfileIDs(), maxRights))
}

func listed(rights []access.Right, ok bool) ([]access.Right, error) {
	if ok {
		return rights, nil
	}
	return nil, &fault.Error{
		Kind: fault.TooLarge, Code: fault.CodeTooLarge, Message: fmt.Sprintf("There are more than %d rights to list.", maxRights),
	}
}

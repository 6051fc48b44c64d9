package core

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Bearer is what is known of a token or an API key that is good.
type Bearer struct {
	Actor     access.Actor
	ExpiresAt int64 // in milliseconds since 1970; identity.Forever: never
	Lifetime  int64 // in milliseconds; identity.Forever
	APIKey    bool
	SingleUse bool
}

// Authenticate finds whose token or API key it is, with the profiles that the user has on this node at this moment. A token of this tenant
// that this node does not know yet, because another has just given it out, is looked for at the head of the log. A token for one use is used
// up. The fault is Unauthenticated token_invalid.
func (t *Tenant) Authenticate(ctx context.Context, text string) (Bearer, error) {
	b, err := t.Inspect(ctx, text)
	if err != nil || !b.SingleUse {
		return b, err
	}
	key := record.TokenKey(identity.Fingerprint(text))
	_, err = t.commit(ctx, store.Commit{
		ID: t.options.NewID(), Since: t.Revision(),
		Conditions: []store.Condition{{Key: key, Require: store.Exists}},
		Changes:    []store.Change{{Key: key, Delete: true}},
	}, nil)
	if conditionFailed(err) {
		return Bearer{}, tokenInvalid()
	}
	return b, err
}

// Inspect is Authenticate without using the token up.
func (t *Tenant) Inspect(ctx context.Context, text string) (Bearer, error) {
	s, err := t.localState(ctx)
	if err != nil {
		return Bearer{}, err
	}
	if b, ok := t.bearer(s, text); ok {
		return b, nil
	}
	// Only what was signed here costs a question to the store.
	if !s.Secret().Signed(text, t.options.Now()) {
		return Bearer{}, tokenInvalid()
	}
	s, err = t.stateAt(ctx, Read{})
	if err != nil {
		return Bearer{}, err
	}
	if b, ok := t.bearer(s, text); ok {
		return b, nil
	}
	return Bearer{}, tokenInvalid()
}

// bearer finds in a state whose token or API key it is.
func (t *Tenant) bearer(s *view.State, text string) (Bearer, bool) {
	fingerprint, now := identity.Fingerprint(text), t.options.Now()
	if token, ok := s.Token(fingerprint); ok {
		actor, known := actorOf(s, token.User, token.Generation)
		return Bearer{
			Actor: actor, ExpiresAt: token.ExpiresAt(), Lifetime: token.Lifetime, SingleUse: token.SingleUse,
		}, known && !token.Ended(now)
	}
	if key, ok := s.APIKeyPrinted(fingerprint); ok {
		actor, known := actorOf(s, key.User, key.Generation)
		return Bearer{Actor: actor, ExpiresAt: key.ExpiresAt(), Lifetime: key.Lifetime, APIKey: true}, known && !key.Ended(now)
	}
	return Bearer{}, false
}

// actorOf is a user as an actor, if it still is the one that was meant.
func actorOf(s *view.State, id, generation string) (access.Actor, bool) {
	if id == access.AnonymousUser {
		return access.Actor{User: id, Profiles: []string{access.Anonymous}}, true
	}
	u, ok := s.User(id)
	if !ok || u.Generation != generation {
		return access.Actor{}, false
	}
	return u.Actor(), true
}

func tokenInvalid() error {
	return &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid, Message: "The token is not valid."}
}

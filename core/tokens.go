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

// tidyAtOnce is how many ended tokens each new one takes away with it, so that their number follows that of the living.
const tidyAtOnce = 32

// refreshGrace is how long, in milliseconds, a token stays good after it was refreshed: requests under way still carry it. Kuzzle's default.
const refreshGrace = 1000

// IssuedToken is a new token, which is known to its bearer alone from then on.
type IssuedToken struct {
	Text string
	*identity.Token
	Head store.Head
}

// Login finds the user who has this name and password and gives out a token that lives for so long, in milliseconds or identity.Forever. The
// fault is Unauthenticated login_failed, whatever was wrong.
func (t *Tenant) Login(ctx context.Context, c Caller, login identity.Login, lifetime int64) (IssuedToken, error) {
	user, err := t.verify(ctx, c, login)
	if err != nil {
		return IssuedToken{}, err
	}
	issued, err := t.issue(ctx, user, lifetime, false)
	if fault.HasCode(err, fault.CodeUserNotFound) {
		return IssuedToken{}, loginFailed("wrong username or password")
	}
	return issued, err
}

// CheckLogin tells whether somebody has this name and password, as Login does, and gives out no token.
func (t *Tenant) CheckLogin(ctx context.Context, c Caller, login identity.Login) error {
	_, err := t.verify(ctx, c, login)
	return err
}

// verify finds the user who has this name and password.
func (t *Tenant) verify(ctx context.Context, c Caller, login identity.Login) (user string, err error) {
	if login.Username == "" || login.Password == "" {
		return "", loginFailed("Missing credentials")
	}
	s, err := t.stateAt(ctx, Read{})
	if err != nil {
		return "", err
	}
	known, ok := s.CredentialsNamed(login.Username)
	if !ok {
		known = &identity.Credentials{}
	}
	ok, stale, err := t.passwords.Verify(ctx, login.Password, known.Hash)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", loginFailed("wrong username or password")
	}
	if stale {
		t.rehash(ctx, c, known.User, login.Password)
	}
	return known.User, nil
}

// rehash replaces a hash that was imported, or is cheaper than new ones are. That it failed is no reason to refuse the login.
func (t *Tenant) rehash(ctx context.Context, c Caller, user string, p identity.Password) {
	if _, err := t.UpdateCredentials(ctx, c, user, identity.Login{Password: p}); err != nil {
		t.log.WarnContext(ctx, "a password could not be hashed anew", "user", user, "error", err)
	}
}

func loginFailed(message string) error {
	return &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeLoginFailed, Message: message}
}

// CreateToken gives out another token for the caller, which must not live forever.
func (t *Tenant) CreateToken(ctx context.Context, c Caller, lifetime int64, singleUse bool) (IssuedToken, error) {
	if lifetime == identity.Forever {
		return IssuedToken{}, fault.Invalidf(fault.CodeTokenEndless, fault.Field{Path: "expiresIn"}, "The lifetime must not be infinite.")
	}
	return t.issue(ctx, userID(c.actor), lifetime, singleUse)
}

// userID is the id of the user that an actor is; that of the anonymous one has no record.
func userID(a access.Actor) string {
	if a.IsAnonymous() {
		return access.AnonymousUser
	}
	return a.User
}

// issue makes a token and what is kept of it.
func (t *Tenant) issue(ctx context.Context, user string, lifetime int64, singleUse bool) (issued IssuedToken, err error) {
	event, err := t.write(ctx, func(s *view.State) (commit store.Commit, err error) {
		if issued, commit, err = t.newToken(s, user, lifetime); err != nil {
			return store.Commit{}, err
		}
		issued.SingleUse = singleUse
		t.keep(s, &commit, issued.Token)
		return commit, nil
	})
	issued.Head = event.Head
	return issued, err
}

// newToken makes a token, and a commit that asks for its user.
func (t *Tenant) newToken(s *view.State, user string, lifetime int64) (issued IssuedToken, c store.Commit, err error) {
	token := &identity.Token{User: user, CreatedAt: t.millis(), Lifetime: lifetime}
	if token.Generation, err = generation(s, &c, user); err != nil {
		return issued, c, err
	}
	text, err := s.Secret().Sign(identity.Grant{
		User: user, At: token.CreatedAt, Lifetime: lifetime, Nonce: t.options.NewID().String(),
	})
	token.Fingerprint = identity.Fingerprint(text)
	return IssuedToken{Text: text, Token: token}, c, err
}

// generation is that of a user, who must exist in the moment of the commit too.
func generation(s *view.State, c *store.Commit, user string) (string, error) {
	if len(s.Secret()) == 0 {
		return "", fault.Internalf("core: the tenant has no secret to sign tokens with")
	}
	if user == access.AnonymousUser {
		return "", nil
	}
	u, ok := s.User(user)
	if !ok {
		return "", userNotFound(user)
	}
	c.Conditions = append(c.Conditions, store.Condition{Key: record.UserKey(user), Require: store.Exists})
	return u.Generation, nil
}

// keep adds a token to a commit, and takes some ended ones away.
func (t *Tenant) keep(s *view.State, c *store.Commit, token *identity.Token) {
	c.Changes = append(c.Changes, store.Change{Key: record.TokenKey(token.Fingerprint), Data: record.EncodeToken(token)})
	n := 0
	for fingerprint := range s.EndedTokens(t.options.Now()) {
		key := record.TokenKey(fingerprint)
		if !changes(c, key) {
			c.Changes = append(c.Changes, store.Change{Key: key, Delete: true})
		}
		if n++; n == tidyAtOnce {
			return
		}
	}
}

func changes(c *store.Commit, key store.Key) bool {
	for i := range c.Changes {
		if c.Changes[i].Key == key {
			return true
		}
	}
	return false
}

// RefreshToken gives out a new token in the place of one, which stays good for a second. A token that was refreshed already is
// Unauthenticated token_invalid; API keys and endless tokens are Unauthenticated refresh_forbidden.
func (t *Tenant) RefreshToken(ctx context.Context, _ Caller, text string, lifetime int64) (issued IssuedToken, err error) {
	fingerprint := identity.Fingerprint(text)
	event, err := t.writeAtHead(ctx, func(s *view.State) (commit store.Commit, err error) {
		old, ok := s.Token(fingerprint)
		switch {
		case !ok:
			return store.Commit{}, refreshForbidden("API Key")
		case old.Refreshed:
			return store.Commit{}, tokenInvalid()
		case old.Lifetime == identity.Forever:
			return store.Commit{}, refreshForbidden("Token with infinite TTL")
		}
		if issued, commit, err = t.newToken(s, old.User, lifetime); err != nil {
			return store.Commit{}, err
		}
		done := *old
		done.Refreshed, done.GraceEnd = true, issued.CreatedAt.Add(refreshGrace*1e6)
		key := record.TokenKey(fingerprint)
		commit.Conditions = append(commit.Conditions, store.Condition{Key: key, Require: store.AtVersion, Version: old.Version, Revision: old.Revision})
		commit.Changes = append(commit.Changes, store.Change{Key: key, Data: record.EncodeToken(&done)})
		t.keep(s, &commit, issued.Token)
		return commit, nil
	})
	issued.Head = event.Head
	return issued, err
}

func refreshForbidden(what string) error {
	return &fault.Error{
		Kind: fault.Unauthenticated, Code: fault.CodeRefreshForbidden, Subject: fault.Subject{Kind: "token", ID: what},
		Message: what + " cannot be refreshed.",
	}
}

// Logout forgets a token, or, with all, every token of its bearer. API keys stay good.
func (t *Tenant) Logout(ctx context.Context, c Caller, text string, all bool) (store.Head, error) {
	if all {
		return t.RevokeTokens(ctx, c, userID(c.actor))
	}
	key := record.TokenKey(identity.Fingerprint(text))
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if _, ok := s.Token(key.ID); !ok {
			return store.Commit{}, tokenInvalid()
		}
		return store.Commit{Changes: []store.Change{{Key: key, Delete: true}}}, nil
	})
	if fault.HasCode(err, fault.CodeTokenInvalid) {
		return t.Head(ctx) // it is an API key, or another's token: nothing to forget here
	}
	return event.Head, err
}

// RevokeTokens forgets all tokens of a user, whether it exists or not. API keys stay good.
func (t *Tenant) RevokeTokens(ctx context.Context, _ Caller, user string) (store.Head, error) {
	return t.writeInParts(ctx, func(s *view.State) (c store.Commit, more bool, _ error) {
		for token := range s.TokensOf(user) {
			if len(c.Changes) == maxDeletions {
				return c, true, nil
			}
			c.Changes = append(c.Changes, store.Change{Key: record.TokenKey(token.Fingerprint), Delete: true})
		}
		return c, false, nil
	}, func() {})
}

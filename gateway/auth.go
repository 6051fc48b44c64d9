package gateway

import (
	"context"
	"crypto/sha256"

	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
)

// tokens are a tenant's static tokens, by their digest: looking one up tells nothing by the time it takes.
type tokens map[[sha256.Size]byte]access.Actor

func newTokens(cs []config.Token) tokens {
	ts := make(tokens, len(cs))
	for _, c := range cs {
		ts[sha256.Sum256([]byte(c.Token.Reveal()))] = access.Actor{
			User: c.User, Project: c.Project, Domain: c.Domain, Roles: c.Roles, Profiles: c.Profiles,
		}
	}
	return ts
}

func (ts tokens) actor(token string) (access.Actor, bool) {
	a, ok := ts[sha256.Sum256([]byte(token))]
	return a, ok
}

// projectAuthenticator finds who acts for a project, as the Senlin dialect wants it.
type projectAuthenticator struct{ tenants tenants }

// Authenticate takes a static token, then one of the tenant's Keystone. Without one, and for a tenant that has no way to tell tokens with
// any, the tenant's anonymous actor is meant, where one is configured: clients that are told of no authentication send some token all the
// same.
func (p projectAuthenticator) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	t, err := p.tenants.from(ctx)
	if err != nil {
		return access.Actor{}, err
	}
	if c := t.config.Anonymous; c != nil && (token == "" || !t.knowsTokens()) {
		return access.Actor{User: c.User, Project: c.Project, Domain: c.Domain, Roles: c.Roles}, nil
	}
	return t.bearer(ctx, token)
}

// knowsTokens tells whether there are tokens that the tenant could tell from others.
func (t *tenant) knowsTokens() bool { return len(t.tokens) > 0 || t.keystone != nil }

// bearer finds whose token it is: one of the config's own, or Keystone's.
func (t *tenant) bearer(ctx context.Context, token string) (access.Actor, error) {
	if token == "" {
		return access.Actor{}, invalidToken()
	}
	if a, ok := t.tokens.actor(token); ok {
		return a, nil
	}
	if t.keystone == nil {
		return access.Actor{}, invalidToken()
	}
	return t.keystone.Authenticate(ctx, token)
}

// profileAuthenticator finds who acts with profiles, as the Kuzzle dialect wants it.
type profileAuthenticator struct{ tenants tenants }

// Authenticate takes a static token, then one that the tenant gave out. Without one the anonymous user is meant, whose rights are those of the
// anonymous profile; for a project it acts as the tenant's anonymous actor, where one is configured. A tenant without policy profiles has no such
// rights: who sends it messages is found as in the Senlin dialect.
func (p profileAuthenticator) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	t, err := p.tenants.from(ctx)
	if err != nil {
		return access.Actor{}, err
	}
	if !t.HasPolicies() {
		return projectAuthenticator(p).Authenticate(ctx, token)
	}
	if token == "" {
		return t.nobody(), nil
	}
	if a, ok := t.tokens.actor(token); ok {
		return a, nil
	}
	return t.known(ctx, token)
}

// known finds which of the tenant's own users a token or an API key was given to.
func (t *tenant) known(ctx context.Context, token string) (access.Actor, error) {
	bearer, err := t.Authenticate(ctx, token)
	return bearer.Actor, err
}

// nobody is whoever shows no credentials.
func (t *tenant) nobody() access.Actor {
	actor := access.Actor{User: access.AnonymousUser, Profiles: []string{access.Anonymous}}
	if a := t.config.Anonymous; a != nil {
		actor.Member, actor.Project, actor.Domain, actor.Roles = a.User, a.Project, a.Domain, a.Roles
	}
	return actor
}

// callAuthenticator finds who makes a gRPC call, which may be about either style of profile: the actor acts for a project and with profiles.
type callAuthenticator struct{ tenant *tenant }

// Authenticate takes a static token, one that the tenant gave out, or one of the tenant's Keystone; without one the caller is anonymous in
// both senses.
func (c callAuthenticator) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	if token == "" {
		return c.tenant.nobody(), nil
	}
	if a, ok := c.tenant.tokens.actor(token); ok {
		return a, nil
	}
	if identity.LooksOwn(token) && c.tenant.config.Speaks(config.Kuzzle) {
		return c.tenant.known(ctx, token)
	}
	return c.tenant.bearer(ctx, token)
}

func invalidToken() error {
	return &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid, Message: "The token is not valid."}
}

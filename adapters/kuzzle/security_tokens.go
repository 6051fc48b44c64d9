package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// createAPIKey is security:createApiKey.
func (a *API) createAPIKey(ctx context.Context, c *call) (answer, error) {
	return c.newAPIKey(ctx, c.keyOwner)
}

// createMyAPIKey is auth:createApiKey.
func (a *API) createMyAPIKey(ctx context.Context, c *call) (answer, error) {
	return c.newAPIKey(ctx, c.me)
}

// keyOwner is the user that the argument userId names.
func (c *call) keyOwner() (string, error) { return c.requiredText("userId") }

// me is the user who calls, who may be the anonymous one.
func (c *call) me() (string, error) {
	if actor := c.caller.Actor(); !actor.IsAnonymous() {
		return actor.User, nil
	}
	return access.AnonymousUser, nil
}

func (c *call) newAPIKey(ctx context.Context, whose func() (string, error)) (answer, error) {
	d := core.APIKeyDraft{Lifetime: identity.Forever}
	var err error
	if d.User, err = whose(); err != nil {
		return answer{}, err
	}
	if d.ID, err = c.optionalID(); err != nil {
		return answer{}, err
	}
	if d.Description, err = c.requiredBodyText("description"); err != nil {
		return answer{}, err
	}
	if v := c.Args.Get("expiresIn"); truthy(v) {
		if d.Lifetime, err = identity.ParseLifetime("expiresIn", v); err != nil {
			return answer{}, err
		}
	}
	issued, err := c.tenant.CreateAPIKey(ctx, c.caller, d)
	if err != nil {
		return answer{}, err
	}
	return answer{result: apiKeyDocument(issued.APIKey, issued.Text), head: issued.Head, waits: c.waits()}, nil
}

// apiKeyDocument tells an API key; its text only where it was just made.
func apiKeyDocument(k *identity.APIKey, text string) document {
	source := jsonvalue.Object(
		jsonvalue.Member{Name: "description", Value: jsonvalue.String(k.Description)},
		jsonvalue.Member{Name: "expiresAt", Value: jsonvalue.Int(k.ExpiresAt())},
		jsonvalue.Member{Name: "fingerprint", Value: jsonvalue.String(k.Fingerprint)},
		jsonvalue.Member{Name: "ttl", Value: jsonvalue.Int(k.Lifetime)},
		jsonvalue.Member{Name: "userId", Value: jsonvalue.String(k.User)},
	)
	if text == "" {
		return document{rendered: openDocument(k.ID, source.AppendTo(nil))}
	}
	source = source.With("token", jsonvalue.String(text))
	return document{rendered: renderDocument(k.ID, source.AppendTo(nil), info{author: k.Author, createdAt: k.CreatedAt})}
}

// searchAPIKeys is security:searchApiKeys. The user need not exist.
func (a *API) searchAPIKeys(ctx context.Context, c *call) (answer, error) {
	return c.findAPIKeys(ctx, c.keyOwner)
}

// searchMyAPIKeys is auth:searchApiKeys.
func (a *API) searchMyAPIKeys(ctx context.Context, c *call) (answer, error) {
	return c.findAPIKeys(ctx, c.me)
}

// defaultPage is how many hits Kuzzle gives where no size is asked for, save for profiles, roles and users.
const defaultPage = 10

func (c *call) findAPIKeys(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, err := whose()
	if err != nil {
		return answer{}, err
	}
	var q core.Search
	if q.From, err = c.integer("from", 0); err != nil {
		return answer{}, err
	}
	if q.Size, err = c.integer("size", defaultPage); err != nil {
		return answer{}, err
	}
	if q.Koncorde, err = c.koncorde(); err != nil {
		return answer{}, err
	}
	if q.Body = c.Body; q.Body.Len() == 0 {
		q.Body = jsonvalue.Object(jsonvalue.Member{Name: "match_all", Value: jsonvalue.Object()})
		q.Koncorde = false
	}
	found, err := c.tenant.SearchAPIKeys(ctx, c.caller, user, q, c.local())
	if err != nil {
		return answer{}, err
	}
	page := make(documents, len(found.Hits))
	for i, k := range found.Hits {
		page[i] = apiKeyDocument(k, "")
	}
	return answer{result: hits{page: page, total: len(page)}}, nil
}

// deleteAPIKey is security:deleteApiKey.
func (a *API) deleteAPIKey(ctx context.Context, c *call) (answer, error) {
	return c.dropAPIKey(ctx, c.keyOwner)
}

// deleteMyAPIKey is auth:deleteApiKey.
func (a *API) deleteMyAPIKey(ctx context.Context, c *call) (answer, error) {
	return c.dropAPIKey(ctx, c.me)
}

func (c *call) dropAPIKey(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, err := whose()
	if err != nil {
		return answer{}, err
	}
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.DeleteAPIKey(ctx, c.caller, user, id)
	if err != nil {
		return answer{}, err
	}
	return answer{result: deletedDocument(id), head: head, waits: c.waits()}, nil
}

// revokeTokens is security:revokeTokens. Nobody's tokens are left on any node when it is answered.
func (a *API) revokeTokens(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.RevokeTokens(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Null(), head: head, waits: true}, nil
}

// requiredBodyText is a member of the body that must be there and be text.
func (r *Request) requiredBodyText(name string) (string, error) {
	body, err := r.body()
	if err != nil {
		return "", err
	}
	if body.Get(name).IsAbsent() {
		return "", fault.MissingArgument("body." + name)
	}
	return r.bodyText(name, "")
}

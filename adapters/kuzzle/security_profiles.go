package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/profile"
)

// searchID cannot be read as an id: to the store behind Kuzzle it is a search.
const searchID = "_search"

// createProfile is security:createProfile.
func (a *API) createProfile(ctx context.Context, c *call) (answer, error) {
	draft, err := c.policyDraft()
	if err != nil {
		return answer{}, err
	}
	created, err := c.tenant.CreateProfile(ctx, c.caller, draft)
	if err != nil {
		return answer{}, err
	}
	doc := profileDocument(created.Profile)
	doc.version, doc.created = created.Profile.Version, yes
	return answer{result: doc, head: created.Head, waits: c.waits()}, nil
}

// policyDraft decodes a whole profile.
func (c *call) policyDraft() (*core.PolicyDraft, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	if _, err := c.bodyArray("policies"); err != nil {
		return nil, err
	}
	strict, err := c.flag("strict")
	return &core.PolicyDraft{ID: id, Definition: body, Strict: strict}, err
}

// getProfile is security:getProfile.
func (a *API) getProfile(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	if id == searchID {
		return answer{}, kerror(idSearchAsID)
	}
	p, err := c.tenant.Profile(ctx, c.caller, profile.StylePolicies, id, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: profileDocument(p)}, nil
}

// mGetProfiles is security:mGetProfiles: one id that does not exist fails the call.
func (a *API) mGetProfiles(ctx context.Context, c *call) (answer, error) {
	ids, err := c.bodyIDs("profileIds")
	if err != nil {
		return answer{}, err
	}
	docs := make(documents, len(ids))
	for i, id := range ids {
		p, err := c.tenant.Profile(ctx, c.caller, profile.StylePolicies, id, c.afterFirst(i))
		if err != nil {
			return answer{}, err
		}
		docs[i] = profileDocument(p)
	}
	return answer{result: docs}, nil
}

// afterFirst makes the first of several reads linearizable; what this node has is recent enough for the others then.
func (c *call) afterFirst(i int) core.Read {
	if i == 0 {
		return c.recent()
	}
	return c.local()
}

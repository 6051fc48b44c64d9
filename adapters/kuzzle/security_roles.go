package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
)

// createRole is security:createRole.
func (a *API) createRole(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	body, err := c.body()
	if err != nil {
		return answer{}, err
	}
	force, err := c.flag("force")
	if err != nil {
		return answer{}, err
	}
	created, err := c.tenant.CreateRole(ctx, c.caller, core.RoleDraft{ID: id, Definition: body, Force: force})
	if err != nil {
		return answer{}, err
	}
	doc := roleDocument(created.Role)
	doc.created = true
	return answer{result: doc, head: created.Head, waits: c.waits()}, nil
}

// getRole is security:getRole.
func (a *API) getRole(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	role, err := c.tenant.Role(ctx, c.caller, id, core.Read{})
	if err != nil {
		return answer{}, err
	}
	return answer{result: roleDocument(role)}, nil
}

// mGetRoles is security:mGetRoles: one id that does not exist fails the call.
func (a *API) mGetRoles(ctx context.Context, c *call) (answer, error) {
	ids, err := c.bodyIDs("body.ids")
	if err != nil {
		return answer{}, err
	}
	docs := make(documents, len(ids))
	for i, id := range ids {
		role, err := c.tenant.Role(ctx, c.caller, id, afterFirst(i))
		if err != nil {
			return answer{}, err
		}
		docs[i] = roleDocument(role)
	}
	return answer{result: docs}, nil
}

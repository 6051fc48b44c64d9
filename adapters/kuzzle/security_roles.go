package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
)

// createRole is security:createRole.
func (a *API) createRole(ctx context.Context, c *call) (answer, error) {
	draft, err := c.roleDraft()
	if err != nil {
		return answer{}, err
	}
	created, err := c.tenant.CreateRole(ctx, c.caller, draft)
	if err != nil {
		return answer{}, err
	}
	doc := roleDocument(created.Role)
	doc.version, doc.created = created.Role.Version, yes
	return answer{result: doc, head: created.Head, waits: c.waits()}, nil
}

// roleDraft decodes a whole role.
func (c *call) roleDraft() (d core.RoleDraft, err error) {
	if d.ID, err = c.id(); err != nil {
		return d, err
	}
	if d.Definition, err = c.body(); err != nil {
		return d, err
	}
	d.Force, err = c.flag("force")
	return d, err
}

// getRole is security:getRole.
func (a *API) getRole(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	role, err := c.tenant.Role(ctx, c.caller, id, c.recent())
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
		role, err := c.tenant.Role(ctx, c.caller, id, c.afterFirst(i))
		if err != nil {
			return answer{}, err
		}
		docs[i] = roleDocument(role)
	}
	return answer{result: docs}, nil
}

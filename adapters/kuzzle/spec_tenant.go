package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core/fault"
)

// On a tenant that has spec profiles and no policy profiles there are no roles that could say who may. Its messages are judged as its HTTP
// requests are: by the project for which the caller acts.

// projectTokenHeader brings a token with the upgrade request, as it does with every request of the Senlin dialect.
const projectTokenHeader = "X-Auth-Token" //nolint:gosec // a header's name

// forAnyone are the actions of Kuzzle's own that such a tenant has: what an SDK asks to find out whether it may go on. They need no token.
var forAnyone = map[actionID]bool{
	{"auth", "checkToken"}: true,
	{"server", "now"}:      true,
}

// admit finds out who calls on a tenant without policy profiles, and that the caller acts for a project.
func (a *API) admit(ctx context.Context, c *call) error {
	if forAnyone[actionID{c.Controller, c.Action}] {
		return nil
	}
	actor, err := a.authenticator.Authenticate(ctx, c.projectToken())
	if err != nil {
		return err
	}
	if c.caller, err = c.tenant.Member(actor); fault.HasCode(err, fault.CodeUnauthenticated) {
		return kerrorText(idForbidden, c.Controller, c.Action, actor.User)
	}
	return err
}

// projectToken is the message's own token, else that of the connection.
func (c *call) projectToken() string {
	if c.Token != "" || c.session == nil {
		return c.Token
	}
	return c.session.Header.Get(projectTokenHeader)
}

// hasController tells whether a controller exists for this tenant.
func (a *API) hasController(c *call) bool {
	switch {
	case c.Controller == specController:
		return c.tenant.HasSpecs()
	case c.tenant.HasPolicies():
		return a.controllers[c.Controller]
	}
	for id := range forAnyone {
		if id.controller == c.Controller {
			return true
		}
	}
	return false
}

// hasAction tells whether an action of such a controller may exist for this tenant.
func (c *call) hasAction() bool {
	id := actionID{c.Controller, c.Action}
	return c.Controller == specController || c.tenant.HasPolicies() || forAnyone[id]
}

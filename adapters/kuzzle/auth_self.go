package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// self is the user who calls; whoever shows no credentials is refused, whatever the anonymous profile allows.
func (c *call) self() (string, error) {
	actor := c.caller.Actor()
	if actor.IsAnonymous() {
		return "", kerrorText(idUnauthorized, c.Controller, c.Action)
	}
	return actor.User, nil
}

// ofSelf is ofUser for the user who calls.
func (c *call) ofSelf() (string, error) {
	user, err := c.self()
	if err != nil {
		return "", err
	}
	return user, c.strategy()
}

// createMyCredentials is auth:createMyCredentials.
func (a *API) createMyCredentials(ctx context.Context, c *call) (answer, error) {
	return c.createLogin(ctx, c.ofSelf)
}

// updateMyCredentials is auth:updateMyCredentials.
func (a *API) updateMyCredentials(ctx context.Context, c *call) (answer, error) {
	return c.updateLogin(ctx, c.ofSelf)
}

// deleteMyCredentials is auth:deleteMyCredentials.
func (a *API) deleteMyCredentials(ctx context.Context, c *call) (answer, error) {
	return c.deleteLogin(ctx, c.ofSelf)
}

// getMyCredentials is auth:getMyCredentials.
func (a *API) getMyCredentials(ctx context.Context, c *call) (answer, error) {
	return c.tellLogin(ctx, c.ofSelf)
}

// credentialsExist is auth:credentialsExist.
func (a *API) credentialsExist(ctx context.Context, c *call) (answer, error) {
	return c.hasLogin(ctx, c.ofSelf)
}

// validateMyCredentials is auth:validateMyCredentials.
func (a *API) validateMyCredentials(ctx context.Context, c *call) (answer, error) {
	return c.validateLogin(ctx, c.ofSelf)
}

// getStrategies is auth:getStrategies.
func (a *API) getStrategies(context.Context, *call) (answer, error) {
	return answer{result: texts([]string{identity.Local})}, nil
}

// updateSelf is auth:updateSelf: all but one's id and profiles.
func (a *API) updateSelf(ctx context.Context, c *call) (answer, error) {
	user, err := c.self()
	if err != nil {
		return answer{}, err
	}
	for _, name := range [...]string{"_id", "profileIds"} {
		if truthy(c.Body.Get(name)) {
			return answer{}, kerrorText(idForbiddenArgument, "body."+name)
		}
	}
	body, err := c.body()
	if err != nil {
		return answer{}, err
	}
	if _, err := c.integer("retryOnConflict", 0); err != nil {
		return answer{}, err
	}
	return c.writtenUser(c.tenant.UpdateUser(ctx, c.caller, core.UserChange{ID: user, Change: body}))
}

// getCurrentUser is auth:getCurrentUser.
func (a *API) getCurrentUser(ctx context.Context, c *call) (answer, error) {
	actor := c.caller.Actor()
	if actor.IsAnonymous() {
		actor.User = anonymousID
	}
	u, err := c.tenant.User(ctx, c.caller, actor.User, c.local())
	if fault.HasCode(err, fault.CodeUserNotFound) { // a static token's bearer need not have a record
		u = &identity.User{ID: actor.User}
		source := jsonvalue.Object(jsonvalue.Member{Name: "profileIds", Value: texts(actor.Profiles)})
		return answer{result: currentUser{document{rendered: openDocument(u.ID, source.AppendTo(nil))}, nil}}, nil
	}
	if err != nil {
		return answer{}, err
	}
	return answer{result: currentUser{userDocument(u), c.strategies(ctx, u.ID)}}, nil
}

// currentUser is a user, and how it can log in.
type currentUser struct {
	document

	strategies []string
}

// AppendTo implements encoder.
func (u currentUser) AppendTo(dst []byte) []byte {
	dst = append(dst, u.rendered...)
	return append(texts(u.strategies).AppendTo(append(dst, `,"strategies":`...)), '}')
}

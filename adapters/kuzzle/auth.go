package kuzzle

import (
	"context"
	"net/http"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// checkToken is auth:checkToken: a token that is no good is an answer here, not an error. No token is the anonymous one, which is valid.
func (a *API) checkToken(ctx context.Context, c *call) (answer, error) {
	token, err := c.checkedToken()
	if err != nil {
		return answer{}, err
	}
	expiresAt := identity.Forever
	if bearer, err := c.tenant.Inspect(ctx, token); err == nil {
		expiresAt = bearer.ExpiresAt // asked for before the token is used up
	}
	actor, err := a.authenticator.Authenticate(ctx, token)
	if err != nil {
		if k := translate(err); k.status == http.StatusUnauthorized {
			return answer{result: invalidToken(k.message)}, nil
		}
		return answer{}, err
	}
	told := jsonvalue.Int(expiresAt)
	if !c.tenant.HasPolicies() {
		told = jsonvalue.Null() // the token is not of the tenant's own making
	}
	return answer{result: validToken(actor, told)}, nil
}

// checkedToken is the token in the body, or the request's own where it asks for its cookie to be checked.
func (c *call) checkedToken() (string, error) {
	own, err := c.flag("cookieAuth")
	if err != nil || own {
		return c.Token, err
	}
	return c.bodyText("token", "")
}

func invalidToken(state string) jsonvalue.Value {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "state", Value: jsonvalue.String(state)},
		jsonvalue.Member{Name: "valid", Value: jsonvalue.Bool(false)},
	)
}

// validToken tells whose token it is, and when it ends: never, for static ones.
func validToken(actor access.Actor, expires jsonvalue.Value) jsonvalue.Value {
	id := actor.User
	if actor.IsAnonymous() {
		id, expires = anonymousID, jsonvalue.Null()
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "expiresAt", Value: expires},
		jsonvalue.Member{Name: "kuid", Value: jsonvalue.String(id)},
		jsonvalue.Member{Name: "valid", Value: jsonvalue.Bool(true)},
	)
}

package kuzzle

import (
	"context"
	"net/http"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// checkToken is auth:checkToken: a token that is no good is an answer here, not an error. No token is the anonymous one, which is valid.
func (a *API) checkToken(ctx context.Context, c *call) (answer, error) {
	token, err := c.checkedToken()
	if err != nil {
		return answer{}, err
	}
	actor, err := a.authenticator.Authenticate(ctx, token)
	if err != nil {
		if k := translate(err); k.status == http.StatusUnauthorized {
			return answer{result: invalidToken(k.message)}, nil
		}
		return answer{}, err
	}
	return answer{result: validToken(actor)}, nil
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

// neverExpires is what Kuzzle tells as the end of a token without one.
const neverExpires = -1

func validToken(actor access.Actor) jsonvalue.Value {
	id, expires := actor.User, jsonvalue.Int(neverExpires)
	if actor.IsAnonymous() {
		id, expires = anonymousID, jsonvalue.Null()
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "expiresAt", Value: expires},
		jsonvalue.Member{Name: "kuid", Value: jsonvalue.String(id)},
		jsonvalue.Member{Name: "valid", Value: jsonvalue.Bool(true)},
	)
}

// getCurrentUser is auth:getCurrentUser.
func (a *API) getCurrentUser(_ context.Context, c *call) (answer, error) {
	actor := c.caller.Actor()
	id, source := actor.User, jsonvalue.Object(jsonvalue.Member{Name: "profileIds", Value: texts(actor.Profiles)})
	if actor.IsAnonymous() {
		id = anonymousID
		source = source.With("profileIds", texts([]string{access.Anonymous})).With("name", jsonvalue.String("Anonymous"))
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "_id", Value: jsonvalue.String(id)},
		jsonvalue.Member{Name: "_source", Value: source},
		jsonvalue.Member{Name: "strategies", Value: jsonvalue.Array()},
	)}, nil
}

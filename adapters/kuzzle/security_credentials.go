package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// strategy is the argument strategy, of which there is one that is known.
func (c *call) strategy() error {
	name, err := c.requiredText("strategy")
	if err == nil && name != identity.Local {
		err = kerrorText(idUnknownStrategy, name)
	}
	return err
}

// requiredText is an argument that must be there and be text, which may be empty.
func (c *call) requiredText(name string) (string, error) {
	if c.Args.Get(name).IsAbsent() {
		return "", fault.MissingArgument(name)
	}
	return c.text(name, "")
}

// ofUser decodes a call about the credentials of the user that the argument _id names.
func (c *call) ofUser() (string, error) {
	id, err := c.id()
	if err != nil {
		return "", err
	}
	return id, c.strategy()
}

// loginOf decodes a call that brings credentials: whose they are to be, and the credentials.
func (c *call) loginOf(whose func() (string, error)) (user string, login identity.Login, err error) {
	if user, err = whose(); err != nil {
		return "", login, err
	}
	body, err := c.body()
	if err != nil {
		return "", login, err
	}
	login, err = identity.ParseLogin(body)
	return user, login, err
}

// createCredentials is security:createCredentials.
func (a *API) createCredentials(ctx context.Context, c *call) (answer, error) {
	return c.createLogin(ctx, c.ofUser)
}

// updateCredentials is security:updateCredentials.
func (a *API) updateCredentials(ctx context.Context, c *call) (answer, error) {
	return c.updateLogin(ctx, c.ofUser)
}

// deleteCredentials is security:deleteCredentials.
func (a *API) deleteCredentials(ctx context.Context, c *call) (answer, error) {
	return c.deleteLogin(ctx, c.ofUser)
}

// getCredentials is security:getCredentials.
func (a *API) getCredentials(ctx context.Context, c *call) (answer, error) {
	return c.tellLogin(ctx, c.ofUser)
}

// hasCredentials is security:hasCredentials.
func (a *API) hasCredentials(ctx context.Context, c *call) (answer, error) {
	return c.hasLogin(ctx, c.ofUser)
}

// validateCredentials is security:validateCredentials. The user need not exist.
func (a *API) validateCredentials(ctx context.Context, c *call) (answer, error) {
	return c.validateLogin(ctx, func() (string, error) {
		if err := c.strategy(); err != nil {
			return "", err
		}
		return c.optionalID()
	})
}

// getCredentialsByID is security:getCredentialsById, where _id is the username.
func (a *API) getCredentialsByID(ctx context.Context, c *call) (answer, error) {
	username, err := c.ofUser()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.CredentialsNamed(ctx, c.caller, username, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: credentialsDocument(found)}, nil
}

func (c *call) createLogin(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, login, err := c.loginOf(whose)
	if err != nil {
		return answer{}, err
	}
	return c.writtenLogin(c.tenant.CreateCredentials(ctx, c.caller, user, login))
}

func (c *call) updateLogin(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, login, err := c.loginOf(whose)
	if err != nil {
		return answer{}, err
	}
	return c.writtenLogin(c.tenant.UpdateCredentials(ctx, c.caller, user, login))
}

func (c *call) writtenLogin(w core.WrittenCredentials, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return answer{result: credentialsDocument(w.Credentials), head: w.Head, waits: c.waits()}, nil
}

func (c *call) deleteLogin(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, err := whose()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.DeleteCredentials(ctx, c.caller, user)
	if err != nil {
		return answer{}, err
	}
	return answer{result: acknowledged(), head: head, waits: c.waits()}, nil
}

func (c *call) tellLogin(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, err := whose()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.CredentialsOf(ctx, c.caller, user, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: credentialsDocument(found)}, nil
}

func (c *call) hasLogin(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, err := whose()
	if err != nil {
		return answer{}, err
	}
	_, err = c.tenant.CredentialsOf(ctx, c.caller, user, c.recent())
	if err != nil && !fault.HasCode(err, fault.CodeCredentialsNotFound) {
		return answer{}, err
	}
	return answer{result: jsonvalue.Bool(err == nil)}, nil
}

func (c *call) validateLogin(ctx context.Context, whose func() (string, error)) (answer, error) {
	user, login, err := c.loginOf(whose)
	if err != nil {
		return answer{}, err
	}
	if err := c.tenant.ValidateCredentials(ctx, c.caller, user, login); err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Bool(true)}, nil
}

// credentialsDocument tells credentials without what is secret of them.
func credentialsDocument(c *identity.Credentials) jsonvalue.Value {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "username", Value: jsonvalue.String(c.Username)},
		jsonvalue.Member{Name: "kuid", Value: jsonvalue.String(c.User)},
	)
}

// credentialFields are what credentials of the strategy local consist of.
func credentialFields() jsonvalue.Value { return texts([]string{"username", "password"}) }

// getCredentialFields is security:getCredentialFields.
func (a *API) getCredentialFields(_ context.Context, c *call) (answer, error) {
	if err := c.strategy(); err != nil {
		return answer{}, err
	}
	return answer{result: credentialFields()}, nil
}

// getAllCredentialFields is security:getAllCredentialFields.
func (a *API) getAllCredentialFields(context.Context, *call) (answer, error) {
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: identity.Local, Value: credentialFields()})}, nil
}

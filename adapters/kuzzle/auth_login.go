package kuzzle

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// login is auth:login, by the strategy local.
func (a *API) login(ctx context.Context, c *call) (answer, error) {
	if err := c.strategy(); err != nil {
		return answer{}, err
	}
	given := c.loginGiven()
	lifetime, err := c.lifetime(truthy)
	if err != nil {
		return answer{}, cmp.Or(c.tenant.CheckLogin(ctx, c.caller, given), err) // a wrong password is told first
	}
	issued, err := c.tenant.Login(ctx, c.caller, given, lifetime)
	if err != nil {
		return answer{}, err
	}
	c.watchIssued(issued)
	return c.tellToken(issued)
}

// watchIssued has the connection told when the token ends that it was just given.
func (c *call) watchIssued(issued core.IssuedToken) {
	c.session.watch(c.tenant, issued.Text, func() (core.Bearer, error) { return core.Bearer{ExpiresAt: issued.ExpiresAt()}, nil })
}

// loginGiven is the name and the password of the body or, as passport has it, else of the arguments. What is no text counts as missing.
func (c *call) loginGiven() identity.Login {
	given := func(name string) string {
		if v := c.Body.Get(name); truthy(v) {
			return v.Text()
		}
		return c.Args.Get(name).Text()
	}
	l := identity.Login{Username: given("username"), Password: identity.Password(given("password"))}
	if len(l.Username) > identity.MaxUsernameBytes || len(l.Password) > identity.MaxPasswordBytes {
		l.Username = "" // nobody has such a name or such a password, and to hash it would be dear
	}
	return l
}

// lifetime is the argument expiresIn in milliseconds; where given says that it is none, the usual one.
func (c *call) lifetime(given func(jsonvalue.Value) bool) (int64, error) {
	v := c.Args.Get("expiresIn")
	if !given(v) {
		return identity.DefaultLifetime, nil
	}
	return identity.ParseLifetime("expiresIn", v)
}

func isThere(v jsonvalue.Value) bool { return !v.IsAbsent() }

// tellToken answers with a token, or puts it into a cookie where that was asked for, which scripts of a page cannot read.
func (c *call) tellToken(issued core.IssuedToken) (answer, error) {
	asCookie, err := c.inCookie()
	if err != nil {
		return answer{}, err
	}
	members := []jsonvalue.Member{
		{Name: "_id", Value: jsonvalue.String(issued.User)}, {Name: "expiresAt", Value: jsonvalue.Int(issued.ExpiresAt())},
	}
	ans := answer{head: issued.Head}
	if asCookie {
		ans.cookie = tokenCookie(issued.Text, issued.ExpiresAt())
	} else {
		members = append(members, jsonvalue.Member{Name: "jwt", Value: jsonvalue.String(issued.Text)})
	}
	ans.result = jsonvalue.Object(append(members, jsonvalue.Member{Name: "ttl", Value: jsonvalue.Int(issued.Lifetime)})...)
	return ans, nil
}

// inCookie tells whether the token is to go by a cookie, which only HTTP has.
func (c *call) inCookie() (bool, error) {
	asked, err := c.flag("cookieAuth")
	return asked && c.http, err
}

// tokenCookie is the cookie that carries a token. One that never ends lasts as long as the browser runs.
func tokenCookie(token string, expiresAt int64) string {
	cookie := "authToken=" + url.PathEscape(token) + "; Path=/"
	if expiresAt != identity.Forever {
		cookie += "; Expires=" + time.UnixMilli(expiresAt).UTC().Format(http.TimeFormat)
	}
	return cookie + "; HttpOnly; SameSite=Strict"
}

// logout is auth:logout.
func (a *API) logout(ctx context.Context, c *call) (answer, error) {
	asCookie, err := c.inCookie()
	if err != nil {
		return answer{}, err
	}
	all, err := c.flag("global")
	if err != nil {
		return answer{}, err
	}
	_, err = c.self()
	if err != nil && !asCookie {
		return answer{}, err
	}
	ans := answer{result: acknowledged()}
	if asCookie {
		ans.cookie = "authToken=null; Path=/; HttpOnly; SameSite=Strict"
	}
	if c.Token == "" {
		return ans, nil
	}
	c.session.forget()
	if ans.head, err = c.tenant.Logout(ctx, c.caller, c.Token, all && err == nil); err != nil {
		return answer{}, err
	}
	ans.waits = true // nobody is logged out on one node alone
	return ans, nil
}

// refreshToken is auth:refreshToken.
func (a *API) refreshToken(ctx context.Context, c *call) (answer, error) {
	if _, err := c.self(); err != nil {
		return answer{}, err
	}
	lifetime, err := c.lifetime(isThere)
	if err != nil {
		return answer{}, err
	}
	issued, err := c.tenant.RefreshToken(ctx, c.caller, c.Token, lifetime)
	if err != nil {
		return answer{}, err
	}
	c.watchIssued(issued)
	return c.tellToken(issued)
}

// createToken is auth:createToken: another token for the caller, perhaps for one use.
func (a *API) createToken(ctx context.Context, c *call) (answer, error) {
	singleUse, err := c.flag("singleUse")
	if err != nil {
		return answer{}, err
	}
	lifetime, err := c.lifetime(isThere)
	if err != nil {
		return answer{}, err
	}
	issued, err := c.tenant.CreateToken(ctx, c.caller, lifetime, singleUse)
	if err != nil {
		return answer{}, err
	}
	return answer{head: issued.Head, result: jsonvalue.Object(
		jsonvalue.Member{Name: "expiresAt", Value: jsonvalue.Int(issued.ExpiresAt())},
		jsonvalue.Member{Name: "singleUse", Value: jsonvalue.Bool(issued.SingleUse)},
		jsonvalue.Member{Name: "token", Value: jsonvalue.String(issued.Text)},
		jsonvalue.Member{Name: "ttl", Value: jsonvalue.Int(issued.Lifetime)},
	)}, nil
}

package kuzzle

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// encoder is a result that can write itself as JSON.
type encoder interface{ AppendTo(dst []byte) []byte }

// answer is what an action gives back.
type answer struct {
	result encoder // nil: the answer has no result at all, which is not null
	// bareType is the content type of a result that is the whole answer, without an envelope; empty: there is an envelope.
	bareType string
	failure  *kuzzleError // told beside the result, where only a part succeeded
	head     store.Head   // of the write; zero: nothing was written
	seen     store.Head   // of what was read; zero: nobody asked
	waits    bool         // the answer is to leave once searches on every node find the write
	cookie   string       // over HTTP: a cookie to be set; empty: none
}

// call is what a handler works with: the request, and once the rights were checked the tenant and the caller.
type call struct {
	Request
	tenant  *core.Tenant
	caller  core.Caller
	session *Session // the connection of a message; nil over HTTP, where each request counts as a connection of its own
	reading
}

// execute carries a request out and counts it.
func (a *API) execute(ctx context.Context, c *call) (ans answer, err error) {
	s, now, err := a.statisticsOf(ctx)
	if err != nil {
		return answer{}, err
	}
	p, succeeded := c.protocol(), false
	s.began(p, now())
	defer func() { s.ended(p, succeeded, now()) }() // whatever a panic leaves behind, the request is not under way any more
	ans, err = a.carryOut(ctx, c)
	succeeded = err == nil && ans.failure == nil
	return ans, err
}

// carryOut carries a request out, in the order in which Kuzzle judges it: is an action named, is the token good, may the caller do
// this, and this often, does the action exist, is the SDK of today, and then the action's own checks. The write, if there is one, stands when it returns; what
// the answer waits for is left to confirm.
func (a *API) carryOut(ctx context.Context, c *call) (answer, error) {
	if c.Controller == "" {
		return answer{}, fault.MissingArgument("controller")
	}
	if c.Action == "" {
		return answer{}, fault.MissingArgument("action")
	}
	targets, err := c.checkTargets()
	if err != nil {
		return answer{}, err
	}
	if err := a.authorize(ctx, c, targets); err != nil {
		return answer{}, err
	}
	if err := a.limitRate(c); err != nil {
		return answer{}, err
	}
	handle, err := a.find(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.checkSDK(); err != nil {
		return answer{}, err
	}
	if err := c.askRevision(); err != nil {
		return answer{}, err
	}
	ans, err := handle(a, ctx, c)
	if c.asked {
		ans.seen = c.seen
	}
	return ans, err
}

// authorize finds out who calls and checks their rights.
func (a *API) authorize(ctx context.Context, c *call, targets []access.Target) (err error) {
	if c.tenant, err = core.TenantFrom(ctx); err != nil {
		return err
	}
	if !c.tenant.HasPolicies() {
		return a.admit(ctx, c)
	}
	token, err := c.credentials()
	if err != nil {
		return err
	}
	actor, err := a.authenticator.Authenticate(ctx, token)
	if fault.HasCode(err, fault.CodeTokenInvalid) && c.cookie != "" && c.Controller == "auth" && c.Action == "logout" {
		actor, err = a.authenticator.Authenticate(ctx, "") // it is the cookie that is to go
	}
	if err != nil {
		return err
	}
	c.session.watch(c.tenant, token, func() (core.Bearer, error) { return c.tenant.Inspect(ctx, token) })
	c.caller, err = c.tenant.Authorize(ctx, actor, access.Request{
		Controller: c.Controller, Action: c.Action,
		Index: c.Args.Get("index").Text(), Collection: c.Args.Get("collection").Text(), Targets: targets,
	})
	return err
}

// credentials is the token that says who calls. Who works with cookies may log in, and have a token checked, whatever became of the token in
// the cookie: nothing else could replace it.
func (c *call) credentials() (string, error) {
	if c.cookie == "" {
		return c.Token, nil
	}
	if c.Token != "" {
		return "", kerrorText(idTokenCheck, "Both token and cookie are present, could not decide which one to use").asBadRequest()
	}
	c.Token = c.cookie
	asCookie, err := c.flag("cookieAuth")
	if asCookie && c.Controller == "auth" && (c.Action == "login" || c.Action == "checkToken") {
		return "", err
	}
	return c.Token, err
}

// limitRate refuses a request beyond what the caller's profiles let it make in a second. Logging in is limited by connection, not by user; a
// known user may always log out.
func (a *API) limitRate(c *call) error {
	actor := c.caller.Actor()
	switch {
	case !c.tenant.HasPolicies():
		return nil // rates are the profiles' to set
	case c.Controller != "auth":
	case c.Action == "login":
		return c.session.limitLogins(c.tenant.Now(), a.limits.LoginsPerSecond)
	case c.Action == "logout" && !actor.IsAnonymous():
		return nil
	}
	limit := c.tenant.RateLimit(actor)
	if limit == 0 || a.limiter.allow(limited{c.tenant.Name(), actor.User}, limit, c.tenant.Now()) {
		return nil
	}
	return &fault.Error{
		Kind: fault.RateLimited, Code: fault.CodeRateLimited, Subject: fault.Subject{Kind: "user", ID: actor.User},
		Message: "The user makes more requests in a second than its profiles allow.",
	}
}

// find looks the action up among those that the tenant has.
func (a *API) find(c *call) (handler, error) {
	if !a.hasController(c) {
		return nil, kerrorText(idNoController, c.Controller)
	}
	if handle := a.handlers[actionID{c.Controller, c.Action}]; handle != nil && c.hasAction() {
		return handle, nil
	}
	return nil, kerrorText(idNoAction, c.Controller, c.Action)
}

// confirm waits until searches on every live node find the write, if the answer is to wait for that. The write stands either way, so a wait
// that fails is a success all the same: it tells only that it is not confirmed. The error is that of a store that has lost the write meanwhile.
func (a *API) confirm(ctx context.Context, tenant *core.Tenant, ans answer) (confirmed bool, err error) {
	if !ans.waits {
		return true, nil
	}
	err = tenant.Confirm(ctx, ans.head)
	if err == nil || fault.HasCode(err, fault.CodeWriteLost) {
		return true, err
	}
	a.log.WarnContext(ctx, "a write stands, but not every node has confirmed it",
		"fault", fault.As(err).Code, "rev", ans.revision(), "error", err)
	return false, nil
}

// refuse translates an error, and logs what is not the client's doing.
func (a *API) refuse(ctx context.Context, r *Request, err error) *kuzzleError {
	k := translate(err)
	if k.status < http.StatusInternalServerError {
		return k
	}
	attrs := []slog.Attr{slog.String("fault", string(fault.As(err).Code)), slog.Any("error", err)}
	if r != nil {
		attrs = append(attrs, slog.String("op", r.Controller+":"+r.Action), slog.String("request_id", r.ID))
	}
	a.log.LogAttrs(ctx, slog.LevelError, "a request failed", attrs...)
	return k
}

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
	result  encoder      // nil: the answer has no result at all, which is not null
	failure *kuzzleError // told beside the result, where only a part succeeded
	head    store.Head   // of the write; zero: nothing was written
	waits   bool         // the answer is to leave once searches on every node find the write
}

// call is what a handler works with: the tenant, the caller whose rights were checked, and the request.
type call struct {
	*Request
	tenant *core.Tenant
	caller core.Caller
}

// execute carries a request out, in the order in which Kuzzle judges it: is an action named, is the token good, may the caller do
// this, does the action exist, is the SDK of today, and then the action's own checks. The write, if there is one, stands when it returns; what
// the answer waits for is left to confirm.
func (a *API) execute(ctx context.Context, r *Request) (answer, error) {
	if r.Controller == "" {
		return answer{}, fault.MissingArgument("controller")
	}
	if r.Action == "" {
		return answer{}, fault.MissingArgument("action")
	}
	if err := r.checkTargets(); err != nil {
		return answer{}, err
	}
	c, err := a.authorize(ctx, r)
	if err != nil {
		return answer{}, err
	}
	handle, err := a.find(r)
	if err != nil {
		return answer{}, err
	}
	if err := r.checkSDK(); err != nil {
		return answer{}, err
	}
	return handle(a, ctx, c)
}

// authorize finds out who calls and checks their rights.
func (a *API) authorize(ctx context.Context, r *Request) (*call, error) {
	tenant, err := core.TenantFrom(ctx)
	if err != nil {
		return nil, err
	}
	if r.cookie != "" {
		if r.Token != "" {
			return nil, kerrorText(idTokenCheck, "Both token and cookie are present, could not decide which one to use").
				withStatus(http.StatusBadRequest)
		}
		r.Token = r.cookie
	}
	actor, err := a.authenticator.Authenticate(ctx, r.Token)
	if err != nil {
		return nil, err
	}
	caller, err := tenant.Authorize(actor, access.Request{
		Controller: r.Controller, Action: r.Action,
		Index: r.Args.Get("index").Text(), Collection: r.Args.Get("collection").Text(),
	})
	if err != nil {
		return nil, err
	}
	return &call{Request: r, tenant: tenant, caller: caller}, nil
}

// find looks the action up.
func (a *API) find(r *Request) (handler, error) {
	if handle := a.handlers[actionID{r.Controller, r.Action}]; handle != nil {
		return handle, nil
	}
	if a.controllers[r.Controller] {
		return nil, kerrorText(idNoAction, r.Controller, r.Action)
	}
	return nil, kerrorText(idNoController, r.Controller)
}

// confirm waits until searches on every live node find the write, if the answer is to wait for that. The write stands either way, so a wait
// that fails is a success all the same: it tells only that it is not confirmed.
func (a *API) confirm(ctx context.Context, ans answer) (confirmed bool) {
	if !ans.waits {
		return true
	}
	tenant, err := core.TenantFrom(ctx)
	if err == nil {
		err = tenant.Confirm(ctx, ans.head)
	}
	if err == nil {
		return true
	}
	a.log.WarnContext(ctx, "a write stands, but not every node has confirmed it",
		"fault", fault.As(err).Code, "rev", ans.head.Revision, "error", err)
	return false
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

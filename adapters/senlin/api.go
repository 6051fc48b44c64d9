package senlin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Authenticator finds out who calls. An empty token stands for none. Unauthenticated says that the token is no good, or that
// one is needed.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (access.Actor, error)
}

// Limits bounds what a request may bring.
type Limits struct {
	BodyBytes int64 // of a JSON body; 0: 1 MiB, as Senlin's max_json_body_size
	JSONDepth int   // of nesting; 0: jsonvalue.DefaultMaxDepth
}

// Options says how the dialect is spoken. Authenticator is required.
type Options struct {
	Authenticator Authenticator
	AuthURI       func(context.Context) string // where a tenant's tokens are had, as WWW-Authenticate tells; nil or "": this server
	Limits        Limits
	Log           *slog.Logger // nil: discarded
}

// API serves the dialect for every tenant that the gateway puts into a request's context. It is an http.Handler.
type API struct {
	echo    *echo.Echo
	options Options
	log     *slog.Logger
}

// New builds the API.
func New(o Options) *API {
	if o.Limits.BodyBytes == 0 {
		o.Limits.BodyBytes = 1 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{echo: echo.New(), options: o, log: o.Log}
	a.echo.HTTPErrorHandler = a.refuse
	a.routes()
	return a
}

// route is one call. since is the micro-version that brought it.
type route struct {
	method, path string
	since        microversion
	body         bool // a JSON body is wanted; without one, none may be there
	handle       func(*request) error
}

func (a *API) routes() {
	for _, r := range []route{
		{http.MethodGet, "/", minVersion, false, oneVersionCall},
		{http.MethodGet, "/build-info", minVersion, false, buildInfo},
		{http.MethodGet, "/profile-types", minVersion, false, listTypes},
		{http.MethodGet, "/profile-types/:type", minVersion, false, showType},
		{http.MethodGet, "/profile-types/:type/ops", microversion{1, 4}, false, showOperations},
		{http.MethodGet, "/profiles", minVersion, false, listProfiles},
		{http.MethodPost, "/profiles", minVersion, true, createProfile},
		{http.MethodPost, "/profiles/validate", microversion{1, 2}, true, validateProfile},
		{http.MethodGet, "/profiles/:profile", minVersion, false, showProfile},
	} {
		a.echo.Add(r.method, r.path, func(c echo.Context) error { return a.serve(c, r) })
	}
}

// ServeHTTP settles the version, the micro-version and the caller, which come before the route, and hands on to the routes.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := "req-" + uuid.NewString()
	w.Header()["X-Openstack-Request-Id"] = []string{id}
	if r.Method == http.MethodOptions {
		w.Header().Del("X-Openstack-Request-Id")
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
		return
	}
	n, rest := negotiate(r)
	switch n {
	case versionList:
		write(w, http.StatusMultipleChoices, "application/json", versionListBody(r))
		return
	case unknownVersion:
		a.answerError(w, r, errNoRoute)
		return
	case oneVersion, versioned:
	}
	req := &request{id: id}
	var err error
	if req.version, err = requestedVersion(r.Header); err != nil {
		a.answerError(w, r, err)
		return
	}
	if n == oneVersion {
		write(w, http.StatusOK, "application/json", oneVersionBody(r))
		return
	}
	if err = a.identify(r, req); err != nil {
		a.answerError(w, r, err)
		return
	}
	a.echo.ServeHTTP(w, below(r, rest, req))
}

// request is what is settled about a request before its route is known, and after.
type request struct {
	echo.Context
	id      string
	version microversion
	tenant  *core.Tenant
	caller  core.Caller
	body    jsonvalue.Value // absent: none
}

type requestKey struct{}

// below is the request as the routes see it: with the path below the version, escapes resolved, as a WSGI server hands paths on.
func below(r *http.Request, path string, req *request) *http.Request {
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
	u := *r.URL
	u.Path, u.RawPath = path, ""
	r.URL = &u
	return r
}

func (a *API) identify(r *http.Request, req *request) error {
	var err error
	if req.tenant, err = core.TenantFrom(r.Context()); err != nil {
		return err
	}
	actor, err := a.options.Authenticator.Authenticate(r.Context(), r.Header.Get("X-Auth-Token"))
	if err != nil {
		return err
	}
	req.caller, err = req.tenant.Member(actor)
	return err
}

// serve judges a request whose route is known: body, then the method at the micro-version, then the call itself.
func (a *API) serve(c echo.Context, r route) error {
	req, ok := c.Request().Context().Value(requestKey{}).(*request)
	if !ok {
		return fault.Internalf("senlin: a request came past the front door")
	}
	req.Context = c
	for _, p := range c.ParamValues() {
		if p == "" { // a trailing slash is another path
			return errNoRoute
		}
	}
	var err error
	if req.body, err = readBody(c.Request(), a.options.Limits); err != nil {
		return err
	}
	if req.version.less(r.since) {
		return &apiFault{
			status: http.StatusBadRequest, typ: "MethodVersionNotFound",
			message: "API version '" + req.version.String() + "' is not supported on this method.",
		}
	}
	if !r.body && !req.body.IsAbsent() {
		return malformed()
	}
	return r.handle(req)
}

// answer sends what a call came to, with the headers of Senlin's controllers.
func (r *request) answer(status int, body []byte) error {
	h := r.Response().Header()
	h[versionHeader] = []string{service + " " + r.version.String()}
	h["Vary"] = varyVersion
	write(r.Response(), status, "application/json", body)
	return nil
}

var varyVersion = []string{"OpenStack-API-Version"}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the client is gone, and there is nobody left to tell
}

// refuse is the echo's error handler: routes that do not exist, and whatever a call returned.
func (a *API) refuse(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var routing *echo.HTTPError
	if errors.As(err, &routing) {
		err = errNoRoute
	}
	a.answerError(c.Response(), c.Request(), err)
}

// answerError is the one place where an error becomes an answer: in webob's shape, Keystone's, or Senlin's own.
func (a *API) answerError(w http.ResponseWriter, r *http.Request, err error) {
	var web *webobError
	if errors.As(err, &web) {
		contentType, body := web.render(r.Header.Get("Accept"))
		write(w, web.status, contentType, body)
		return
	}
	f := faultOf(err)
	if f.status == http.StatusUnauthorized {
		w.Header()["Www-Authenticate"] = []string{`Keystone uri="` + a.authURI(r) + `"`}
		write(w, f.status, "application/json", []byte(unauthorizedBody))
		return
	}
	if f.status >= http.StatusInternalServerError {
		a.log.Error("request failed", "dialect", "senlin", "method", r.Method, "path", r.URL.Path, "fault", fault.KindOf(err).String(),
			"request_id", w.Header().Get("X-Openstack-Request-Id"), "error", err)
	}
	write(w, f.status, "application/json", f.body())
}

func (a *API) authURI(r *http.Request) string {
	if a.options.AuthURI != nil {
		if uri := a.options.AuthURI(r.Context()); uri != "" {
			return uri
		}
	}
	return baseURL(r)
}

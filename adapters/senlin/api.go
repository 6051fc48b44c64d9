package senlin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

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
	echo    *echo.Echo // its router and its contexts; answers and errors are the API's own
	options Options
	log     *slog.Logger
	served  servedVersions
}

// New builds the API.
func New(o Options) *API {
	if o.Limits.BodyBytes <= 0 {
		o.Limits.BodyBytes = 1 << 20
	}
	if o.Limits.JSONDepth <= 0 {
		o.Limits.JSONDepth = jsonvalue.DefaultMaxDepth
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{echo: echo.New(), options: o, log: o.Log, served: newServedVersions()}
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
		{http.MethodPatch, "/profiles/:profile", minVersion, true, updateProfile},
		{http.MethodDelete, "/profiles/:profile", minVersion, false, deleteProfile},
	} {
		a.echo.Add(r.method, r.path, func(c echo.Context) error { return a.serve(c, r) })
	}
}

// ServeHTTP answers one request. OPTIONS is the CORS middleware's in Senlin, in front of all else.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		w.Header()["Content-Length"] = zeroLength
		w.WriteHeader(http.StatusOK)
		return
	}
	req := &request{w: w}
	req.setID()
	if err := a.judge(req, r); err != nil {
		a.answerError(req, r, err)
	}
}

// judge settles what comes before the route in Senlin's order: the path's version, the micro-version, the caller.
func (a *API) judge(req *request, r *http.Request) error {
	req.at = locate(r)
	switch req.at.kind {
	case versionList:
		req.write(http.StatusMultipleChoices, typeJSON, versionListBody(r, req.at))
		return nil
	case unknownVersion:
		return errNoRoute
	case oneVersion, versioned:
	}
	var err error
	if req.version, err = requestedVersion(r.Header); err != nil {
		return err
	}
	if req.at.kind == oneVersion {
		req.write(http.StatusOK, typeJSON, oneVersionBody(r, req.at))
		return nil
	}
	if err := a.identify(req, r); err != nil {
		return err
	}
	return a.dispatch(req, r)
}

func (a *API) identify(req *request, r *http.Request) error {
	var err error
	if req.tenant, err = core.TenantFrom(r.Context()); err != nil {
		return err
	}
	token, ok := folded(r.Header, "X-Auth-Token")
	if !ok {
		token, _ = folded(r.Header, "X-Storage-Token") // the name before OpenStack had one, which keystonemiddleware still takes
	}
	actor, err := a.options.Authenticator.Authenticate(r.Context(), token)
	if err != nil {
		return err
	}
	if actor.Project == "" {
		return errNoProject
	}
	req.caller, err = req.tenant.Member(actor)
	return err
}

// dispatch finds the route by the path below the version, escapes resolved, as a WSGI server hands paths on. It asks the router itself, for
// the request that came in has the whole path and is not to be copied for that.
func (a *API) dispatch(req *request, r *http.Request) error {
	c := a.echo.AcquireContext()
	defer a.echo.ReleaseContext(c)
	c.Reset(r, req.w)
	a.echo.Router().Find(r.Method, req.at.rest, c)
	req.Context = c
	return c.Handler()(req)
}

// serve judges a request whose route is known: body, then the method at the micro-version, then the call itself.
func (a *API) serve(c echo.Context, r route) error {
	req, ok := c.(*request)
	if !ok {
		return fault.Internalf("senlin: a request came past the front door")
	}
	for _, p := range c.ParamValues() {
		if p == "" || strings.Contains(p, "/") { // a trailing slash, and all that follows one, is another path
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
	h := req.w.Header()
	h[versionHeader], h["Vary"] = a.served.header(req.version), varyVersion
	return r.handle(req)
}

// answerError is the one place where an error becomes an answer: in webob's shape, Keystone's, or Senlin's own.
func (a *API) answerError(req *request, r *http.Request, err error) {
	h := req.w.Header()
	clearHeaders(h)
	var routing *echo.HTTPError
	if errors.As(err, &routing) {
		err = errNoRoute
	}
	f := faultOf(err)
	if web := webobOf(err); web != nil {
		if web.status >= http.StatusInternalServerError {
			a.logFailure(req, r, f, err)
		}
		accept, _ := folded(r.Header, "Accept")
		contentType, body := web.render(accept)
		if r.Method == http.MethodHead {
			contentType, body = typeHTML, nil // webob prepares no body then
		}
		req.write(web.status, contentType, body)
		return
	}
	if f.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = []string{`Keystone uri="` + a.authURI(r) + `"`}
		req.write(f.status, typeJSON, []byte(unauthorizedBody))
		return
	}
	a.logFailure(req, r, f, err)
	req.write(f.status, typeJSON, f.body())
}

// clearHeaders takes back what only good answers of a call carry, and the router's hint at the methods that a path has.
func clearHeaders(h http.Header) {
	delete(h, versionHeader)
	delete(h, "Vary")
	delete(h, echo.HeaderAllow)
}

// logFailure leaves one line for each request that the gateway failed. A client that went away is no failure.
func (a *API) logFailure(req *request, r *http.Request, f *apiFault, err error) {
	if f.status < http.StatusInternalServerError {
		return
	}
	level, kind := slog.LevelError, fault.KindOf(err)
	if kind == fault.Canceled {
		level = slog.LevelDebug
	}
	a.log.Log(r.Context(), level, "request failed", "dialect", "senlin", "method", r.Method, "path", r.URL.Path,
		"fault", kind.String(), "request_id", req.id[0], "error", err)
}

func (a *API) authURI(r *http.Request) string {
	if a.options.AuthURI != nil {
		if uri := a.options.AuthURI(r.Context()); uri != "" {
			return uri
		}
	}
	return baseURL(r)
}

// folded gives a header as WSGI does: one that came several times is joined with commas.
func folded(h http.Header, name string) (value string, ok bool) {
	switch values := h[name]; len(values) {
	case 0:
		return "", false
	case 1:
		return values[0], true
	default:
		return strings.Join(values, ","), true
	}
}

// The values of headers that many answers share. Nothing changes them.
var (
	typeJSON    = []string{"application/json"}
	zeroLength  = []string{"0"}
	varyVersion = []string{"OpenStack-API-Version"}
)

package kuzzle

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// endpoint is one route as the router knows it.
type endpoint struct {
	row             *action // nil: the router answers itself, with serve
	path            []string
	deprecatedSince string // the version of Kuzzle; empty: it is not
	// taken are, for each placeholder in order, the words that other routes of the same verb have in its place. Kuzzle's router walks a tree
	// without way back: such a word is never a placeholder's value.
	taken []map[string]bool
	serve func(*API, *exchange)
}

// newEcho makes the router from the table of actions.
func (a *API) newEcho() *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = a.routeError
	words := make(routeWords)
	routes := a.allRoutes()
	for _, r := range routes {
		words.add(r.verb, r.endpoint.path)
	}
	for _, r := range routes {
		r.endpoint.taken = words.besides(r.verb, r.endpoint.path)
		e.Add(r.verb, "/"+strings.Join(r.endpoint.path, "/"), a.serveEndpoint(r.endpoint))
	}
	return e
}

type boundRoute struct {
	verb     string
	endpoint *endpoint
}

// queryPath takes messages over HTTP.
const queryPath = "/_query"

// allRoutes are the routes of the actions, and those that Kuzzle's router answers itself.
func (a *API) allRoutes() []boundRoute {
	var all []boundRoute
	for i := range a.actions {
		for _, r := range a.actions[i].routes {
			all = append(all, boundRoute{r.verb, &endpoint{row: &a.actions[i], path: segments(r.path), deprecatedSince: r.deprecatedSince}})
		}
	}
	own := func(verb, path string, serve func(*API, *exchange)) {
		all = append(all, boundRoute{verb, &endpoint{path: segments(path), serve: serve}})
	}
	own(http.MethodPost, queryPath, (*API).serveQuery)
	own(http.MethodGet, "/_healthcheck", (*API).serveProbe)
	own(http.MethodGet, "/_ready", (*API).serveReady)
	own(http.MethodHead, "/", (*API).serveHead)
	return all
}

// segments splits a path, forgiving // and a slash at the end.
func segments(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
}

// routeWords are the words that follow a beginning of a path in some route, by verb and beginning.
type routeWords map[string]map[string]bool

func (w routeWords) add(verb string, path []string) {
	for i, segment := range path {
		if strings.HasPrefix(segment, ":") {
			continue
		}
		key := beginning(verb, path[:i])
		if w[key] == nil {
			w[key] = make(map[string]bool)
		}
		w[key][segment] = true
	}
}

// besides gives the words in the place of each placeholder of a path.
func (w routeWords) besides(verb string, path []string) []map[string]bool {
	var taken []map[string]bool
	for i, segment := range path {
		if strings.HasPrefix(segment, ":") {
			taken = append(taken, w[beginning(verb, path[:i])])
		}
	}
	return taken
}

// beginning is a key for the node of Kuzzle's tree that a path leads to: there, all placeholders of one place are one.
func beginning(verb string, path []string) string {
	var b strings.Builder
	b.WriteString(verb)
	for _, segment := range path {
		if strings.HasPrefix(segment, ":") {
			segment = "*"
		}
		b.WriteByte('/')
		b.WriteString(segment)
	}
	return b.String()
}

// routable tells whether Kuzzle's router has routes for a verb, or could have.
func routable(verb string) bool {
	switch verb {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead:
		return true
	default:
		return false
	}
}

// canonical gives a request whose path the router can match: without empty segments, and with each segment escaped anew, so that a word that
// came escaped is found. Most paths are so already; then it is the request itself.
func canonical(r *http.Request) *http.Request {
	u := r.URL
	if u.RawPath == "" && !strings.Contains(u.Path, "//") && (!strings.HasSuffix(u.Path, "/") || u.Path == "/") {
		return r
	}
	parts := segments(u.EscapedPath())
	plain := make([]string, len(parts))
	for i, part := range parts {
		plain[i] = unescaped(part)
		parts[i] = url.PathEscape(plain[i])
	}
	own := *r
	own.URL = &url.URL{}
	*own.URL = *u
	own.URL.Path, own.URL.RawPath = "/"+strings.Join(plain, "/"), "/"+strings.Join(parts, "/")
	return &own
}

// parameter decodes a path parameter once: the router gives it as it stands in the path that it looked at, which is the escaped one where the
// request has one.
func parameter(u *url.URL, raw string) string {
	if u.RawPath == "" {
		return raw
	}
	return unescaped(raw)
}

// unescaped undoes percent-encoding; what is no encoding stays as it is.
func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// serveEndpoint is the router's handler of one route.
func (a *API) serveEndpoint(e *endpoint) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := a.acquire(c)
		defer a.release(x)
		values := c.ParamValues()
		for i, taken := range e.taken {
			x.params[i] = parameter(x.r.URL, values[i])
			if taken[x.params[i]] {
				return echo.ErrNotFound
			}
		}
		x.endpoint, x.names = e, c.ParamNames()
		a.serve(x)
		return nil
	}
}

// routeError answers what the router has no handler for: an unknown path, or a path that only other verbs have. The handlers answer all else
// themselves.
func (a *API) routeError(_ error, c echo.Context) {
	x := a.acquire(c)
	defer a.release(x)
	a.serve(x)
}

// acquire gives an exchange that was used before, or a new one. Echo's own response writer is left out of the way.
func (a *API) acquire(c echo.Context) *exchange {
	x, ok := a.exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
	}
	x.w, x.r = c.Response().Writer, c.Request()
	return x
}

// release takes an exchange back that nobody looks at any more.
func (a *API) release(x *exchange) {
	*x = exchange{}
	a.exchanges.Put(x)
}

package kuzzle

import (
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// maxParams is more placeholders than any route has.
const maxParams = 4

// exchange is one HTTP request and the way back.
type exchange struct {
	w http.ResponseWriter
	r *http.Request

	endpoint *endpoint // nil: no route matched
	names    []string
	params   [maxParams]string

	call      call
	id        string          // the request's id
	pretty    bool            // the answer is to be indented
	content   jsonvalue.Value // the body; absent: none
	arguments [maxParams]jsonvalue.Member
}

// serve answers an exchange, matched or not, in Kuzzle's order: what is wrong with the body comes before the route.
func (a *API) serve(x *exchange) {
	if !a.begin(x) {
		return
	}
	err := x.fill()
	if err == nil && x.endpoint == nil {
		err = kerrorText(idURL, strings.TrimSuffix(x.r.URL.EscapedPath(), "/"))
	}
	switch {
	case err != nil:
		a.fail(x, nil, err)
	case x.endpoint.serve != nil:
		x.endpoint.serve(a, x)
	default:
		if since := x.endpoint.deprecatedSince; since != "" {
			a.log.DebugContext(x.r.Context(), "a deprecated route is in use",
				"op", x.call.Controller+":"+x.call.Action, "path", x.r.URL.Path, "deprecated_since", since, "request_id", x.id)
		}
		a.run(x, &x.call)
	}
}

// serveUnroutable answers verbs that have no routes: OPTIONS on any path is fine, all others are refused.
func (a *API) serveUnroutable(x *exchange) {
	if !a.begin(x) {
		return
	}
	if x.r.Method == http.MethodOptions {
		a.respond(x, reply{answer: answer{result: jsonvalue.Object()}})
		return
	}
	a.fail(x, nil, kerrorText(idVerb, x.r.Method))
}

// begin reads the body and settles the request's id; it answers itself, and is false, where the body is no good.
func (a *API) begin(x *exchange) bool {
	content, err := a.readContent(x.r)
	if err != nil {
		a.respondBare(x, a.refuse(x.r.Context(), nil, err))
		return false
	}
	x.content = content
	if x.id = first(x.r.Header, headerRequestID); x.id == "" {
		x.id = newRequestID()
	}
	return true
}

// newRequestID makes a random UUID. It need not be hard to guess, only unlikely to come again.
func newRequestID() string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], rand.Uint64()) //nolint:gosec // a name in logs, no secret
	binary.BigEndian.PutUint64(u[8:], rand.Uint64()) //nolint:gosec // a name in logs, no secret
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// run carries a request out and answers with what came of it.
func (a *API) run(x *exchange, c *call) {
	ctx := x.r.Context()
	c.http, c.ID, c.cookie, c.revision = true, x.id, cookieToken(x.r.Header), first(x.r.Header, headerRevision)
	ans, err := a.execute(ctx, c)
	if err != nil {
		a.fail(x, &c.Request, err)
		return
	}
	confirmed, err := a.confirm(ctx, c.tenant, ans)
	if err != nil {
		a.fail(x, &c.Request, err)
		return
	}
	x.tellRevision(ans.revision(), confirmed)
	if ans.cookie != "" {
		x.w.Header()["Set-Cookie"] = []string{ans.cookie}
	}
	a.respond(x, reply{request: &c.Request, answer: ans, failure: ans.failure})
}

// fail answers with an error. Without a request the answer names no action.
func (a *API) fail(x *exchange, r *Request, err error) {
	a.respond(x, reply{request: r, failure: a.refuse(x.r.Context(), r, err)})
}

// fill makes the request of an exchange: arguments from the query string, over which those of the path win, the token from a header or else
// the query string, and so the volatile data.
func (x *exchange) fill() error {
	var e envelope
	e.args = x.arguments[:0]
	e.body = x.content
	if x.r.URL.RawQuery != "" {
		x.readQuery(&e)
	}
	for i := range x.names {
		if x.params[i] != "*" { // a bare asterisk is the router's own wildcard, not a value
			e.args = append(e.args, jsonvalue.Member{Name: x.names[i], Value: jsonvalue.String(x.params[i])})
		}
	}
	if err := e.readHeaders(x.r.Header); err != nil {
		return err
	}
	if err := x.call.fill(&e); err != nil {
		return err
	}
	if x.endpoint != nil && x.endpoint.row != nil {
		x.call.Controller, x.call.Action = x.endpoint.row.controller, x.endpoint.row.name
	}
	return nil
}

// readQuery takes the arguments of the query string, and what belongs to the envelope. The path alone says which action is meant.
func (x *exchange) readQuery(e *envelope) {
	for _, m := range parseQuery(x.r.URL.RawQuery) {
		switch m.Name {
		case "jwt":
			e.jwt = m.Value
		case "volatile":
			e.volatile = m.Value
		case "body":
			e.body = m.Value
		case "controller", "action":
		case "requestId":
			e.requestID = m.Value
		default:
			x.pretty = x.pretty || m.Name == "pretty"
			e.args = append(e.args, m)
		}
	}
}

// readHeaders takes the bearer token and the volatile data.
func (e *envelope) readHeaders(h http.Header) error {
	if token, ok := bearer(first(h, "Authorization")); ok {
		e.jwt = jsonvalue.String(token)
	}
	volatile := first(h, "X-Kuzzle-Volatile")
	if volatile == "" {
		return nil
	}
	v, err := jsonvalue.Parse([]byte(volatile), jsonvalue.Limits{})
	if err != nil {
		return kerrorText(idVolatile, err.Error())
	}
	e.volatile = v.JavaScript()
	return nil
}

// first gives the first value of a header by its canonical name.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// bearer gives the token of an Authorization header; other schemes make one anonymous.
func bearer(header string) (string, bool) {
	const scheme = "bearer "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	return header[len(scheme):], true
}

// cookieToken gives the token of the cookie authToken; the text null is none.
func cookieToken(h http.Header) string {
	if len(h["Cookie"]) == 0 {
		return ""
	}
	cookie, err := (&http.Request{Header: h}).Cookie("authToken")
	if err != nil || cookie.Value == "null" {
		return ""
	}
	if plain, err := url.PathUnescape(cookie.Value); err == nil {
		return plain
	}
	return cookie.Value
}

// serveQuery is POST /_query: the body is a message.
func (a *API) serveQuery(x *exchange) {
	if x.content.IsAbsent() {
		a.fail(x, nil, kerrorText(idHTTP, "the body must be a JSON object"))
		return
	}
	if x.content.Kind() != jsonvalue.KindObject {
		a.fail(x, nil, bareError(http.StatusBadRequest, notAnObject))
		return
	}
	e := messageEnvelope(x.content)
	if token, ok := bearer(first(x.r.Header, "Authorization")); ok && e.jwt.IsAbsent() {
		e.jwt = jsonvalue.String(token)
	}
	var c call
	if err := c.fill(&e); err != nil {
		a.fail(x, nil, err)
		return
	}
	a.run(x, &c)
}

// serveProbe tells that the process answers.
func (a *API) serveProbe(x *exchange) {
	a.respond(x, reply{answer: answer{result: jsonvalue.Null()}})
}

// serveReady tells whether requests can be carried out at the moment.
func (a *API) serveReady(x *exchange) {
	rep := reply{answer: answer{result: jsonvalue.Null()}}
	tenant, err := core.TenantFrom(x.r.Context())
	if err != nil || tenant.Ready() != nil {
		rep.status = http.StatusServiceUnavailable
	}
	a.respond(x, rep)
}

// serveHead is HEAD /: the headers alone.
func (a *API) serveHead(x *exchange) {
	a.respond(x, reply{answer: answer{result: jsonvalue.Object()}})
}

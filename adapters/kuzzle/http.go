package kuzzle

import (
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

	id      string          // the request's id
	pretty  bool            // the answer is to be indented
	content jsonvalue.Value // the body; absent: none
}

// serve answers an exchange, matched or not, in Kuzzle's order: what is wrong with the body comes before the route.
func (a *API) serve(x *exchange) {
	if !a.begin(x) {
		return
	}
	r, err := x.request()
	if err == nil && x.endpoint == nil {
		err = kerrorText(idURL, strings.TrimSuffix(x.r.URL.EscapedPath(), "/"))
	}
	switch {
	case err != nil:
		a.fail(x, r, err)
	case x.endpoint.serve != nil:
		x.endpoint.serve(a, x)
	default:
		r.Controller, r.Action = x.endpoint.row.controller, x.endpoint.row.name
		a.run(x, r)
	}
}

// serveUnroutable answers verbs that have no routes: OPTIONS on any path is fine, all others are refused.
func (a *API) serveUnroutable(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, r: r}
	if !a.begin(x) {
		return
	}
	if r.Method == http.MethodOptions {
		a.respond(x, reply{answer: answer{result: jsonvalue.Object()}})
		return
	}
	a.fail(x, nil, kerrorText(idVerb, r.Method))
}

// begin reads the body and settles the request's id; it answers itself, and is false, where the body is no good.
func (a *API) begin(x *exchange) bool {
	content, err := a.readContent(x.r)
	if err != nil {
		a.respondBare(x, a.refuse(x.r.Context(), nil, err))
		return false
	}
	x.content = content
	if x.id = x.r.Header.Get(headerRequestID); x.id == "" {
		x.id = uuid.NewString()
	}
	return true
}

// run carries a request out and answers with what came of it.
func (a *API) run(x *exchange, r *Request) {
	ctx := x.r.Context()
	r.http, r.ID, r.cookie = true, x.id, cookieToken(x.r.Header)
	ans, err := a.execute(ctx, r)
	if err != nil {
		a.fail(x, r, err)
		return
	}
	confirmed := a.confirm(ctx, ans)
	x.tellRevision(ans.head.Revision, confirmed)
	a.respond(x, reply{request: r, answer: ans, failure: ans.failure})
}

// fail answers with an error. Without a request the answer names no action.
func (a *API) fail(x *exchange, r *Request, err error) {
	a.respond(x, reply{request: r, failure: a.refuse(x.r.Context(), r, err)})
}

// request makes the request of an exchange: arguments from the query string, over which those of the path win, the token from a header or else
// the query string, as for the volatile data.
func (x *exchange) request() (*Request, error) {
	var e envelope
	var members []jsonvalue.Member
	e.body = x.content
	if x.r.URL.RawQuery != "" {
		members = x.readQuery(&e)
	}
	for i := range x.names {
		if x.params[i] != "*" { // a bare asterisk is the router's own wildcard, not a value
			members = append(members, jsonvalue.Member{Name: x.names[i], Value: jsonvalue.String(x.params[i])})
		}
	}
	e.args = jsonvalue.Object(members...)
	if err := e.readHeaders(x.r.Header); err != nil {
		return nil, err
	}
	return e.request(func() string { return x.id })
}

// readQuery gives the arguments of the query string, and puts what belongs to the envelope there. The path alone says which action is meant.
func (x *exchange) readQuery(e *envelope) []jsonvalue.Member {
	var members []jsonvalue.Member
	for _, m := range parseQuery(x.r.URL.RawQuery) {
		switch m.Name {
		case "jwt":
			e.jwt = m.Value
		case "volatile":
			e.volatile = m.Value
		case "body":
			e.body = m.Value
		case "controller", "action":
		default:
			x.pretty = x.pretty || m.Name == "pretty"
			e.requestID = pick(m.Name == "requestId", m.Value, e.requestID)
			members = append(members, m)
		}
	}
	return members
}

func pick(first bool, a, b jsonvalue.Value) jsonvalue.Value {
	if first {
		return a
	}
	return b
}

// readHeaders takes the bearer token and the volatile data.
func (e *envelope) readHeaders(h http.Header) error {
	if token, ok := bearer(h.Get("Authorization")); ok {
		e.jwt = jsonvalue.String(token)
	}
	volatile := h.Get("X-Kuzzle-Volatile")
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
	if token, ok := bearer(x.r.Header.Get("Authorization")); ok && e.jwt.IsAbsent() {
		e.jwt = jsonvalue.String(token)
	}
	r, err := e.request(func() string { return x.id })
	if err != nil {
		a.fail(x, nil, err)
		return
	}
	a.run(x, r)
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

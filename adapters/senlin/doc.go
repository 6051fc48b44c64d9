// Package senlin speaks the OpenStack clustering API (Senlin, API v1, micro-versions 1.0 to 1.14) over HTTP, as far as it is about
// profiles, so that its clients cannot tell the difference. It decodes a request into a command of the core, and the core's answer, or
// fault, into what Senlin would have sent.
//
// A request is judged in Senlin's order, which clients can see: version discovery, micro-version, token, route, body, method at that
// micro-version, fields, and then the core. What a file holds: api.go the routes and that order, request.go what is settled about a request,
// discovery.go, accept.go and microversion.go the versions, body.go and fields.go what a request may hold, profiles.go, list.go and types.go
// the calls, wire.go the answers, faults.go and webob.go the errors.
package senlin

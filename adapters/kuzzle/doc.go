// Package kuzzle speaks Kuzzle's dialect: HTTP, and JSON messages that another package carries over WebSocket or MQTT. Both meet in one
// table of actions (actions.go): HTTP routes, message dispatch, what roles may name and what server:publicApi tells all derive from it.
//
// The way of a request:
//
//	http.go, body.go, routes.go   an HTTP exchange becomes a Request
//	message.go                    a JSON message becomes a Request
//	request.go, arguments.go      the Request and its typed arguments
//	funnel.go                     envelope checks, token, rights, action: one pipeline for all
//	security_*.go, index.go, …    the actions: decode, call the core, encode
//	wire.go, faults.go            results and faults in Kuzzle's shape
//
// The contract is what a Kuzzle 2.56 answers, byte for byte, but for a few places where the original leaks an internal or answers bad
// input with a 500. The package knows no frames and no tenant of its own: the tenant comes with the context (core.TenantFrom), the
// credentials are judged by an Authenticator that is given to New.
package kuzzle

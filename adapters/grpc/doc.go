// Package grpcapi speaks profilegate.v1 over gRPC: the service of the contract in proto/, and health and reflection, which need no tenant.
// It decodes a request into a command of the core, and the core's answer, or fault, into what the contract says.
//
// A call is judged in this order: its size, its protobuf, the tenant that its metadata names, the credentials, the style of profile, the
// caller's right, the JSON texts within the request, and then the core. What a file holds: api.go the server and its life, call.go the
// order above, decode.go requests that are no protobuf, session.go tenant and credentials, profiles.go the handlers, wire.go messages to commands and profiles to messages,
// faults.go the errors, places.go how the core's names of fields become the contract's.
package grpcapi

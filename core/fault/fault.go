// Package fault names what can go wrong. Every error that crosses a boundary of the core is an *Error: a Kind that tells a
// transport how to answer, a stable Code that tells a program what happened, a message for people, and typed data (what it is about,
// which fields) from which a dialect can build its own words. The package knows no protocol: each dialect maps kinds and codes in one
// file of its own.
package fault

import (
	"context"
	"errors"
	"strings"
)

// Kind is the broad class of a fault. Dialects map kinds exhaustively.
type Kind uint8

// The kinds. Internal is the zero value, so an error nobody classified is never taken for the caller's mistake.
const (
	Internal         Kind = iota // a bug or a broken invariant: answered with a fixed text, logged with its cause
	Invalid                      // the request is malformed or breaks a rule
	Unauthenticated              // no actor could be found for the credentials
	Forbidden                    // the actor is known and may not
	NotFound                     // what the request names does not exist
	Ambiguous                    // what the request names exists more than once
	AlreadyExists                // an id or unique name is taken
	Conflict                     // the record changed since it was read; reading again and retrying may help
	InUse                        // something else still refers to it
	Precondition                 // the state of the system forbids it (an index that strict wants does not exist)
	TooLarge                     // beyond a bound on size or depth
	RateLimited                  // too many requests from this actor
	Unavailable                  // a store or a peer cannot be reached; nothing was written
	Uncertain                    // the write may or may not stand; its commit id can tell later
	DeadlineExceeded             // the caller's time ran out before anything was written
	Canceled                     // the caller went away before anything was written
)

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", Unauthenticated: "unauthenticated", Forbidden: "forbidden", NotFound: "not_found",
	Ambiguous: "ambiguous", AlreadyExists: "already_exists", Conflict: "conflict", InUse: "in_use", Precondition: "precondition",
	TooLarge: "too_large", RateLimited: "rate_limited", Unavailable: "unavailable", Uncertain: "uncertain",
	DeadlineExceeded: "deadline_exceeded", Canceled: "canceled",
}

// String gives the kind's stable name, as logs, metrics and gRPC's ErrorInfo carry it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// Kinds lists every kind, for tests that walk a dialect's table.
func Kinds() []Kind {
	ks := make([]Kind, len(kindNames))
	for i := range ks {
		ks[i] = Kind(i)
	}
	return ks
}

// Error is a fault. Build it with the constructors; read it with As or KindOf.
type Error struct {
	Kind    Kind
	Code    Code
	Message string  // one English sentence; never an internal
	Subject Subject // what it is about, where it is about one thing
	Fields  []Field // which parts of the request are wrong, in the order they were found
	Cause   error   // for logs only
}

// Subject names the thing a fault is about: a role, an index, a profile type.
type Subject struct {
	Kind string // "profile", "role", "index", "collection", "profile_type", "action", …
	ID   string
}

// Field is one offending part of a request.
type Field struct {
	Path     string   // dotted, with [i] for list items: "policies[0].restrictedTo[1].index"
	Expected string   // what is accepted there, in a few words: "string[]", "positive integer, or zero"
	Values   []string // the values that are wrong, or that are accepted, where the code says so
}

// Error gives the message and, where there is one, the cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// As finds the fault in err's chain. An error that is none is wrapped: contexts that ended become Canceled or
// DeadlineExceeded, all else Internal. It returns nil for nil.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return &Error{Kind: Canceled, Code: CodeCanceled, Message: "The request was canceled.", Cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Kind: DeadlineExceeded, Code: CodeDeadlineExceeded, Message: "The request ran out of time.", Cause: err}
	}
	return &Error{Kind: Internal, Code: CodeInternal, Message: "An unexpected error occurred.", Cause: err}
}

// KindOf is As(err).Kind; the kind of nil is Internal, so ask only about errors.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// HasCode tells whether err is a fault with this code.
func HasCode(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

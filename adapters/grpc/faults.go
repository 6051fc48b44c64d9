package grpcapi

import (
	"errors"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// domain is the ErrorInfo's for all faults of the gateway.
const domain = "profilegate"

// Bounds, in bytes, on what an error repeats of the request: all of it travels in HTTP/2 headers, where clients accept 8 KiB.
const (
	maxMessage     = 768
	maxID          = 512 // profile.MaxIDBytes: an id that is told to have been stored is told whole
	maxField       = 256
	maxDescription = 384
	maxFields      = 2
)

// internalMessage is all that a client learns of a fault of the server.
const internalMessage = "An unexpected error occurred."

// statuses maps every kind. Together with codeOf it is the one place where faults become gRPC's status codes.
var statuses = map[fault.Kind]codes.Code{
	fault.Internal:         codes.Internal,
	fault.Invalid:          codes.InvalidArgument,
	fault.Unauthenticated:  codes.Unauthenticated,
	fault.Forbidden:        codes.PermissionDenied,
	fault.NotFound:         codes.NotFound,
	fault.Ambiguous:        codes.FailedPrecondition,
	fault.AlreadyExists:    codes.AlreadyExists,
	fault.Conflict:         codes.Aborted,
	fault.InUse:            codes.FailedPrecondition,
	fault.Precondition:     codes.FailedPrecondition,
	fault.TooLarge:         codes.InvalidArgument,
	fault.RateLimited:      codes.ResourceExhausted,
	fault.Unavailable:      codes.Unavailable,
	fault.Uncertain:        codes.Unknown,
	fault.DeadlineExceeded: codes.DeadlineExceeded,
	fault.Canceled:         codes.Canceled,
}

func codeOf(e *fault.Error) codes.Code {
	if e.Code == fault.CodeNotSupported || e.Code == fault.CodeNothingToUpdate {
		return codes.FailedPrecondition // what the tenant is, or has, forbids it, not the request's form
	}
	if c, ok := statuses[e.Kind]; ok {
		return c
	}
	return codes.Internal
}

// statusOf gives an error the status that a client gets: code, message, ErrorInfo, and BadRequest where fields of the request are wrong.
func statusOf(err error) *status.Status {
	e := fault.As(err)
	code := codeOf(e)
	if code == codes.Internal {
		return detailed(status.New(code, internalMessage), errorInfo(&fault.Error{Code: fault.CodeInternal}))
	}
	info := errorInfo(e)
	var u *unconfirmed
	if errors.As(err, &u) {
		info.Metadata["revision"] = u.revision
	}
	details := []protoadapt.MessageV1{info}
	if bad := badRequest(e); bad != nil {
		details = append(details, bad)
	}
	return detailed(status.New(code, clip(e.Message, maxMessage)), details...)
}

// detailed attaches details. What keeps them from being encoded, text that is no UTF-8, cannot be in them; without them the status stays.
func detailed(s *status.Status, details ...protoadapt.MessageV1) *status.Status {
	if with, err := s.WithDetails(details...); err == nil {
		return with
	}
	return s
}

// errorInfo tells what happened: the reason, the fault's kind, and what it is about, where it is about one thing.
func errorInfo(e *fault.Error) *errdetails.ErrorInfo {
	about := map[string]string{"kind": e.Kind.String()}
	if e.Subject.Kind != "" {
		about["subject"] = clip(e.Subject.Kind, maxField)
	}
	if e.Subject.ID != "" {
		about["id"] = clip(e.Subject.ID, maxID)
	}
	return &errdetails.ErrorInfo{Domain: domain, Reason: reasonOf(e), Metadata: about}
}

func reasonOf(e *fault.Error) string {
	if e.Code == "" {
		return strings.ToUpper(e.Kind.String())
	}
	return strings.ToUpper(string(e.Code))
}

// badRequest lists the fields that are wrong, or is nil. Faults about the caller name the caller there, who is no field of a request.
func badRequest(e *fault.Error) *errdetails.BadRequest {
	if len(e.Fields) == 0 || e.Kind == fault.Forbidden || e.Kind == fault.Unauthenticated {
		return nil
	}
	bad := &errdetails.BadRequest{}
	for _, f := range e.Fields[:min(len(e.Fields), maxFields)] {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: clip(f.Path, maxField), Description: clip(describe(e, f), maxDescription), Reason: reasonOf(e),
		})
	}
	return bad
}

func describe(e *fault.Error, f fault.Field) string {
	if f.Expected == "" {
		return e.Message
	}
	d := "Expected: " + f.Expected + "."
	if e.Code == fault.CodeCollectionNotFound {
		d += " Missing: " + strings.Join(f.Values, ", ") + "."
	}
	return d
}

// clip makes text fit to be told: UTF-8, which text that came as JSON need not be, and not longer than max bytes.
func clip(s string, max int) string {
	if len(s) <= max && utf8.ValidString(s) {
		return s
	}
	s = valid(s)
	if len(s) <= max {
		return s
	}
	const more = "…"
	end := max - len(more)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// unconfirmed says that a write stands and that nodes may not find it yet. It carries the revision, for which a fault has no place.
type unconfirmed struct {
	fault    *fault.Error
	revision string
}

// notConfirmed is the fault of a wait that ended early. Whatever ended it, the write stands, so no other reason would be true, save that the store
// has lost the write since.
func notConfirmed(id string, head store.Head, cause error) error {
	if fault.HasCode(cause, fault.CodeWriteLost) {
		return cause
	}
	return &unconfirmed{revision: revision(head), fault: &fault.Error{
		Kind: fault.DeadlineExceeded, Code: fault.CodeWaitTimeout, Cause: cause,
		Subject: fault.Subject{Kind: "profile", ID: id},
		Message: "The write stands, but not every node has confirmed that its searches see it.",
	}}
}

func (u *unconfirmed) Error() string { return u.fault.Error() }

func (u *unconfirmed) Unwrap() error { return u.fault }

func notSupported(style string) error {
	return &fault.Error{Kind: fault.Invalid, Code: fault.CodeNotSupported, Message: "This tenant has no " + style + " profiles."}
}

func notFound(id string) error {
	return fault.NotFoundf(fault.CodeProfileNotFound, fault.Subject{Kind: "profile", ID: id}, "The profile %q could not be found.", id)
}

func ambiguousStyle(id string) error {
	return &fault.Error{
		Kind: fault.Ambiguous, Code: fault.CodeProfileAmbiguous, Subject: fault.Subject{Kind: "profile", ID: id},
		Message: "Each style has a profile with this id; say which style is meant.",
	}
}

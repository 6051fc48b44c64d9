package senlin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/profilegate/profilegate/core/fault"
)

// apiFault is an error as Senlin's fault middleware answers it.
type apiFault struct {
	status  int
	typ     string // the name of Senlin's exception, or HTTPBadRequest for what its API process finds
	message string
}

func (f *apiFault) Error() string { return f.typ + ": " + f.message }

// badRequest is what Senlin's API process answers to a request it cannot take.
func badRequest(message string) error {
	return &apiFault{status: http.StatusBadRequest, typ: "HTTPBadRequest", message: message}
}

// badRequestf is badRequest with a format.
func badRequestf(format string, args ...any) error { return badRequest(fmt.Sprintf(format, args...)) }

// malformed is the answer with the general message: what any Python TypeError turns into.
func malformed() error { return badRequest(explanationOf(http.StatusBadRequest)) }

// shape is how a kind of fault is told: a status and the name of Senlin's exception.
type shape struct {
	status int
	typ    string
}

// shapes maps every kind. It is the one place where the dialect turns faults into statuses.
var shapes = map[fault.Kind]shape{
	fault.Internal:         {http.StatusInternalServerError, "InternalError"},
	fault.Invalid:          {http.StatusBadRequest, "HTTPBadRequest"},
	fault.Unauthenticated:  {http.StatusUnauthorized, "Unauthorized"},
	fault.Forbidden:        {http.StatusForbidden, "Forbidden"},
	fault.NotFound:         {http.StatusNotFound, "ResourceNotFound"},
	fault.Ambiguous:        {http.StatusBadRequest, "MultipleChoices"},
	fault.AlreadyExists:    {http.StatusBadRequest, "BadRequest"},
	fault.Conflict:         {http.StatusConflict, "Conflict"},
	fault.InUse:            {http.StatusConflict, "ResourceInUse"},
	fault.Precondition:     {http.StatusConflict, "Conflict"},
	fault.TooLarge:         {http.StatusBadRequest, "RequestLimitExceeded"},
	fault.RateLimited:      {http.StatusTooManyRequests, "TooManyRequests"},
	fault.Unavailable:      {http.StatusServiceUnavailable, "ServiceUnavailable"},
	fault.Uncertain:        {http.StatusServiceUnavailable, "ServiceUnavailable"},
	fault.DeadlineExceeded: {http.StatusServiceUnavailable, "ServiceUnavailable"},
	fault.Canceled:         {http.StatusServiceUnavailable, "ServiceUnavailable"},
}

// codeShapes are the shapes of codes that are not told as their kind is. What Senlin does not know, a revision that a header asks for, is told as HTTP
// tells it.
var codeShapes = map[fault.Code]shape{
	fault.CodeSpecInvalid:     {http.StatusBadRequest, "InvalidSpec"},
	fault.CodeSpecCheckFailed: {http.StatusBadRequest, "InvalidSpec"},
	fault.CodeSpecKeyMissing:  {http.StatusBadRequest, "ESchema"},
	fault.CodeNothingToUpdate: {http.StatusBadRequest, "BadRequest"},
	fault.CodeHistoryChanged:  {http.StatusPreconditionFailed, "PreconditionFailed"},
	fault.CodeRevisionTooOld:  {http.StatusPreconditionFailed, "PreconditionFailed"},
}

// faultOf maps any error to the fault that is answered.
func faultOf(err error) *apiFault {
	var f *apiFault
	if errors.As(err, &f) {
		return f
	}
	e := fault.As(err)
	s, ok := codeShapes[e.Code]
	if !ok {
		s = shapes[e.Kind]
	}
	return &apiFault{status: s.status, typ: s.typ, message: messageOf(e)}
}

// messageOf gives a fault Senlin's words where they are not the core's.
func messageOf(e *fault.Error) string {
	switch e.Code {
	case fault.CodeProfileNotFound, fault.CodeProfileTypeNotFound:
		return fmt.Sprintf("The %s '%s' could not be found.", e.Subject.Kind, e.Subject.ID)
	case fault.CodeSpecMalformed:
		return explanationOf(http.StatusBadRequest)
	case fault.CodeForbidden:
		return "You are not authorized to complete this operation."
	default:
		return e.Message
	}
}

// inCreate gives a fault of the spec's schema the words that Senlin puts in front of it while it creates a profile.
func inCreate(name string, err error) error {
	if !fault.HasCode(err, fault.CodeSpecInvalid) {
		return err
	}
	f := faultOf(err)
	f.message = "Failed in creating profile " + name + ": " + f.message
	return f
}

// body is the fault as JSON, keys sorted as Senlin sorts them.
func (f *apiFault) body() []byte {
	b := append([]byte(nil), `{"code":`...)
	b = appendInt(b, f.status)
	b = append(b, `,"error":{"code":`...)
	b = appendInt(b, f.status)
	b = append(b, `,"message":`...)
	b = appendText(b, f.message)
	b = append(b, `,"type":`...)
	b = appendText(b, f.typ)
	b = append(b, `},"explanation":`...)
	b = appendText(b, explanationOf(f.status))
	b = append(b, `,"title":`...)
	return append(appendText(b, titleOf(f.status)), '}')
}

// unauthorizedBody is what Keystone's middleware answers, in a shape of its own.
const unauthorizedBody = `{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}`

func titleOf(status int) string { return http.StatusText(status) }

// explanationOf is webob's text for a status.
func explanationOf(status int) string {
	switch status {
	case http.StatusForbidden:
		return "Access was denied to this resource."
	case http.StatusNotFound:
		return "The resource could not be found."
	case http.StatusConflict:
		return "There was a conflict when trying to complete your request."
	case http.StatusPreconditionFailed:
		return "Request precondition failed."
	case http.StatusTooManyRequests:
		return "The client has sent too many requests in a given amount of time."
	case http.StatusServiceUnavailable:
		return "The server is currently unavailable. Please try again at a later time."
	case http.StatusInternalServerError:
		return "The server has either erred or is incapable of performing the requested operation."
	default:
		return "The server could not comply with the request since it is either malformed or otherwise incorrect."
	}
}

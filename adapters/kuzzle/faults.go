package kuzzle

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
)

// translate is the one place where faults become Kuzzle's errors. An error that is Kuzzle's already stays; of the rest the code decides,
// then the kind. What nobody classified is answered with a fixed text: its cause is for the log.
func translate(err error) *kuzzleError {
	if k, ok := asKuzzleError(err); ok {
		return k
	}
	f := fault.As(err)
	if byCode, ok := faultCodes[f.Code]; ok {
		return byCode(f)
	}
	if byCode, ok := identityFaults[f.Code]; ok {
		return byCode(f)
	}
	if own, ok := ownFaults[f.Code]; ok {
		return &kuzzleError{id: "profilegate.store." + string(f.Code), code: own.code, status: own.status, message: f.Message}
	}
	if byKind, ok := faultKinds[f.Kind]; ok {
		return byKind(f)
	}
	return kerrorText(idUnexpected, "internal error")
}

// faultCodes says how the codes that have words of their own in Kuzzle are told.
var faultCodes = map[fault.Code]func(*fault.Error) *kuzzleError{
	fault.CodeMissingArgument: func(f *fault.Error) *kuzzleError { return kerrorText(idMissing, field(f).Path) },
	fault.CodeEmptyArgument:   func(f *fault.Error) *kuzzleError { return kerrorText("api.assert.empty_argument", field(f).Path) },
	fault.CodeInvalidType:     func(f *fault.Error) *kuzzleError { return kerrorText(idInvalidType, field(f).Path, field(f).Expected) },
	fault.CodeInvalidArgument: func(f *fault.Error) *kuzzleError {
		return kerrorText(idInvalidArgument, field(f).Path, field(f).Expected)
	},
	fault.CodeUnexpectedArgument: func(f *fault.Error) *kuzzleError {
		return kerrorText(idUnexpectedArg, field(f).Path, quoted(field(f).Values))
	},
	fault.CodeBodyRequired: func(*fault.Error) *kuzzleError { return kerror(idBodyRequired) },
	fault.CodeIDTooLong: func(f *fault.Error) *kuzzleError {
		return kerrorText(idBadRequest, fmt.Sprintf("Validation Failed: 1: id [%s] is too long, must be no longer than %d bytes but was: %d;",
			f.Subject.ID, profile.MaxIDBytes, len(f.Subject.ID)))
	},
	fault.CodeInvalidName: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.invalid_"+f.Subject.Kind+"_name", f.Subject.ID)
	},
	fault.CodeRoleProtected:    func(*fault.Error) *kuzzleError { return kerror("security.role.cannot_delete") },
	fault.CodeProfileProtected: func(*fault.Error) *kuzzleError { return kerror("security.profile.cannot_delete") },
	fault.CodeRoleInUse:        func(f *fault.Error) *kuzzleError { return kerrorText("security.role.in_use", f.Subject.ID) },
	fault.CodeProfileInUse: func(*fault.Error) *kuzzleError {
		return kerror("security.profile.in_use") // Kuzzle leaves the placeholder open
	},
	fault.CodeProfileNotFound: func(f *fault.Error) *kuzzleError { return kerrorText("security.profile.not_found", f.Subject.ID) },
	fault.CodeUserNotFound:    func(f *fault.Error) *kuzzleError { return kerrorText("security.user.not_found", f.Subject.ID) },
	fault.CodeRoleNotFound:    func(f *fault.Error) *kuzzleError { return kerrorText("security.role.not_found", f.Subject.ID) },
	fault.CodeIndexNotFound:   func(f *fault.Error) *kuzzleError { return kerrorText("services.storage.unknown_index", f.Subject.ID) },
	fault.CodeCollectionNotFound: func(f *fault.Error) *kuzzleError {
		return kerror("services.storage.unknown_collection", jsonvalue.String(f.Subject.ID), texts(field(f).Values))
	},
	fault.CodeIndexExists: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.index_already_exists", "public", f.Subject.ID)
	},
	fault.CodeAnonymousRole:  func(*fault.Error) *kuzzleError { return kerror("security.profile.missing_anonymous_role") },
	fault.CodeAnonymousLogin: func(*fault.Error) *kuzzleError { return kerror("security.role.login_required") },
	fault.CodeUnknownController: func(f *fault.Error) *kuzzleError {
		return kerrorText("security.role.unknown_controller", f.Subject.ID, value(f, 0), "")
	},
	fault.CodeUnknownAction: unknownAction,
	fault.CodeUnauthenticated: func(f *fault.Error) *kuzzleError {
		controller, name, _ := strings.Cut(f.Subject.ID, ":")
		return kerrorText(idUnauthorized, controller, name, anonymousID)
	},
	fault.CodeForbidden: func(f *fault.Error) *kuzzleError {
		controller, name, _ := strings.Cut(f.Subject.ID, ":")
		return kerrorText(idForbidden, controller, name, value(f, 0))
	},
	fault.CodeInvalidMapping: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.invalid_mapping", field(f).Path, field(f).Expected)
	},
	fault.CodeMappingType: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.invalid_mapping_type", field(f).Path, value(f, 0))
	},
	fault.CodeMappingFixed: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.cannot_change_mapping", field(f).Path)
	},
	fault.CodeTokenInvalid:     func(*fault.Error) *kuzzleError { return kerror(idToken) },
	fault.CodeUnknownSearchKey: func(f *fault.Error) *kuzzleError { return kerrorText(idSearchKey, field(f).Path) },
	fault.CodeUnknownQuery: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.unknown_query_keyword", field(f).Path)
	},
	fault.CodeForbiddenQuery: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.invalid_query_keyword", field(f).Path)
	},
	fault.CodeKoncordeKeyword: func(f *fault.Error) *kuzzleError {
		return kerrorText("api.assert.koncorde_restricted_keyword", value(f, 0), value(f, 1))
	},
	fault.CodeKoncordeExists: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.koncorde.elastic_translation_error", f.Message)
	},
	fault.CodeScrollNotFound: func(*fault.Error) *kuzzleError { return kerror("services.storage.unknown_scroll_id") },
	fault.CodeScrollTooLong: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.scroll_duration_too_great", value(f, 0))
	},
	fault.CodeTooDeep: func(f *fault.Error) *kuzzleError { return kerrorText(idBadRequest, f.Message) },
}

// ownFaults are what Kuzzle has no words for: the freshness of what is read, which it does not promise. Their numbers lie beyond those of Kuzzle's
// domains.
var ownFaults = map[fault.Code]struct{ status, code int }{
	fault.CodeHistoryChanged: {http.StatusPreconditionFailed, 0x70000001},
	fault.CodeRevisionTooOld: {http.StatusPreconditionFailed, 0x70000002},
	fault.CodeLeaseLost:      {http.StatusServiceUnavailable, 0x70000003},
	fault.CodeWriteLost:      {http.StatusServiceUnavailable, 0x70000004},
}

// faultKinds says how all other codes of a kind are told. Kinds that stand here are safe to show: their messages hold no internals.
var faultKinds = map[fault.Kind]func(*fault.Error) *kuzzleError{
	fault.Internal:        func(*fault.Error) *kuzzleError { return kerrorText(idUnexpected, "internal error") },
	fault.Invalid:         func(f *fault.Error) *kuzzleError { return kerrorText(idBadRequest, f.Message) },
	fault.Unauthenticated: func(*fault.Error) *kuzzleError { return kerror(idToken) },
	fault.Forbidden:       func(f *fault.Error) *kuzzleError { return bareError(403, f.Message) },
	fault.NotFound: func(f *fault.Error) *kuzzleError {
		return kerrorText("services.storage.unexpected_not_found", f.Message)
	},
	fault.Ambiguous:     func(f *fault.Error) *kuzzleError { return kerrorText(idBadRequest, f.Message) },
	fault.AlreadyExists: func(*fault.Error) *kuzzleError { return kerror("services.storage.document_already_exists") },
	fault.Conflict: func(f *fault.Error) *kuzzleError {
		k := kerrorText("services.storage.too_many_changes", f.Subject.ID)
		k.status = http.StatusConflict // Kuzzle's 500 would say that the server is broken, while trying again helps
		return k
	},
	fault.InUse: func(f *fault.Error) *kuzzleError {
		if f.Subject.Kind == "role" {
			return kerrorText("security.role.in_use", f.Subject.ID)
		}
		return kerror("security.profile.in_use") // Kuzzle leaves the placeholder open
	},
	fault.Precondition:     func(f *fault.Error) *kuzzleError { return bareError(412, f.Message) },
	fault.TooLarge:         func(*fault.Error) *kuzzleError { return kerror(idTooLarge) },
	fault.RateLimited:      func(*fault.Error) *kuzzleError { return kerror("api.process.too_many_requests") },
	fault.Unavailable:      func(*fault.Error) *kuzzleError { return kerror("services.cache.not_connected") }, // the storage's is a 500
	fault.Uncertain:        func(f *fault.Error) *kuzzleError { return kerrorText(idStorageError, f.Message) },
	fault.DeadlineExceeded: func(*fault.Error) *kuzzleError { return kerror("api.process.overloaded") },
	fault.Canceled:         func(*fault.Error) *kuzzleError { return kerror(idDropped) },
}

// anonymousID is the user that Kuzzle names where there is none.
const anonymousID = "-1"

// unknownAction leaves the place of the suggestion open for the controller "*", as Kuzzle does.
func unknownAction(f *fault.Error) *kuzzleError {
	role, name, controller := f.Subject.ID, value(f, 0), value(f, 1)
	if controller == "*" {
		return kerrorText("security.role.unknown_action", role, name, controller)
	}
	return kerrorText("security.role.unknown_action", role, name, controller, "")
}

// field is the fault's first field; a fault that forgot it is told with empty words.
func field(f *fault.Error) fault.Field {
	if len(f.Fields) == 0 {
		return fault.Field{}
	}
	return f.Fields[0]
}

func value(f *fault.Error, i int) string {
	if values := field(f).Values; i < len(values) {
		return values[i]
	}
	return ""
}

func texts(list []string) jsonvalue.Value {
	items := make([]jsonvalue.Value, len(list))
	for i, s := range list {
		items[i] = jsonvalue.String(s)
	}
	return jsonvalue.Array(items...)
}

func quoted(list []string) string {
	qs := make([]string, len(list))
	for i, s := range list {
		qs[i] = `"` + s + `"`
	}
	return strings.Join(qs, ", ")
}

package fault

import (
	"fmt"
	"strings"
)

// Code is a stable, machine-readable name of one fault. Codes are part of the gRPC contract (ErrorInfo.reason, upper-cased), so they
// are never renamed.
type Code string

// Codes of the process and its stores.
const (
	CodeInternal         Code = "internal"
	CodeCanceled         Code = "canceled"
	CodeDeadlineExceeded Code = "deadline_exceeded"
	CodeStoreUnavailable Code = "store_unavailable"
	CodeCommitUncertain  Code = "commit_uncertain"
	CodeStale            Code = "stale"            // this node can no longer vouch for what it has
	CodeWaitTimeout      Code = "wait_timeout"     // the write stands; not every node has confirmed it
	CodeRecordExists     Code = "record_exists"    // a precondition "absent" did not hold
	CodeRecordMissing    Code = "record_missing"   // a precondition "exists" did not hold
	CodeVersionMismatch  Code = "version_mismatch" // a precondition "at version" did not hold
	CodeRecordInUse      Code = "record_in_use"    // a precondition "unreferenced" did not hold
	CodeLeaseLost        Code = "lease_lost"       // this node cannot vouch for what it has: its store has not heard of it for too long
	CodeHistoryChanged   Code = "history_changed"  // the store's history went back before the revision that was asked for; Subject: it
	CodeRevisionTooOld   Code = "revision_too_old" // no log reaches back to the revision, so it cannot be checked; Subject: it
	CodeWriteLost        Code = "write_lost"       // the store acknowledged the write, and its history has gone back since

	CodeIdentityUnavailable Code = "identity_unavailable" // the identity service could not be asked who calls
)

// Codes of arguments, each with the path of the field.
const (
	CodeMissingArgument    Code = "missing_argument"    // Fields[0].Path
	CodeEmptyArgument      Code = "empty_argument"      // Fields[0].Path
	CodeInvalidType        Code = "invalid_type"        // Path, Expected
	CodeInvalidArgument    Code = "invalid_argument"    // Path, Expected
	CodeUnexpectedArgument Code = "unexpected_argument" // Path; Values: the accepted names
	CodeBodyRequired       Code = "body_required"
	CodeIDTooLong          Code = "id_too_long"  // Subject.ID
	CodeInvalidName        Code = "invalid_name" // Subject (index or collection)
	CodeTooLarge           Code = "too_large"
	CodeTooDeep            Code = "too_deep"
)

// Codes of what is, or is not, there.
const (
	CodeProfileNotFound     Code = "profile_not_found"
	CodeProfileExists       Code = "profile_exists"
	CodeProfileInUse        Code = "profile_in_use" // Subject: the profile, by its whole id; Fields[0].Values: the holders, at most ten
	CodeNothingToUpdate     Code = "nothing_to_update"
	CodeNameTaken           Code = "name_taken" // Fields[0].Values: the name
	CodeProfileAmbiguous    Code = "profile_ambiguous"
	CodeTenantNotFound      Code = "tenant_not_found"
	CodeProfileTypeNotFound Code = "profile_type_not_found"
	CodeRoleInUse           Code = "role_in_use"
	CodeRoleProtected       Code = "role_protected"    // admin, default and anonymous cannot be deleted
	CodeProfileProtected    Code = "profile_protected" // likewise
	CodeRoleNotFound        Code = "role_not_found"
	CodeRoleExists          Code = "role_exists"
	CodeIndexNotFound       Code = "index_not_found"
	CodeIndexExists         Code = "index_exists"
	CodeCollectionNotFound  Code = "collection_not_found" // Subject: the index; Fields[0].Values: the missing collections
)

// Codes of rules.
const (
	CodeSpecInvalid       Code = "spec_invalid"       // breaks its type's schema; Message is Senlin's own, which on create names the profile in front
	CodeSpecCheckFailed   Code = "spec_check_failed"  // fits the schema, but not its type's further rules; Message is Senlin's own and whole
	CodeSpecKeyMissing    Code = "spec_key_missing"   // no type or no version; Message is Senlin's own
	CodeSpecMalformed     Code = "spec_malformed"     // of a shape that Senlin answers with its general message
	CodeAnonymousRole     Code = "anonymous_role"     // the anonymous profile must keep the anonymous role
	CodeAnonymousLogin    Code = "anonymous_login"    // the anonymous role must allow login
	CodeUnknownController Code = "unknown_controller" // Subject: the role; Fields[0].Values: the controller
	CodeUnknownAction     Code = "unknown_action"     // Subject: the role; Fields[0].Values: the action, the controller
	CodeUnauthenticated   Code = "unauthenticated"    // Subject: the action
	CodeForbidden         Code = "forbidden"          // Subject: the action; Fields[0].Values: the user
	CodeRateLimited       Code = "rate_limited"       // Subject: the user
	CodeTokenInvalid      Code = "token_invalid"      // the credentials are no good
	CodeNotSupported      Code = "not_supported"      // this tenant does not speak that style
	CodeInvalidMapping    Code = "invalid_mapping"    // Fields[0]: the path below mappings, and in Expected what is wrong with it, if it can be said
	CodeMappingType       Code = "mapping_type"       // Fields[0]: the field; Values: the type that does not exist
	CodeMappingFixed      Code = "mapping_fixed"      // Fields[0]: the field, which has another type already
)

// Codes of searches.
const (
	CodeInvalidSearch    Code = "invalid_search"     // Message is the words of the store behind Kuzzle
	CodeUnknownSearchKey Code = "unknown_search_key" // Fields[0].Path: a member that the body of a search may not have
	CodeUnknownQuery     Code = "unknown_query"      // Fields[0].Path: a query that is no object, so perhaps of another language
	CodeForbiddenQuery   Code = "forbidden_query"    // Fields[0].Path: a part of a query that is not allowed, such as a script's source
	CodeKoncordeKeyword  Code = "koncorde_keyword"   // Fields[0].Values: "operator" or "clause", and its name: it has no meaning in a search
	CodeKoncordeExists   Code = "koncorde_exists"    // Message is Kuzzle's: a path with a value that cannot be read
	CodeScrollNotFound   Code = "scroll_not_found"   // the scroll does not exist, or has expired
	CodeScrollTooLong    Code = "scroll_too_long"    // Fields[0].Values: how long it was to live
	CodeTooManyScrolls   Code = "too_many_scrolls"
)

// Invalidf is a fault of the Invalid kind with one field.
func Invalidf(code Code, field Field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: code, Message: fmt.Sprintf(format, args...), Fields: []Field{field}}
}

// MissingArgument says that the field at path must be given.
func MissingArgument(path string) *Error {
	return Invalidf(CodeMissingArgument, Field{Path: path}, "Missing argument %q.", path)
}

// EmptyArgument says that the field at path must not be empty.
func EmptyArgument(path string) *Error {
	return Invalidf(CodeEmptyArgument, Field{Path: path}, "The argument %q is empty.", path)
}

// InvalidType says that the field at path has the wrong JSON type; expected names the right one ("integer", "object[]").
func InvalidType(path, expected string) *Error {
	return Invalidf(CodeInvalidType, Field{Path: path, Expected: expected}, "Wrong type for argument %q (expected: %s)", path, expected)
}

// InvalidArgument says that the value at path is out of its range.
func InvalidArgument(path, expected string) *Error {
	return Invalidf(CodeInvalidArgument, Field{Path: path, Expected: expected}, "Invalid argument %q. Expected: %s", path, expected)
}

// UnexpectedArgument says that nothing may stand at path; accepted lists the names that may.
func UnexpectedArgument(path string, accepted ...string) *Error {
	return Invalidf(CodeUnexpectedArgument, Field{Path: path, Values: accepted},
		"Unexpected argument %q (accepted arguments: %s)", path, quoted(accepted))
}

// NotFoundf says that the subject does not exist.
func NotFoundf(code Code, subject Subject, format string, args ...any) *Error {
	return &Error{Kind: NotFound, Code: code, Subject: subject, Message: fmt.Sprintf(format, args...)}
}

// Unavailablef says that a store or peer cannot be reached and that nothing was written.
func Unavailablef(cause error, format string, args ...any) *Error {
	return &Error{Kind: Unavailable, Code: CodeStoreUnavailable, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// Internalf is for broken invariants. The message goes to the log as the cause; what a client reads is fixed.
func Internalf(format string, args ...any) *Error {
	return &Error{
		Kind: Internal, Code: CodeInternal, Message: "An unexpected error occurred.",
		Cause: fmt.Errorf(format, args...),
	}
}

func quoted(names []string) string {
	qs := make([]string, len(names))
	for i, n := range names {
		qs[i] = `"` + n + `"`
	}
	return strings.Join(qs, ", ")
}

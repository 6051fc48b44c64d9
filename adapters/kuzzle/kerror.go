package kuzzle

import (
	"errors"
	"net/http"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// kuzzleError is an error as Kuzzle tells it. Some of Kuzzle's have neither id nor code nor props: id is empty then.
type kuzzleError struct {
	id      string
	code    int
	status  int
	message string
	props   []jsonvalue.Value
	parts   []*kuzzleError // of an action on many things: what failed of it
}

func (e *kuzzleError) Error() string {
	if e.id == "" {
		return e.message
	}
	return e.id + ": " + e.message
}

func asKuzzleError(err error) (*kuzzleError, bool) {
	var k *kuzzleError
	ok := errors.As(err, &k)
	return k, ok
}

// asBadRequest is for the few places that answer bad input with 400 where Kuzzle answers 500.
func (e *kuzzleError) asBadRequest() *kuzzleError {
	e.status = http.StatusBadRequest
	return e
}

// bareError is an error without id, code and props.
func bareError(status int, message string) *kuzzleError {
	return &kuzzleError{status: status, message: message}
}

// kerror makes the error with this id from kerrors. props fill the placeholders of its message, in order.
func kerror(id string, props ...jsonvalue.Value) *kuzzleError {
	d, ok := kerrors[id]
	if !ok {
		return kerror(idUnexpected, jsonvalue.String(id))
	}
	return &kuzzleError{id: id, code: d.code, status: d.status, message: format(d.message, props), props: props}
}

// kerrorText is kerror with props that are all strings.
func kerrorText(id string, props ...string) *kuzzleError {
	values := make([]jsonvalue.Value, len(props))
	for i, p := range props {
		values[i] = jsonvalue.String(p)
	}
	return kerror(id, values...)
}

// format is Node's util.format as far as Kuzzle's messages need it: only %s, a placeholder without a value stays, and values too many are
// put behind, each after a blank.
func format(template string, values []jsonvalue.Value) string {
	var b strings.Builder
	for _, v := range values {
		before, after, found := strings.Cut(template, "%s")
		if !found {
			break
		}
		b.WriteString(before)
		b.WriteString(printed(v))
		template, values = after, values[1:]
	}
	b.WriteString(template)
	for _, v := range values {
		b.WriteByte(' ')
		b.WriteString(printed(v))
	}
	return b.String()
}

// printed is what util.format puts in the place of %s.
func printed(v jsonvalue.Value) string {
	switch v.Kind() {
	case jsonvalue.KindString:
		return v.Text()
	case jsonvalue.KindArray:
		return inspectArray(v.Items())
	default:
		return string(v.AppendTo(nil))
	}
}

// Ids that code other than the table of faults speaks of.
const (
	idUnexpected      = "core.fatal.unexpected_error"
	idUnavailable     = "core.fatal.service_unavailable"
	idBadRequest      = "services.storage.unexpected_bad_request"
	idStorageError    = "services.storage.unexpected_error"
	idPartial         = "services.storage.incomplete_delete"
	idWriteLimit      = "services.storage.write_limit_exceeded"
	idDocument        = "services.storage.not_found"
	idUnexpectedArg   = "api.assert.unexpected_argument"
	idSearchAsID      = "services.storage.search_as_an_id"
	idFetchLimit      = "services.storage.get_limit_exceeded"
	idSearchKey       = "services.storage.invalid_search_query"
	idInvalidType     = "api.assert.invalid_type"
	idInvalidArgument = "api.assert.invalid_argument"
	idMissing         = "api.assert.missing_argument"
	idExclusive       = "api.assert.mutually_exclusive"
	idBodyRequired    = "api.assert.body_required"

	idForbiddenArgument = "api.assert.forbidden_argument"
	idAdminExists       = "api.process.admin_exists"
	idTooManyLogins     = "api.process.too_many_logins_requests"

	idDropped         = "api.process.connection_dropped"
	idNoController    = "api.process.controller_not_found"
	idNoAction        = "api.process.action_not_found"
	idSDKVersion      = "api.process.incompatible_sdk_version"
	idTooLarge        = "network.http.request_too_large"
	idFileTooLarge    = "network.http.file_too_large"
	idHTTP            = "network.http.unexpected_error"
	idEncodings       = "network.http.too_many_encodings"
	idCompression     = "network.http.unsupported_compression"
	idVerb            = "network.http.unsupported_verb"
	idURL             = "network.http.url_not_found"
	idContentType     = "network.http.unsupported_content"
	idCharset         = "network.http.unsupported_charset"
	idVolatile        = "network.http.volatile_parse_failed"
	idBody            = "network.http.body_parse_failed"
	idMQTT            = "network.mqtt.unexpected_error"
	idWebSocket       = "network.websocket.unexpected_error"
	idToken           = "security.token.invalid"
	idTokenCheck      = "security.token.verification_error"
	idUnauthorized    = "security.rights.unauthorized"
	idUnknownStrategy = "security.credentials.unknown_strategy"
	idForbidden       = "security.rights.forbidden"
)

// definition is one of Kuzzle's errors: its number (domain, subdomain and error in one), its HTTP status and its message.
type definition struct {
	code    int
	status  int
	message string
}

// kerrors are Kuzzle's errors by id (lib/kerror/codes of 2.56), as far as this gateway can come to them.
var kerrors = map[string]definition{
	"services.cache.database_not_found": {16973825, 404, `Cache database "%s" not found.`},
	"services.cache.not_connected":      {16973827, 503, "Unable to connect to the cache server."},

	idUnexpected:  {1, 500, "Caught an unexpected error: %s."},
	idUnavailable: {2, 500, "Service unavailable: %s."},

	"services.storage.unknown_index":      {16842753, 412, `The index "%s" does not exist.`},
	"services.storage.unknown_collection": {16842754, 412, `The collection "%s":"%s" does not exist.`},
	idFetchLimit:                          {16842755, 413, "The number of documents returned by this request exceeds the configured server limit."},
	idWriteLimit:                          {16842756, 413, "The number of documents edited by this request exceeds the configured server limit."},
	idPartial:                             {16842761, 206, "Couldn't delete all the requested documents: %s"},
	idDocument:                            {16842763, 404, `Document "%s" not found in "%s":"%s".`},
	idSearchAsID:                          {16842767, 400, "_search is not a valid document identifier"},
	"services.storage.document_already_exists": {16842769, 400, "Document already exists."},
	"services.storage.invalid_mapping":         {16842773, 400, `Invalid mapping property "mappings.%s".%s`},
	"services.storage.collection_reserved":     {16842774, 400, `Invalid collection name. "%s" is reserved for internal usage.`},
	"services.storage.cannot_change_mapping":   {16842778, 400, `Field "%s" already has a mapping, and it cannot be changed`},
	"services.storage.invalid_mapping_type":    {16842781, 400, `Field "%s": the data type "%s" doesn't exist`},
	"services.storage.too_many_changes": {
		16842784, 500, `Unable to modify document "%s": cluster sync failed (too many simultaneous changes applied)`,
	},
	idBadRequest:                                  {16842785, 400, "%s"},
	"services.storage.unexpected_not_found":       {16842786, 404, "%s"},
	idStorageError:                                {16842787, 500, "%s"},
	"services.storage.index_already_exists":       {16842790, 412, `A %s index named "%s" already exists`},
	idSearchKey:                                   {16842792, 400, `The argument "%s" is not allowed at this level of a search query.`},
	"services.storage.unknown_scroll_id":          {16842766, 404, "Non-existing or expired scroll identifier."},
	"services.storage.unknown_query_keyword":      {16842797, 400, `The keyword "%s" is not part of Elasticsearch Query DSL. Are you trying to use a Koncorde query?`},
	"services.storage.invalid_query_keyword":      {16842799, 400, `The "%s" keyword is not allowed in this query.`},
	"services.storage.scroll_duration_too_great":  {16842796, 400, `Scroll duration "%s" is too great.`},
	"services.koncorde.elastic_translation_error": {17104897, 400, "An error occured while translating a Koncorde filter to an Elasticsearch query: %s"},
	"api.assert.koncorde_restricted_keyword":      {33619981, 400, `The %s "%s" of Koncorde DSL is not supported for search queries.`},
	"services.storage.invalid_index_name":         {16842793, 400, `The index name "%s" is invalid`},
	"services.storage.invalid_collection_name":    {16842794, 400, `The collection name "%s" is invalid`},

	idInvalidType:               {33619969, 400, `Wrong type for argument "%s" (expected: %s)`},
	idInvalidArgument:           {33619970, 400, `Invalid argument "%s". Expected: %s`},
	idMissing:                   {33619971, 400, `Missing argument "%s".`},
	"api.assert.empty_argument": {33619972, 400, `The argument "%s" is empty.`},
	idExclusive:                 {33619973, 400, `Arguments "%s" and "%s" are mutually exclusive`},
	idUnexpectedArg:             {33619975, 400, `Unexpected argument "%s" (accepted arguments: %s)`},
	idBodyRequired:              {33619976, 400, "The request must specify a body."},

	"api.process.overloaded":        {33685506, 503, "Request discarded: Kuzzle Server is temporarily overloaded."},
	idDropped:                       {33685507, 400, "Client connection dropped"},
	idNoController:                  {33685508, 404, `API controller "%s" not found.`},
	idNoAction:                      {33685509, 404, `API action "%s":"%s" not found`},
	idSDKVersion:                    {33685510, 400, "Incompatible SDK client. Your SDK version (%s) does not match Kuzzle requirement (%s)."},
	"api.process.too_many_requests": {33685512, 429, "Rejected: requests rate limit exceeded for this user."},
	idAdminExists:                   {33685513, 412, "Admin user is already set."},
	idTooManyLogins:                 {33685517, 429, "Rejected: Too many login attempts per second"},
	idForbiddenArgument:             {33619979, 400, `The argument "%s" is not allowed by this API action.`},
	"plugin.strategy.missing_user":  {67305492, 401, "%s"},

	idTooLarge:     {50397185, 413, "Maximum HTTP request size exceeded."},
	idHTTP:         {50397186, 400, "Caught an unexpected HTTP error: %s"},
	idEncodings:    {50397187, 400, "Too many encodings."},
	idCompression:  {50397188, 400, `Unsupported compression algorithm "%s".`},
	idVerb:         {50397190, 400, `Unsupported HTTP verb "%s".`},
	idURL:          {50397191, 404, "API URL not found: %s."},
	idContentType:  {50397192, 400, `Invalid request content-type. Expected "application/json", got: "%s".`},
	idCharset:      {50397193, 400, `Unsupported request charset. Expected "utf-8", got: "%s".`},
	idVolatile:     {50397195, 400, `Unable to convert the "x-kuzzle-volatile" HTTP header to JSON: %s`},
	idBody:         {50397196, 400, "Unable to convert the HTTP body to JSON: %s"},
	idFileTooLarge: {50397197, 413, "Maximum HTTP file size exceeded"},
	idMQTT:         {50462721, 400, "Caught an unexpected MQTT error: %s"},
	idWebSocket:    {50528257, 400, "Caught an unexpected WebSocket error: %s"},

	idToken:                                    {117506049, 401, "Invalid token."},
	idTokenCheck:                               {117506055, 500, "Error verifying token: %s"},
	idUnauthorized:                             {117637121, 401, `Unauthorized: authentication required to execute the action "%s:%s".`},
	idForbidden:                                {117637122, 403, `Insufficient permissions to execute the action "%s:%s" (User "%s").`},
	"security.token.refresh_forbidden":         {117506056, 401, "%s cannot be refreshed."},
	"security.token.invalid_expiration":        {117506057, 400, "Token can not be created with this expiration time: %s"},
	idUnknownStrategy:                          {117571585, 400, `Unknown authentication strategy "%s"`},
	"security.user.already_exists":             {117702657, 412, "User %s already exists."},
	"security.user.not_found":                  {117702658, 404, `User "%s" not found.`},
	"security.user.anonymous_profile_required": {117702659, 400, "The anonymous user must be assigned to the anonymous profile"},
	"security.user.prevent_overwrite":          {117702662, 400, "Cannot overwrite existing users."},
	"security.role.not_found":                  {117768193, 404, `Role "%s" not found.`},
	"security.role.login_required":             {117768194, 400, `Cannot remove the "login" action from the anonymous role.`},
	"security.role.cannot_delete":              {117768195, 400, "The following roles are protected and cannot be deleted: anonymous, default, admin"},
	"security.role.in_use":                     {117768196, 412, `The role "%s" is still used and cannot be deleted.`},
	"security.role.unknown_controller":         {117768201, 400, "Trying to set role %s with a non-existing controller '%s'. %s"},
	"security.role.unknown_action":             {117768202, 400, "Trying to set role %s with a non-existing action '%s' in controller '%s'. %s"},
	"security.profile.not_found":               {117833729, 404, `Profile "%s" not found.`},
	"security.profile.cannot_delete":           {117833730, 400, "The following profiles are protected and cannot be deleted: anonymous, default, admin"},
	"security.profile.in_use":                  {117833731, 412, `The profile "%s" is still used and cannot be deleted.`},
	"security.profile.missing_anonymous_role":  {117833733, 400, "The anonymous profile must include the anonymous role"},
}

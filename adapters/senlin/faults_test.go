package senlin_test

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/senlin"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// failing finds no actor but an error, which so gets where every error of a call gets.
type failing struct{ err error }

func (f failing) Authenticate(context.Context, string) (access.Actor, error) {
	return access.Actor{}, f.err
}

func failsWith(err error) func(*senlin.Options) {
	return func(o *senlin.Options) { o.Authenticator = failing{err} }
}

func TestEveryKind(t *testing.T) {
	const (
		unavailable = "The server is currently unavailable. Please try again at a later time."
		conflict    = "There was a conflict when trying to complete your request."
	)
	want := map[fault.Kind]struct {
		status           int
		typ, explanation string
	}{
		fault.Internal:         {500, "InternalError", "The server has either erred or is incapable of performing the requested operation."},
		fault.Invalid:          {400, "HTTPBadRequest", general},
		fault.Forbidden:        {403, "Forbidden", "Access was denied to this resource."},
		fault.NotFound:         {404, "ResourceNotFound", "The resource could not be found."},
		fault.Ambiguous:        {400, "MultipleChoices", general},
		fault.AlreadyExists:    {400, "BadRequest", general},
		fault.Conflict:         {409, "Conflict", conflict},
		fault.InUse:            {409, "ResourceInUse", conflict},
		fault.Precondition:     {409, "Conflict", conflict},
		fault.TooLarge:         {400, "RequestLimitExceeded", general},
		fault.RateLimited:      {429, "TooManyRequests", "The client has sent too many requests in a given amount of time."},
		fault.Unavailable:      {503, "ServiceUnavailable", unavailable},
		fault.Uncertain:        {503, "ServiceUnavailable", unavailable},
		fault.DeadlineExceeded: {503, "ServiceUnavailable", unavailable},
		fault.Canceled:         {503, "ServiceUnavailable", unavailable},
	}
	for _, kind := range fault.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			w := answer(api(t, failsWith(&fault.Error{Kind: kind, Message: "So it is."})), ask(http.MethodGet, "/v1/profiles", ""))
			if kind == fault.Unauthenticated {
				isUnauthorized(t, w)
				return
			}
			require.Contains(t, want, kind)
			isFault(t, w, want[kind].status, want[kind].typ, "So it is.")
			require.Equal(t, want[kind].explanation, decoded(t, w)["explanation"])
		})
	}
}

// codes are all fault codes, as their source declares them.
func codes(t *testing.T) []fault.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../core/fault/code.go", nil, 0)
	require.NoError(t, err)
	var found []fault.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		require.True(t, ok)
		text, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		found = append(found, fault.Code(text))
		return true
	})
	require.Greater(t, len(found), 30)
	return found
}

// TestEveryCode shows that no code breaks an answer, or turns the caller's mistake into the server's.
func TestEveryCode(t *testing.T) {
	for _, code := range codes(t) {
		for _, e := range []*fault.Error{
			{Kind: fault.Invalid, Code: code},
			{Kind: fault.NotFound, Code: code, Message: "m", Subject: fault.Subject{Kind: "profile", ID: "<p>\"\\\n\x00\xff"}},
			{Kind: fault.Conflict, Code: code, Message: "\r\nSet-Cookie: a=b\x1b[0m\ud7ff", Fields: []fault.Field{{}}},
		} {
			w := answer(api(t, failsWith(e)), ask(http.MethodGet, "/v1/profiles", ""))
			require.GreaterOrEqual(t, w.Code, 400, code)
			require.Less(t, w.Code, 500, code)
			require.Empty(t, w.Header().Get("Set-Cookie"))
			body, _ := decoded(t, w)["error"].(map[string]any)
			require.NotEmpty(t, body["type"], code)
			require.Contains(t, body, "message", code)
		}
	}
}

// TestFailuresAreLogged shows that the log has the cause, the client the fixed text, and both the request's id.
func TestFailuresAreLogged(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		message string
		logged  bool
	}{
		{"broken invariant", fault.Internalf("password=%d", 1234), "An unexpected error occurred.", true},
		{"unclassified", errors.New("password=1234"), "An unexpected error occurred.", true},
		{"store away", fault.Unavailablef(errors.New("password=1234"), "The store cannot be reached."), "The store cannot be reached.", true},
		{"client gone", context.Canceled, "The request was canceled.", false},
		{"client's mistake", fault.MissingArgument("x"), `Missing argument "x".`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			h := api(t, failsWith(tt.err), func(o *senlin.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			w := answer(h, ask(http.MethodGet, "/v1/profiles", ""))
			body, _ := decoded(t, w)["error"].(map[string]any)
			require.Equal(t, tt.message, body["message"])
			require.NotContains(t, w.Body.String(), "1234")
			if !tt.logged {
				require.Empty(t, log.String())
				return
			}
			require.Contains(t, log.String(), w.Header().Get("X-OpenStack-Request-ID"))
			require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("\n")))
		})
	}
}

// TestNoTenant shows that a request which the gateway gave no tenant is told as a bug of the gateway.
func TestNoTenant(t *testing.T) {
	w := answer(senlin.New(senlin.Options{Authenticator: callers()}), ask(http.MethodGet, "/v1/profiles", ""))
	isFault(t, w, http.StatusInternalServerError, "InternalError", "An unexpected error occurred.")
}

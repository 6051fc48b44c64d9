package senlin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/senlin"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// judge is an authenticator with one answer for all.
type judge struct {
	actor access.Actor
	err   error
}

func (j judge) Authenticate(context.Context, string) (access.Actor, error) { return j.actor, j.err }

// TestIdentityUnavailable holds what keystonemiddleware answers while it cannot ask Keystone: webob's page, not Senlin's fault, whatever the
// path. An operator learns of it from the log.
func TestIdentityUnavailable(t *testing.T) {
	var log bytes.Buffer
	down := judge{err: &fault.Error{
		Kind: fault.Unavailable, Code: fault.CodeIdentityUnavailable, Message: "The Keystone service is temporarily unavailable.", Cause: errors.New("refused"),
	}}
	h := api(t, func(o *senlin.Options) { o.Authenticator, o.Log = down, slog.New(slog.NewTextHandler(&log, nil)) })
	for _, path := range []string{"/v1/profiles", "/v1/nowhere"} {
		w := answer(h, ask(http.MethodGet, path, "", "Accept", "application/json"))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Empty(t, w.Header().Get("WWW-Authenticate"))
		require.JSONEq(t, `{"code": "503 Service Unavailable", "title": "Service Unavailable", "message": "The server is currently unavailable.`+
			` Please try again at a later time.<br /><br />\nThe Keystone service is temporarily unavailable.\n\n"}`, w.Body.String())
		require.Contains(t, log.String(), "refused")
		log.Reset()
	}
}

// TestActorWithoutProject is about a good token that is for no project.
// TestStorageToken holds the old name of the token's header, which counts where the new one is not given.
func TestStorageToken(t *testing.T) {
	h := api(t)
	for _, tt := range []struct {
		auth, storage string
		want          int
	}{
		{"", demo, http.StatusOK},
		{"bad", demo, http.StatusUnauthorized},
		{demo, "bad", http.StatusOK},
		{"", "bad", http.StatusUnauthorized},
	} {
		w := answer(h, ask(http.MethodGet, "/v1/profiles", "", "X-Auth-Token", tt.auth, "X-Storage-Token", tt.storage))
		require.Equal(t, tt.want, w.Code, tt)
	}
}

func TestActorWithoutProject(t *testing.T) {
	h := api(t, func(o *senlin.Options) {
		o.Authenticator = judge{actor: access.Actor{User: "u", Domain: "default", Roles: []string{"admin"}}}
	})
	for _, path := range []string{"/v1/profiles", "/v1/nowhere"} {
		w := answer(h, ask(http.MethodGet, path, "", "Accept", "text/plain"))
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, w.Body.String(), "Field `project' cannot be None")
	}
}

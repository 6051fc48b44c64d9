package kuzzle

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/profilegate/profilegate/core/access"
)

// Authenticator finds the actor behind a token. The empty token is the anonymous actor's; one that is no good is the fault Unauthenticated
// token_invalid.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (access.Actor, error)
}

// Options says what an API is like. Authenticator is required, the rest may be zero.
type Options struct {
	Authenticator Authenticator
	Log           *slog.Logger // nil: discarded
	Limits        Limits
}

// Limits bounds what a client may send.
type Limits struct {
	BodyBytes int64 // of an HTTP body, before and after its content encoding is undone; 0: 1 MiB
	JSONDepth int   // of nesting; 0: jsonvalue's default
	// LoginsPerSecond is how many logins a connection of messages may try in a second; 0: 1, as Kuzzle's limits.loginsPerSecond.
	LoginsPerSecond int64
}

// API is Kuzzle's dialect: an http.Handler, and Message for what comes over message protocols. The tenant must be in the context of
// each call. It may be called from many goroutines.
type API struct {
	authenticator Authenticator
	log           *slog.Logger
	limits        Limits

	echo        *echo.Echo
	actions     []action
	handlers    map[actionID]handler
	controllers map[string]bool // those that Kuzzle has
	started     time.Time
	buffers     sync.Pool // *[]byte
	exchanges   sync.Pool // *exchange
	compressors compressors
	limiter     rateLimiter
	statistics  sync.Map // the name of a tenant → *statistics
}

// defaultBodyBytes is Kuzzle's own default for maxRequestSize.
const defaultBodyBytes = 1 << 20

// New makes an API.
func New(o Options) *API {
	a := &API{
		authenticator: o.Authenticator, log: o.Log, limits: o.Limits,
		actions: table(), handlers: make(map[actionID]handler), controllers: make(map[string]bool), started: time.Now(),
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.limits.BodyBytes <= 0 {
		a.limits.BodyBytes = defaultBodyBytes
	}
	if a.limits.LoginsPerSecond <= 0 {
		a.limits.LoginsPerSecond = 1
	}
	a.buffers.New = func() any {
		b := make([]byte, 0, 2048)
		return &b
	}
	for _, row := range a.actions {
		a.controllers[row.controller] = true
		if row.handle != nil {
			a.handlers[row.id()] = row.handle
		}
	}
	a.echo = a.newEcho()
	return a
}

// ServeHTTP answers one HTTP exchange.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !routable(r.Method) {
		a.serveUnroutable(&exchange{w: w, r: r})
		return
	}
	a.echo.ServeHTTP(w, canonical(r))
}

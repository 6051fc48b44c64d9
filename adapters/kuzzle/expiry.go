package kuzzle

import (
	"sync"
	"time"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// serverRoom is the room under which SDKs wait for what the server tells unasked.
const serverRoom = "kuzzle:notification:server"

// tokenWatch tells a connection when the token that it last used ends. The zero value watches nothing.
type tokenWatch struct {
	mu     sync.Mutex
	token  string // the last that was used; empty: none
	timer  *time.Timer
	closed bool
}

// watch has the connection told when a token ends. It is of WebSocket alone, as with Kuzzle's defaults. A token that is watched already, one that
// was not given out here, and one without an end cost nothing.
func (s *Session) watch(tenant *core.Tenant, token string, find func() (core.Bearer, error)) {
	if s == nil || s.Notify == nil || s.Protocol != ProtocolWebSocket || token == "" {
		return
	}
	w := &s.expiry
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.token == token {
		return
	}
	w.stop()
	w.token = token
	bearer, err := find()
	if err != nil || bearer.ExpiresAt == identity.Forever {
		return
	}
	w.timer = time.AfterFunc(time.UnixMilli(bearer.ExpiresAt).Sub(tenant.Now()), func() { s.tellExpired(token) })
}

// forget stops watching a token that its bearer gives up.
func (s *Session) forget() {
	if s == nil {
		return
	}
	s.expiry.mu.Lock()
	defer s.expiry.mu.Unlock()
	s.expiry.stop()
}

// Close ends the watch for the end of the connection's token. The connection is told of nothing from then on, and counted no more.
func (s *Session) Close() {
	s.expiry.mu.Lock()
	defer s.expiry.mu.Unlock()
	s.expiry.stop()
	if s.counted != nil && !s.expiry.closed {
		s.counted.connected(s.protocol(), -1)
	}
	s.expiry.closed = true
}

func (w *tokenWatch) stop() {
	w.token = ""
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}

// tellExpired sends the notice, unless another token has come meanwhile.
func (s *Session) tellExpired(token string) {
	w := &s.expiry
	w.mu.Lock()
	current := !w.closed && w.token == token
	if current {
		w.stop()
	}
	w.mu.Unlock()
	if current {
		s.Notify(expiredNotice())
	}
}

func expiredNotice() []byte {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "status", Value: jsonvalue.Int(200)},
		jsonvalue.Member{Name: "info", Value: jsonvalue.String("This is an automated server notification")},
		jsonvalue.Member{Name: "message", Value: jsonvalue.String("Authentication Token Expired")},
		jsonvalue.Member{Name: "type", Value: jsonvalue.String("TokenExpired")},
		jsonvalue.Member{Name: "room", Value: jsonvalue.String(serverRoom)},
	).AppendTo(nil)
}

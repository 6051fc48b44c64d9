package rawjson

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// WebSocketOptions are the settings of NewWebSocket. The zero value is usable.
type WebSocketOptions struct {
	Limits
	IdleTimeout time.Duration // without a frame in either direction, pings included; default 60 s
	Origins     []string      // patterns (path.Match) of Origin hosts let in besides the host itself; nil lets every origin in
	Logger      *slog.Logger  // nil discards
}

// WebSocket is an http.Handler that upgrades every request it gets, whatever its path, and serves the connection. Requests that ask for
// no upgrade are answered 426, those over the limit of connections 503. A text or binary frame is one message; answers are text frames.
// {"p":1} is answered here, empty frames are ignored. There is no compression and no sub-protocol.
type WebSocket struct {
	handler Handler
	limits  Limits
	idle    time.Duration
	origins []string
	log     *slog.Logger
	roster  *roster
	count   counters
}

// NewWebSocket returns a transport that hands its messages to h.
func NewWebSocket(h Handler, o *WebSocketOptions) *WebSocket {
	if o == nil {
		o = &WebSocketOptions{}
	}
	limits := o.withDefaults()
	return &WebSocket{
		handler: h,
		limits:  limits,
		idle:    orDefault(o.IdleTimeout, time.Minute),
		origins: o.Origins,
		log:     orDiscard(o.Logger),
		roster:  newRoster(limits.MaxConns),
	}
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// ServeHTTP upgrades the request. It returns when the upgrade is done; the connection lives on until either side or Shutdown ends it.
func (t *WebSocket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !t.roster.reserve() {
		t.count.refused.Add(1)
		http.Error(w, "too many connections", http.StatusServiceUnavailable)
		return
	}
	c := t.newConn(r)
	if err := c.upgrade(w, r); err != nil {
		t.roster.release(c)
		t.log.Debug("upgrade refused", "remote", r.RemoteAddr, "error", err)
		return
	}
	// A goroutine of its own lets net/http free what the request took. The values of its context (a tenant) stay with the connection.
	go c.serve(context.WithoutCancel(r.Context()))
}

func (t *WebSocket) newConn(r *http.Request) *wsConn {
	c := &wsConn{transport: t}
	c.session = newSession(base{
		conn:    &Conn{ID: uuid.NewString(), Protocol: ProtocolWebSocket, Remote: r.RemoteAddr, Header: r.Header, peer: c},
		handler: t.handler,
		limits:  t.limits,
		log:     t.log,
		count:   &t.count,
		link:    c,
	})
	return c
}

// Shutdown refuses new connections and begins no further request, waits until those in flight are answered, closes every connection
// (1001) and waits for their end. When ctx ends first, connections and requests are ended by force and the error is ctx's.
func (t *WebSocket) Shutdown(ctx context.Context) error {
	return t.roster.shutdown(ctx)
}

// Stats tells what the transport has done.
func (t *WebSocket) Stats() Stats {
	return t.count.snapshot(t.roster.size())
}

// hijackRecorder notes the network connection under an upgrade: deadlines on it cost far less than a context per frame, and only
// closing it ends a connection whose closing handshake hangs.
type hijackRecorder struct {
	http.ResponseWriter
	network net.Conn
}

func (h *hijackRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	network, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.network = network
	return network, buffered, err
}

func (t *WebSocket) acceptOptions(r *http.Request, touched func()) *websocket.AcceptOptions {
	return &websocket.AcceptOptions{
		Subprotocols:       offered(r.Header),
		InsecureSkipVerify: t.origins == nil, // authentication is in the messages; who relies on cookies sets Origins
		OriginPatterns:     t.origins,
		OnPingReceived:     func(context.Context, []byte) bool { touched(); return true },
		OnPongReceived:     func(context.Context, []byte) { touched() },
	}
}

// offered is the first sub-protocol that a client offers, if it offers any. Kuzzle's server confirms that one, whatever it is, and its
// JavaScript SDK counts on it: it hands null to the WebSocket of browsers (and of Node since 22), which make the sub-protocol "null" of it
// and fail the connection when none is confirmed.
func offered(h http.Header) []string {
	first, _, _ := strings.Cut(h.Get("Sec-WebSocket-Protocol"), ",")
	if first = strings.TrimSpace(first); first == "" {
		return nil
	}
	return []string{first}
}

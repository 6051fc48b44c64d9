package rawjson_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/profilegate/profilegate/adapters/rawjson"
)

// patience bounds every wait of these tests; none is expected to come near it.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// scripted is a Handler for tests. Without a script it echoes.
type scripted struct {
	open    func(ctx context.Context, c *rawjson.Conn) (context.Context, error)
	message func(ctx context.Context, c *rawjson.Conn, payload []byte) ([]byte, rawjson.Later)

	mu     sync.Mutex
	conns  []*rawjson.Conn
	seen   []string
	closed int
}

func (h *scripted) Open(ctx context.Context, c *rawjson.Conn) (context.Context, error) {
	h.mu.Lock()
	h.conns = append(h.conns, c)
	h.mu.Unlock()
	if h.open != nil {
		return h.open(ctx, c)
	}
	return ctx, nil
}

func (h *scripted) Message(ctx context.Context, c *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
	h.mu.Lock()
	h.seen = append(h.seen, string(payload))
	h.mu.Unlock()
	if h.message != nil {
		return h.message(ctx, c, payload)
	}
	return payload, nil
}

func (h *scripted) Close(*rawjson.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed++
}

func (h *scripted) saw() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.seen...)
}

func (h *scripted) closes() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

func (h *scripted) conn(i int) *rawjson.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conns[i]
}

// blocking answers messages that begin with "wait" by a Later that ends with release or its context.
func blocking(release <-chan struct{}) func(context.Context, *rawjson.Conn, []byte) ([]byte, rawjson.Later) {
	return func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		if !strings.HasPrefix(string(payload), "wait") {
			return payload, nil
		}
		return nil, func(ctx context.Context) []byte {
			select {
			case <-release:
				return payload
			case <-ctx.Done():
				return []byte("left")
			}
		}
	}
}

func eventually(t testing.TB, condition func() bool, what string, args ...any) {
	t.Helper()
	require.Eventually(t, condition, patience, time.Millisecond, fmt.Sprintf(what, args...))
}

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// serveWS serves a transport over a real socket and returns its URL.
func serveWS(t testing.TB, h rawjson.Handler, o *rawjson.WebSocketOptions) (*rawjson.WebSocket, string) {
	t.Helper()
	transport := rawjson.NewWebSocket(h, o)
	server := httptest.NewServer(transport)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, transport.Shutdown(ctx))
		server.Close()
	})
	return transport, "ws" + strings.TrimPrefix(server.URL, "http")
}

type wsClient struct {
	*websocket.Conn
	t testing.TB
}

func dialWS(t testing.TB, url string, o *websocket.DialOptions) wsClient {
	t.Helper()
	c, response, err := websocket.Dial(soon(t), url, o)
	require.NoError(t, err)
	if response.Body != nil {
		require.NoError(t, response.Body.Close())
	}
	c.SetReadLimit(-1)
	t.Cleanup(func() { _ = c.CloseNow() })
	return wsClient{Conn: c, t: t}
}

func (c wsClient) say(text string) {
	c.t.Helper()
	require.NoError(c.t, c.Write(soon(c.t), websocket.MessageText, []byte(text)))
}

func (c wsClient) hear() string {
	c.t.Helper()
	kind, text, err := c.Read(soon(c.t))
	require.NoError(c.t, err)
	require.Equal(c.t, websocket.MessageText, kind)
	return string(text)
}

// ended reads until the connection ends, and returns its code.
func (c wsClient) ended() websocket.StatusCode {
	c.t.Helper()
	for {
		if _, _, err := c.Read(soon(c.t)); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// smallBuffers dials with a receive buffer so small that a client that does not read is noticed soon.
func smallBuffers() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if tcp, ok := c.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(4096)
		}
		return c, err
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

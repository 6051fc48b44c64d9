package rawjson_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/rawjson"
)

func TestWebSocketCarriesMessagesBothWays(t *testing.T) {
	h := &scripted{}
	transport, url := serveWS(t, h, nil)
	c := dialWS(t, url+"/any/path?x=y", &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {"authToken=t"}, "Origin": {"http://elsewhere"}}})

	c.say(`{"a":1}`)
	require.Equal(t, `{"a":1}`, c.hear())
	require.NoError(t, c.Write(soon(t), websocket.MessageBinary, []byte(`{"b":2}`)))
	require.Equal(t, `{"b":2}`, c.hear(), "a binary frame is answered in text")
	c.say("")
	c.say("after the empty one")
	require.Equal(t, "after the empty one", c.hear())

	conn := h.conn(0)
	require.NoError(t, uuid.Validate(conn.ID))
	require.Equal(t, rawjson.ProtocolWebSocket, conn.Protocol)
	require.Equal(t, "authToken=t", conn.Header.Get("Cookie"))
	require.NotEmpty(t, conn.Remote)
	require.Equal(t, []string{`{"a":1}`, `{"b":2}`, "after the empty one"}, h.saw())

	require.NoError(t, c.Close(websocket.StatusNormalClosure, ""))
	eventually(t, func() bool { return h.closes() == 1 && transport.Stats().Open == 0 }, "the handler hears of the end")
	require.Equal(t, rawjson.Stats{Accepted: 1, Requests: 3, Sent: 3}, transport.Stats())
}

func TestWebSocketConfirmsTheFirstSubprotocol(t *testing.T) {
	for _, c := range []struct {
		offered []string
		want    string
	}{
		{nil, ""},
		{[]string{"null"}, "null"}, // what a browser makes of kuzzle-sdk's `new WebSocket(url, null)`
		{[]string{"kuzzle", "null"}, "kuzzle"},
	} {
		_, url := serveWS(t, &scripted{}, nil)
		conn := dialWS(t, url, &websocket.DialOptions{Subprotocols: c.offered})
		require.Equal(t, c.want, conn.Subprotocol(), c.offered)
		conn.say("hello")
		require.Equal(t, "hello", conn.hear())
	}
}

func TestWebSocketAnswersPings(t *testing.T) {
	h := &scripted{}
	_, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)
	for _, ping := range []string{`{"p":1}`, ` { "p" : 1 } `, "{\n\"p\":1.0}", `{"p":2,"p":1}`, `{"\u0070":1e0}`} {
		c.say(ping)
		require.Equal(t, `{"p":2}`, c.hear(), ping)
	}
	for _, message := range []string{`{"p":2}`, `{"p":"1"}`, `{"p":true}`, `{"p":1,"q":1}`, `{"P":1}`, `{"p":1`, `[{"p":1}]`, `{}`} {
		c.say(message)
		require.Equal(t, message, c.hear())
	}
	reading, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _, _, _ = c.Read(reading) }()
	require.NoError(t, c.Ping(soon(t)))
	stop()
	<-done
}

func TestWebSocketKeepsTheOrderOfRequestsAndOverlapsTheirWaiting(t *testing.T) {
	release := make(chan struct{})
	h := &scripted{message: blocking(release)}
	_, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)

	c.say("wait")
	var want []string
	for i := range 200 {
		text := strconv.Itoa(i)
		c.say(text)
		want = append(want, text)
		if i%20 == 19 { // answered although the first still waits
			for _, text := range want[len(want)-20:] {
				require.Equal(t, text, c.hear())
			}
		}
	}
	require.Equal(t, append([]string{"wait"}, want...), h.saw())
	close(release)
	require.Equal(t, "wait", c.hear())
}

func TestWebSocketBeginsOneRequestAtATime(t *testing.T) {
	var running, most atomic.Int32
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		<-time.After(100 * time.Microsecond) // long enough for the next request to have come
		return payload, nil
	}}
	_, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)
	for i := range 50 {
		c.say(strconv.Itoa(i))
	}
	for i := range 50 {
		require.Equal(t, strconv.Itoa(i), c.hear())
	}
	require.EqualValues(t, 1, most.Load())
}

func TestWebSocketAnswersPingFramesWhileARequestIsBegun(t *testing.T) {
	release := make(chan struct{})
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		<-release
		return payload, nil
	}}
	_, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)
	c.say("slow commit")
	eventually(t, func() bool { return len(h.saw()) == 1 }, "the request is begun")

	heard := make(chan string, 1)
	go func() { heard <- c.hear() }()
	require.NoError(t, c.Ping(soon(t)))
	close(release)
	require.Equal(t, "slow commit", <-heard)
}

func TestWebSocketStopsReadingAtTheLimitInFlight(t *testing.T) {
	release := make(chan struct{})
	h := &scripted{message: blocking(release)}
	transport, url := serveWS(t, h, &rawjson.WebSocketOptions{Limits: rawjson.Limits{MaxInFlight: 8}})
	c, other := dialWS(t, url, nil), dialWS(t, url, nil)
	for i := range 20 {
		c.say("wait" + strconv.Itoa(i))
	}
	eventually(t, func() bool { return len(h.saw()) == 8 && transport.Stats().InFlight == 8 }, "as many as allowed are begun")
	other.say("hello") // a round trip of another client gives the ninth every chance
	require.Equal(t, "hello", other.hear())
	require.Len(t, h.saw(), 9, "eight and the other client's")
	close(release)
	got := map[string]bool{}
	for range 20 {
		got[c.hear()] = true
	}
	require.Len(t, got, 20)
	eventually(t, func() bool { return transport.Stats().InFlight == 0 }, "all places are free")
}

func TestWebSocketClosesOnAGiantMessage(t *testing.T) {
	h := &scripted{}
	transport, url := serveWS(t, h, &rawjson.WebSocketOptions{Limits: rawjson.Limits{MaxMessageBytes: 1000}})
	c, other := dialWS(t, url, nil), dialWS(t, url, nil)
	c.say(strings.Repeat("x", 1000))
	require.Len(t, c.hear(), 1000)
	c.say(strings.Repeat("x", 100_000))
	require.Equal(t, websocket.StatusMessageTooBig, c.ended())
	other.say("unharmed")
	require.Equal(t, "unharmed", other.hear())
	eventually(t, func() bool { return transport.Stats().TooLarge == 1 }, "it is counted")
}

// rawWS upgrades by hand, for clients that a library would not let misbehave.
func rawWS(t *testing.T, url string) (net.Conn, *bufio.Reader) {
	t.Helper()
	network, err := (&net.Dialer{}).DialContext(soon(t), "tcp", strings.TrimPrefix(url, "ws://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = network.Close() })
	_, err = fmt.Fprint(network, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	require.NoError(t, err)
	reader := bufio.NewReader(network)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	return network, reader
}

func TestWebSocketEndsATricklingMessage(t *testing.T) {
	transport, url := serveWS(t, &scripted{}, &rawjson.WebSocketOptions{Limits: rawjson.Limits{ReadTimeout: 50 * time.Millisecond}})
	network, reader := rawWS(t, url)
	_, err := network.Write([]byte{0x81, 0x80 | 100, 0, 0, 0, 0, 'x'}) // text, masked, 100 bytes of which one comes
	require.NoError(t, err)
	frame := make([]byte, 4)
	_, err = reader.Read(frame)
	require.NoError(t, err)
	require.EqualValues(t, 0x88, frame[0], "a close frame")
	require.EqualValues(t, websocket.StatusPolicyViolation, int(frame[2])<<8|int(frame[3]))
	require.EqualValues(t, 1, transport.Stats().Slow)
}

func TestWebSocketEndsAClientThatDoesNotRead(t *testing.T) {
	answer := bytes.Repeat([]byte("x"), 100_000)
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		if string(payload) == "small" {
			return payload, nil
		}
		return answer, nil
	}}
	transport, url := serveWS(t, h, &rawjson.WebSocketOptions{Limits: rawjson.Limits{WriteTimeout: 500 * time.Millisecond, QueueBytes: 1 << 20}})
	slow := dialWS(t, url, &websocket.DialOptions{HTTPClient: smallBuffers()})
	other := dialWS(t, url, nil)

	var written atomic.Int32
	go func() { // as many as the server takes: it stops reading once answers are not taken
		for slow.Write(context.Background(), websocket.MessageText, []byte("large")) == nil {
			written.Add(1)
		}
	}()
	for transport.Stats().Open == 2 {
		other.say("small")
		require.Equal(t, "small", other.hear())
	}
	require.EqualValues(t, 1, transport.Stats().Slow)
	eventually(t, func() bool { return h.closes() == 1 }, "the handler hears of it")
	other.say("small")
	require.Equal(t, "small", other.hear())
}

func TestWebSocketSendIsBounded(t *testing.T) {
	for name, limits := range map[string]rawjson.Limits{
		"count": {QueueMessages: 10, QueueBytes: 1 << 30, WriteTimeout: patience},
		"bytes": {QueueMessages: 1 << 30, QueueBytes: 5_000_000, WriteTimeout: patience},
	} {
		t.Run(name, func(t *testing.T) {
			h := &scripted{}
			transport, url := serveWS(t, h, &rawjson.WebSocketOptions{Limits: limits})
			c := dialWS(t, url, &websocket.DialOptions{HTTPClient: smallBuffers()})
			c.say("hello")
			require.Equal(t, "hello", c.hear())
			notice := bytes.Repeat([]byte("n"), 1_000_000)
			var err error
			for err == nil {
				err = h.conn(0).Send(notice)
			}
			require.ErrorIs(t, err, rawjson.ErrSlow)
			require.ErrorIs(t, h.conn(0).Send(notice), rawjson.ErrClosed)
			eventually(t, func() bool { return transport.Stats().Open == 0 }, "the connection is closed")
			require.EqualValues(t, 1, transport.Stats().Slow)
		})
	}
}

func TestWebSocketSendAndDisconnect(t *testing.T) {
	h := &scripted{}
	_, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)
	c.say("hello")
	require.Equal(t, "hello", c.hear())
	require.NoError(t, h.conn(0).Send([]byte(`{"type":"TokenExpired"}`)))
	require.Equal(t, `{"type":"TokenExpired"}`, c.hear())
	h.conn(0).Disconnect(strings.Repeat("a long reason ", 20))
	require.Equal(t, websocket.StatusInternalError, c.ended())
	eventually(t, func() bool { return h.closes() == 1 }, "closed")
	require.ErrorIs(t, h.conn(0).Send([]byte("late")), rawjson.ErrClosed)

	var ended rawjson.Conn
	require.ErrorIs(t, ended.Send([]byte("x")), rawjson.ErrClosed)
	ended.Disconnect("nothing to end")
}

// pipes is a listener whose connections live in memory, so that the clock of a synctest bubble can govern them.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.made <- theirs
	return ours, nil
}

func TestWebSocketIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle = time.Minute
		listener := &pipes{made: make(chan net.Conn), closed: make(chan struct{})}
		release := make(chan struct{})
		transport := rawjson.NewWebSocket(&scripted{message: blocking(release)}, nil)
		server := &http.Server{Handler: transport, ReadHeaderTimeout: time.Minute}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		client := &http.Client{Transport: &http.Transport{DialContext: listener.dial, DisableKeepAlives: true}}
		dial := func() *websocket.Conn {
			c, response, err := websocket.Dial(t.Context(), "ws://x/", &websocket.DialOptions{HTTPClient: client})
			require.NoError(t, err)
			if response.Body != nil {
				require.NoError(t, response.Body.Close())
			}
			return c
		}

		began := time.Now()
		_, _, err := dial().Read(t.Context())
		require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
		require.Equal(t, idle, time.Since(began))
		require.EqualValues(t, 1, transport.Stats().Idle)

		pinging, waiting := dial(), dial()
		require.NoError(t, waiting.Write(t.Context(), websocket.MessageText, []byte("wait")))
		ended := make(chan error, 1)
		go func() { _, _, err := pinging.Read(t.Context()); ended <- err }()
		for range 10 {
			<-time.After(idle * 9 / 10)
			require.NoError(t, pinging.Ping(t.Context()), "ping frames keep a connection")
		}
		lastPing := time.Now()
		close(release)
		_, answer, err := waiting.Read(t.Context())
		require.NoError(t, err, "and so does a request in flight")
		require.Equal(t, "wait", string(answer))
		_, _, err = waiting.Read(t.Context())
		require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
		require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(<-ended))
		require.Equal(t, idle, time.Since(lastPing))
		require.EqualValues(t, 3, transport.Stats().Idle)

		require.NoError(t, transport.Shutdown(t.Context()))
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

func TestWebSocketRefusesOverTheLimitOfConnections(t *testing.T) {
	transport, url := serveWS(t, &scripted{}, &rawjson.WebSocketOptions{Limits: rawjson.Limits{MaxConns: 2}})
	first := dialWS(t, url, nil)
	dialWS(t, url, nil)
	_, response, err := websocket.Dial(soon(t), url, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.NoError(t, response.Body.Close())
	require.EqualValues(t, 1, transport.Stats().Refused)

	require.NoError(t, first.Close(websocket.StatusNormalClosure, ""))
	eventually(t, func() bool { return transport.Stats().Open == 1 }, "the place is free")
	again := dialWS(t, url, nil)
	again.say("hello")
	require.Equal(t, "hello", again.hear())
}

func TestWebSocketUpgradesOnlyWhatIsAnUpgrade(t *testing.T) {
	transport, url := serveWS(t, &scripted{}, &rawjson.WebSocketOptions{Origins: []string{"*.example.com"}})
	request, err := http.NewRequestWithContext(soon(t), http.MethodGet, "http"+strings.TrimPrefix(url, "ws"), nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusUpgradeRequired, response.StatusCode)

	_, response, err = websocket.Dial(soon(t), url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.test"}}})
	require.Error(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	dialWS(t, url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://app.example.com"}}})
	require.EqualValues(t, 1, transport.Stats().Open, "what was refused holds no place")
}

func TestWebSocketHandlerMayRefuse(t *testing.T) {
	h := &scripted{open: func(context.Context, *rawjson.Conn) (context.Context, error) { return nil, errors.New("no tenant") }}
	transport, url := serveWS(t, h, nil)
	require.Equal(t, websocket.StatusPolicyViolation, dialWS(t, url, nil).ended())
	eventually(t, func() bool { return transport.Stats().Open == 0 }, "the place is free")
	require.Zero(t, h.closes())
	require.EqualValues(t, 1, transport.Stats().Refused)
}

type tenantKey struct{}

func TestWebSocketContextCarriesWhatIsSettled(t *testing.T) {
	h := &scripted{
		open: func(ctx context.Context, c *rawjson.Conn) (context.Context, error) {
			c.Session = c.Header.Get("X-User")
			return context.WithValue(ctx, tenantKey{}, "blue"), nil
		},
		message: func(ctx context.Context, c *rawjson.Conn, _ []byte) ([]byte, rawjson.Later) {
			return nil, func(wait context.Context) []byte {
				return fmt.Append(nil, ctx.Value(tenantKey{}), wait.Value(tenantKey{}), c.Session)
			}
		},
	}
	_, url := serveWS(t, h, nil)
	c := dialWS(t, url, &websocket.DialOptions{HTTPHeader: http.Header{"X-User": {"ann"}}})
	c.say("who")
	require.Equal(t, "bluebluean"+"n", c.hear())
}

func TestWebSocketAPanicEndsItsConnectionOnly(t *testing.T) {
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		switch string(payload) {
		case "now":
			panic("now")
		case "later":
			return nil, func(context.Context) []byte { panic("later") }
		}
		return payload, nil
	}}
	transport, url := serveWS(t, h, nil)
	other := dialWS(t, url, nil)
	for i, text := range []string{"now", "later"} {
		c := dialWS(t, url, nil)
		c.say(text)
		require.Equal(t, websocket.StatusInternalError, c.ended())
		require.EqualValues(t, i+1, transport.Stats().Panics)
	}
	other.say("unharmed")
	require.Equal(t, "unharmed", other.hear())
	eventually(t, func() bool { return transport.Stats().InFlight == 0 }, "no place is lost")
}

func TestWebSocketFinishesWhatHasArrivedWhenTheClientLeaves(t *testing.T) {
	begin := make(chan struct{})
	h := &scripted{message: func(ctx context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		<-begin
		if ctx.Err() != nil {
			return []byte("canceled"), nil
		}
		return nil, func(ctx context.Context) []byte { <-ctx.Done(); return payload } // nobody waits for it any more
	}}
	transport, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)
	for i := range 5 {
		c.say(strconv.Itoa(i))
	}
	require.NoError(t, c.Close(websocket.StatusNormalClosure, ""))
	require.Zero(t, h.closes())
	close(begin)
	eventually(t, func() bool { return h.closes() == 1 }, "closed after the last request")
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, h.saw())
	eventually(t, func() bool { return transport.Stats().InFlight == 0 && transport.Stats().Open == 0 }, "no place is lost")
}

func TestWebSocketShutdownDrains(t *testing.T) {
	release := make(chan struct{})
	h := &scripted{message: blocking(release)}
	transport, url := serveWS(t, h, nil)
	c, idle := dialWS(t, url, nil), dialWS(t, url, nil)
	c.say("wait")
	eventually(t, func() bool { return len(h.saw()) == 1 }, "the request is begun")

	done := make(chan error, 1)
	go func() { done <- transport.Shutdown(soon(t)) }()
	require.Equal(t, websocket.StatusGoingAway, idle.ended())
	_, response, err := websocket.Dial(soon(t), url, nil)
	require.Error(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	c.say("too late")
	close(release)
	require.Equal(t, "wait", c.hear())
	require.Equal(t, websocket.StatusGoingAway, c.ended())
	require.NoError(t, <-done)
	require.Equal(t, []string{"wait"}, h.saw())
	require.Equal(t, 2, h.closes())
}

func TestWebSocketShutdownByForce(t *testing.T) {
	h := &scripted{message: func(ctx context.Context, _ *rawjson.Conn, _ []byte) ([]byte, rawjson.Later) {
		<-ctx.Done() // a store that does not answer
		return []byte("canceled"), nil
	}}
	transport, url := serveWS(t, h, nil)
	c := dialWS(t, url, nil)
	c.say("stuck")
	c.say("never begun")
	eventually(t, func() bool { return len(h.saw()) == 1 }, "the request is begun")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, transport.Shutdown(ctx), context.DeadlineExceeded)
	c.ended()
	eventually(t, func() bool { return h.closes() == 1 && transport.Stats().Open == 0 }, "all ends")
	require.Equal(t, []string{"stuck"}, h.saw())
}

func TestWebSocketAThousandIdleConnections(t *testing.T) {
	h := &scripted{}
	transport, url := serveWS(t, h, nil)
	clients := make([]wsClient, 1000)
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for i := worker; i < len(clients); i += 16 {
				clients[i] = dialWS(t, url, nil)
			}
		})
	}
	group.Wait()
	eventually(t, func() bool { return transport.Stats().Accepted == 1000 }, "all are in")
	busy := dialWS(t, url, nil)
	for range 100 {
		busy.say("hello")
		require.Equal(t, "hello", busy.hear())
	}
	clients[500].say("still there")
	require.Equal(t, "still there", clients[500].hear())
	for _, c := range clients { // so that Shutdown need not wait for their close frames
		group.Go(func() { c.ended() })
	}
	require.NoError(t, transport.Shutdown(soon(t)))
	group.Wait()
	require.Equal(t, 1001, h.closes())
}

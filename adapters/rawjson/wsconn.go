package rawjson

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// closeGrace bounds the closing handshake, in which what the client still sends is thrown away.
const closeGrace = 2 * time.Second

// maxCloseReason is what fits into a close frame beside the code (RFC 6455, 5.5).
const maxCloseReason = 123

// wsConn is one WebSocket connection: a member of its transport's roster, the link of its session and the peer of its Conn.
type wsConn struct {
	transport *WebSocket
	session   *session
	network   net.Conn
	ws        *websocket.Conn

	began     time.Time
	touchedAt atomic.Int64 // nanoseconds after began
	idle      *time.Timer
	reading   *time.Timer // runs from the first to the last byte of a message
	closing   sync.Once
}

func (c *wsConn) upgrade(w http.ResponseWriter, r *http.Request) error {
	recorder := &hijackRecorder{ResponseWriter: w}
	c.began = time.Now()
	ws, err := websocket.Accept(recorder, r, c.transport.acceptOptions(r, c.touch))
	if err != nil {
		return err
	}
	c.ws, c.network = ws, recorder.network
	c.ws.SetReadLimit(int64(c.transport.limits.MaxMessageBytes))
	return nil
}

// serve runs the connection from its opening to its end.
func (c *wsConn) serve(ctx context.Context) {
	defer c.transport.roster.release(c)
	defer c.closeNow()
	if err := c.session.open(ctx); err != nil {
		c.transport.count.refused.Add(1)
		c.transport.log.Info("connection refused", "protocol", ProtocolWebSocket, "remote", c.session.conn.Remote, "error", err)
		c.closeWith(websocket.StatusPolicyViolation, "connection refused")
		return
	}
	defer c.session.end()
	c.transport.count.accepted.Add(1)
	if !c.transport.roster.enter(c) {
		c.closeWith(websocket.StatusGoingAway, "shutting down")
		return
	}
	c.startTimers()
	defer c.stopTimers()
	c.finish(c.read())
}

func (c *wsConn) startTimers() {
	c.idle = time.AfterFunc(math.MaxInt64, c.checkIdle)
	c.reading = time.AfterFunc(math.MaxInt64, c.tooSlow)
	c.touch()
	c.idle.Reset(c.transport.idle)
}

func (c *wsConn) stopTimers() {
	c.idle.Stop()
	c.reading.Stop()
}

// read takes messages until there are no more, and returns why.
func (c *wsConn) read() error {
	for {
		payload, err := c.readMessage()
		if err != nil {
			return err
		}
		if err := c.take(payload); errors.Is(err, ErrClosed) {
			return err
		}
	}
}

func (c *wsConn) readMessage() ([]byte, error) {
	// A context without an end costs nothing here; what bounds the reading are the timers, which close the connection.
	_, frame, err := c.ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	c.touch()
	c.reading.Reset(c.transport.limits.ReadTimeout)
	defer c.reading.Stop()
	payload, err := io.ReadAll(frame)
	c.touch()
	return payload, err
}

func (c *wsConn) take(payload []byte) error {
	switch {
	case len(payload) == 0:
		return nil
	case isPing(payload):
		return c.session.reply(pong)
	default:
		return c.session.submit(message{payload: payload})
	}
}

// finish closes the connection after its reader has stopped. A client that has closed it, or is gone, needs nothing more.
func (c *wsConn) finish(cause error) {
	if errors.Is(cause, websocket.ErrMessageTooBig) {
		c.transport.count.tooLarge.Add(1)
		// The library has sent 1009 already. Waiting for the client's own close frame lets it read ours before the socket is gone.
		c.closeWith(websocket.StatusMessageTooBig, "message too big")
	}
	c.closeNow() // before the session's end, so that a write that hangs does not hold it up
	c.transport.log.Debug("connection ended", "protocol", ProtocolWebSocket, "conn", c.session.conn.ID, "cause", cause)
}

// closeNow makes sure that nothing is left open. As a rule the connection is closed already, which is an error to the library.
func (c *wsConn) closeNow() {
	_ = c.ws.CloseNow()
}

// touch notes that something came or went.
func (c *wsConn) touch() {
	c.touchedAt.Store(int64(time.Since(c.began)))
}

// checkIdle closes the connection if nothing happened for the idle timeout, and else looks again when that could be.
func (c *wsConn) checkIdle() {
	quiet := time.Since(c.began) - time.Duration(c.touchedAt.Load())
	switch {
	case c.session.isGone():
	case c.session.busy():
		c.idle.Reset(c.transport.idle)
	case quiet < c.transport.idle:
		c.idle.Reset(c.transport.idle - quiet)
	default:
		c.transport.count.idle.Add(1)
		c.closeWith(websocket.StatusGoingAway, "idle for too long")
	}
}

// tooSlow ends a connection whose message does not come to its end.
func (c *wsConn) tooSlow() {
	c.transport.count.slow.Add(1)
	c.closeWith(websocket.StatusPolicyViolation, "message took too long")
}

// closeWith closes the connection with a code for the client, and by force if the client takes no notice. It blocks for at most
// closeGrace; the first call counts.
func (c *wsConn) closeWith(code websocket.StatusCode, reason string) {
	c.closing.Do(func() {
		force := time.AfterFunc(closeGrace, func() { _ = c.network.Close() })
		defer force.Stop()
		_ = c.ws.Close(code, reason[:min(len(reason), maxCloseReason)]) // an error means that the client was gone or did not answer
	})
}

// write implements link.
func (c *wsConn) write(m message) error {
	if err := c.network.SetWriteDeadline(time.Now().Add(c.transport.limits.WriteTimeout)); err != nil {
		return err
	}
	if err := c.ws.Write(context.Background(), websocket.MessageText, m.payload); err != nil {
		if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
			c.transport.count.slow.Add(1)
		}
		return err
	}
	c.transport.count.sent.Add(1)
	c.touch()
	// Pongs are written by the library within bounds of its own.
	return c.network.SetWriteDeadline(time.Time{})
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// abort implements link.
func (c *wsConn) abort(reason string) {
	go c.closeWith(websocket.StatusInternalError, reason)
}

// send implements peer.
func (c *wsConn) send(payload []byte) error { return c.session.notify(message{payload: payload}) }

// disconnect implements peer.
func (c *wsConn) disconnect(reason string) { c.abort(reason) }

// hold implements member.
func (c *wsConn) hold() { c.session.hold() }

// leave implements member.
func (c *wsConn) leave(ctx context.Context) {
	c.session.drain(ctx)
	c.closeWith(websocket.StatusGoingAway, "shutting down")
}

// kill implements member.
func (c *wsConn) kill() {
	c.session.cancel()
	_ = c.network.Close()
}

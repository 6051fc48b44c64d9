// Package rawjson carries JSON messages over WebSocket and MQTT. It knows frames and connections, not what a message means: bytes go to
// a Handler, the Handler's bytes go back to the client that asked. It imports no other part of the project; the gateway joins it to the
// dialect that speaks in messages.
//
// What it promises, for every connection:
//
//   - Requests are begun in the order in which they arrived, one after the other, so a later one sees what an earlier one wrote. Only
//     the waiting that a Handler hands back as a Later overlaps, and answers may then leave out of order.
//   - A request that has arrived whole is begun even when its client leaves at once (publish, then disconnect).
//   - At most Limits.MaxInFlight requests are begun and not yet answered on the wire; then reading stops.
//   - The protocol's own pings are answered while a request is being worked on.
//   - A slow reader, a flood, a giant or a trickling frame ends its own connection and delays no other.
//
// What it does not do: it authenticates nobody (credentials are part of a message), keeps no MQTT session, retained message or will,
// and passes nothing from one client to another.
package rawjson

import (
	"context"
	"errors"
	"net/http"
)

// The values of Conn.Protocol.
const (
	ProtocolWebSocket = "websocket"
	ProtocolMQTT      = "mqtt"
)

// ErrClosed is the answer of Conn.Send when the connection has ended or is ending.
var ErrClosed = errors.New("rawjson: connection is closed")

// ErrSlow is the answer of Conn.Send when too much waits to be written already; the connection is then closed.
var ErrSlow = errors.New("rawjson: client is too slow")

// Handler gives messages their meaning. Its methods are called from many goroutines; for one connection Open comes first, Message is
// called for one message at a time in the order of arrival, and Close comes last, after every Message and Later has returned.
type Handler interface {
	// Open takes a new connection. The context that it returns, derived from ctx, is handed to Message; it may carry what the
	// connection has settled (its tenant) and so may c.Session. ctx carries the values of the upgrade request, and ends when the
	// transport is stopped by force, not when the client leaves. An error refuses the connection; Close is then not called.
	Open(ctx context.Context, c *Conn) (context.Context, error)

	// Message takes one message and returns its answer, nil if there is none. It may keep payload. If later is not nil, reply is not
	// looked at: the next message is begun at once, and what later returns is the answer.
	Message(ctx context.Context, c *Conn, payload []byte) (reply []byte, later Later)

	// Close tells that the connection has ended.
	Close(c *Conn)
}

// Later finishes a request whose effect stands already and whose answer still has to wait for something. ctx ends when the client leaves.
type Later func(ctx context.Context) []byte

// Conn is what a Handler learns of a connection. The zero value is a connection that has ended.
type Conn struct {
	ID       string      // a UUID, never used again
	Protocol string      // ProtocolWebSocket or ProtocolMQTT
	Remote   string      // the peer's address, as net.Addr prints it
	Header   http.Header // of the upgrade request; nil over MQTT. Read only
	Session  any         // the Handler's own, set in Open

	peer peer
}

// peer is the live end of a Conn.
type peer interface {
	send(payload []byte) error
	// disconnect ends the connection with a reason for the client. It does not block.
	disconnect(reason string)
}

// Send queues a message that answers no request; over MQTT it goes to the response topic. It does not block. The error is ErrClosed or
// ErrSlow; nil does not mean that the client has received the message. The caller must not change payload afterwards.
func (c *Conn) Send(payload []byte) error {
	if c.peer == nil {
		return ErrClosed
	}
	return c.peer.send(payload)
}

// Disconnect ends the connection from this side: code 1011 with the reason (of which 123 bytes fit) over WebSocket, an administrative
// DISCONNECT over MQTT 5, a plain end over older MQTT. It returns at once; Handler.Close follows.
func (c *Conn) Disconnect(reason string) {
	if c.peer != nil {
		c.peer.disconnect(reason)
	}
}

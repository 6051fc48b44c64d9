package rawjson

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// mqttConn is one MQTT connection: the net.Conn that the library reads and writes, a member of its transport's roster, the link of its
// session and the peer of its Conn.
type mqttConn struct {
	net.Conn
	transport *MQTT
	session   *session
	client    atomic.Pointer[broker.Client] // set when the connection is open

	// The reader's own: until is when the next packet is due, zero for never; started tells that some of it has come.
	until   time.Time
	started bool
}

// expectConnect bounds the time in which a CONNECT has to come; the library would wait for ever.
func (c *mqttConn) expectConnect(timeout time.Duration) error {
	return c.SetDeadline(time.Now().Add(timeout))
}

// SetDeadline is called by the reader before every packet, with the keepalive. Writes have a limit of their own.
func (c *mqttConn) SetDeadline(t time.Time) error {
	c.until, c.started = t, false
	return c.SetReadDeadline(t)
}

// Read bounds the time from a packet's first bytes to its last, which the keepalive may not.
func (c *mqttConn) Read(p []byte) (int, error) {
	if c.started {
		due := time.Now().Add(c.transport.limits.ReadTimeout)
		if c.until.IsZero() || due.Before(c.until) {
			c.until = due
			if err := c.SetReadDeadline(due); err != nil {
				return 0, err
			}
		}
	}
	n, err := c.Conn.Read(p)
	c.started = c.started || n > 0
	return n, err
}

// Write bounds the time that a packet may take to leave; the library makes one call of each packet.
func (c *mqttConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.transport.limits.WriteTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if isTimeout(err) {
		c.transport.count.slow.Add(1)
	}
	return n, err
}

// open opens the session at the Handler.
func (c *mqttConn) open(cl *broker.Client) bool {
	if err := c.session.open(context.Background()); err != nil {
		c.transport.count.refused.Add(1)
		c.transport.log.Info("connection refused", "protocol", ProtocolMQTT, "remote", c.session.conn.Remote, "error", err)
		return false
	}
	c.transport.count.accepted.Add(1)
	c.client.Store(cl)
	return true
}

// finish ends the connection after its reader has stopped.
func (c *mqttConn) finish() {
	_ = c.Close() // closed already, unless it never got as far as a CONNECT
	if c.client.Load() != nil {
		c.session.end()
	}
}

// write implements link: it publishes to this client alone, and only what it is subscribed to.
func (c *mqttConn) write(m message) error {
	cl := c.client.Load()
	subscription, ok := cl.State.Subscriptions.Get(m.to.topic)
	if !ok {
		c.transport.count.unheard.Add(1)
		return nil
	}
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish},
		TopicName:   m.to.topic,
		Payload:     m.payload,
		Properties:  packets.Properties{CorrelationData: m.to.correlation},
	}
	if subscription.Identifier > 0 {
		pk.Properties.SubscriptionIdentifier = []int{subscription.Identifier}
	}
	err := cl.WritePacket(pk)
	if errors.Is(err, packets.ErrPacketTooLarge) { // for this client, which said so in its CONNECT: MQTT 5, 3.1.2.11.4
		c.transport.count.unheard.Add(1)
		return nil
	}
	if err == nil {
		c.transport.count.sent.Add(1)
	}
	return err
}

// abort implements link.
func (c *mqttConn) abort(string) {
	go c.end(packets.ErrUnspecifiedError)
}

// send implements peer.
func (c *mqttConn) send(payload []byte) error {
	return c.session.notify(message{payload: payload, to: address{topic: c.transport.options.ResponseTopic}})
}

// disconnect implements peer.
func (c *mqttConn) disconnect(reason string) {
	go c.end(packets.Code{Code: packets.ErrAdministrativeAction.Code, Reason: reason})
}

// hold implements member.
func (c *mqttConn) hold() { c.session.hold() }

// leave implements member.
func (c *mqttConn) leave(ctx context.Context) {
	if c.client.Load() != nil {
		c.session.drain(ctx)
	}
	c.end(packets.ErrServerShuttingDown)
}

// kill implements member.
func (c *mqttConn) kill() {
	if c.client.Load() != nil {
		c.session.cancel()
	}
	_ = c.Close()
}

// end closes the connection, and tells an MQTT 5 client why, unless that takes longer than closeGrace.
func (c *mqttConn) end(reason packets.Code) {
	force := time.AfterFunc(closeGrace, func() { _ = c.Close() })
	defer force.Stop()
	if cl := c.client.Load(); cl != nil {
		c.transport.disconnect(cl, reason)
	}
	_ = c.Close()
}

// disconnect ends a client's connection. The library would send a DISCONNECT to older clients too, which know none from a server.
func (t *MQTT) disconnect(cl *broker.Client, reason packets.Code) {
	if cl.Properties.ProtocolVersion >= 5 {
		_ = t.broker.DisconnectClient(cl, reason) // its error is the reason, or that the client has gone
		return
	}
	cl.Stop(reason)
}

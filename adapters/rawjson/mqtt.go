package rawjson

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// MQTTOptions are the settings of NewMQTT. The zero value is usable.
type MQTTOptions struct {
	Limits
	RequestTopic   string        // where clients publish; default Kuzzle/request
	ResponseTopic  string        // where answers go; default Kuzzle/response
	ConnectTimeout time.Duration // from the first byte's due time to a whole CONNECT; default 10 s
	KeepAlive      time.Duration // told to MQTT 5 clients that ask for none; older ones that ask for none may stay silent; default 60 s
	Subscriptions  int           // of one client; one more ends the connection; default 32
	Logger         *slog.Logger  // nil discards
}

// packetOverhead is what a PUBLISH may take beside its message: header, topic and properties.
const packetOverhead = 16 << 10

// MQTT is a broker to which clients publish requests and from which each gets the answers to its own: MQTT 3.1, 3.1.1 and 5, any QoS.
// An answer goes to the response topic, with QoS 0, if the asking client is subscribed to exactly that topic; with MQTT 5 to the
// request's response topic, if it has one, and with its correlation data. Publishing to any other topic ends the connection, and so
// does subscribing to the request topic, to a pattern or to a shared subscription. Every session is clean, wills and the retain flag
// are not acted on, user names and passwords are not looked at.
type MQTT struct {
	handler Handler
	options MQTTOptions
	limits  Limits
	log     *slog.Logger
	roster  *roster
	count   counters
	broker  *broker.Server

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
}

// NewMQTT returns a broker that hands its requests to h. The error tells of topics that cannot be used.
func NewMQTT(h Handler, o *MQTTOptions) (*MQTT, error) {
	if o == nil {
		o = &MQTTOptions{}
	}
	options := *o
	options.Limits = o.withDefaults()
	if options.RequestTopic == "" {
		options.RequestTopic = "Kuzzle/request"
	}
	if options.ResponseTopic == "" {
		options.ResponseTopic = "Kuzzle/response"
	}
	options.ConnectTimeout = orDefault(o.ConnectTimeout, 10*time.Second)
	options.KeepAlive = orDefault(o.KeepAlive, time.Minute)
	options.Subscriptions = orDefault(o.Subscriptions, 32)
	for _, topic := range []string{options.RequestTopic, options.ResponseTopic} {
		if !isExactTopic(topic) {
			return nil, fmt.Errorf("rawjson: %q is no topic for messages", topic)
		}
	}
	if options.RequestTopic == options.ResponseTopic {
		return nil, fmt.Errorf("rawjson: requests and answers share the topic %q", options.RequestTopic)
	}
	t := &MQTT{
		handler:   h,
		options:   options,
		limits:    options.Limits,
		log:       orDiscard(o.Logger),
		roster:    newRoster(options.MaxConns + connectBacklog),
		listeners: make(map[net.Listener]struct{}),
	}
	return t, t.makeBroker()
}

// connectBacklog is how many more sockets than MaxConns are let in, so that a client too many can be told so in a CONNACK.
const connectBacklog = 64

// makeBroker sets up the library. Its own Serve is never called: that would publish $SYS topics every second, for which it stops the
// world, and run sweeps of stored sessions, of which there are none. So there is nothing to Close either: what runs, runs for a client.
func (t *MQTT) makeBroker() error {
	capabilities := broker.NewDefaultServerCapabilities()
	capabilities.MaximumClients = int64(t.limits.MaxConns)
	capabilities.MaximumClientWritesPending = 1 // its outgoing queue is not used; it would take 64 KiB of every client
	capabilities.MaximumSessionExpiryInterval = 0
	capabilities.MaximumPacketSize = t.maxPacket()
	capabilities.TopicAliasMaximum = 0
	capabilities.RetainAvailable = 0
	capabilities.SharedSubAvailable = 0
	capabilities.WildcardSubAvailable = 0
	t.broker = broker.New(&broker.Options{
		Capabilities: capabilities,
		// It logs whole packets, and messages carry tokens and passwords.
		Logger: slog.New(slog.DiscardHandler),
	})
	return t.broker.AddHook(&mqttHook{transport: t}, nil)
}

func (t *MQTT) maxPacket() uint32 {
	return uint32(min(t.limits.MaxMessageBytes, 1<<28-1-packetOverhead)) + packetOverhead // #nosec G115 -- below 2^28, MQTT's own limit
}

// Serve accepts connections from l until Shutdown, which makes it return nil, or until l fails. It may be called for several listeners.
func (t *MQTT) Serve(l net.Listener) error {
	if !t.listen(l) {
		return errors.Join(net.ErrClosed, l.Close())
	}
	defer t.unlisten(l)
	for {
		network, err := l.Accept()
		switch {
		case err == nil:
			t.accept(network)
		case t.roster.isClosing():
			return nil
		case isTemporary(err):
			t.log.Warn("accept failed", "protocol", ProtocolMQTT, "error", err)
			select {
			case <-time.After(acceptPause):
			case <-t.roster.closing:
			}
		default:
			return fmt.Errorf("accept MQTT connections: %w", err)
		}
	}
}

// acceptPause is how long Serve waits when the process has no file descriptors left.
const acceptPause = 50 * time.Millisecond

func isTemporary(err error) bool {
	var temporary interface{ Temporary() bool } // deprecated for errors in general; for accept it is what net/http goes by
	return errors.As(err, &temporary) && temporary.Temporary()
}

func (t *MQTT) listen(l net.Listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.roster.isClosing() {
		return false
	}
	t.listeners[l] = struct{}{}
	return true
}

func (t *MQTT) unlisten(l net.Listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.listeners, l)
}

func (t *MQTT) accept(network net.Conn) {
	if !t.roster.reserve() {
		t.count.refused.Add(1)
		_ = network.Close() // there is nobody to tell
		return
	}
	go t.serveConn(t.newConn(network))
}

func (t *MQTT) newConn(network net.Conn) *mqttConn {
	c := &mqttConn{Conn: network, transport: t}
	c.session = newSession(base{
		conn:    &Conn{ID: uuid.NewString(), Protocol: ProtocolMQTT, Remote: network.RemoteAddr().String(), peer: c},
		handler: t.handler,
		limits:  t.limits,
		log:     t.log,
		count:   &t.count,
		link:    c,
	})
	return c
}

// serveConn runs one connection; the library reads it in this goroutine.
func (t *MQTT) serveConn(c *mqttConn) {
	defer t.roster.release(c)
	defer c.finish()
	if !t.roster.enter(c) {
		return
	}
	err := t.establish(c)
	switch {
	case errors.Is(err, packets.ErrServerBusy):
		t.count.refused.Add(1)
	case errors.Is(err, packets.ErrPacketTooLarge):
		t.count.tooLarge.Add(1)
	}
	t.log.Debug("connection ended", "protocol", ProtocolMQTT, "conn", c.session.conn.ID, "remote", c.session.conn.Remote, "cause", err)
}

func (t *MQTT) establish(c *mqttConn) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			t.count.panics.Add(1)
			t.log.Error("broker panicked", "conn", c.session.conn.ID, "cause", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	if err := c.expectConnect(t.options.ConnectTimeout); err != nil {
		return err
	}
	return t.broker.EstablishConnection(ProtocolMQTT, c)
}

// Shutdown closes the listeners and begins no further request, waits until those in flight are answered, closes every connection and
// waits for their end. When ctx ends first, connections and requests are ended by force and the error is ctx's.
func (t *MQTT) Shutdown(ctx context.Context) error {
	members := t.roster.close()
	err := t.closeListeners()
	t.roster.dismiss(ctx, members)
	return errors.Join(t.roster.wait(ctx), err)
}

func (t *MQTT) closeListeners() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	for l := range t.listeners {
		if failed := l.Close(); failed != nil && !errors.Is(failed, net.ErrClosed) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// Stats tells what the transport has done.
func (t *MQTT) Stats() Stats {
	return t.count.snapshot(t.roster.size())
}

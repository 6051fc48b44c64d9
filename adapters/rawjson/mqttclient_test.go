package rawjson_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	classic "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/rawjson"
)

const (
	requests  = "Kuzzle/request"
	responses = "Kuzzle/response"
)

func serveMQTT(t testing.TB, h rawjson.Handler, o *rawjson.MQTTOptions) (*rawjson.MQTT, string) {
	t.Helper()
	transport, err := rawjson.NewMQTT(h, o)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- transport.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, transport.Shutdown(ctx))
		require.NoError(t, <-served)
	})
	return transport, listener.Addr().String()
}

// heard is one message as a client got it.
type heard struct {
	topic, payload, correlation string
	subscription                int
}

// mqttClient is what the tests want of a client of any version.
type mqttClient interface {
	subscribe(topic string, qos byte) error
	publish(topic, payload string, qos byte) error
	inbox() <-chan heard
	lost() <-chan struct{}
	disconnect()
}

func ask(t testing.TB, c mqttClient, payload string) {
	t.Helper()
	require.NoError(t, c.publish(requests, payload, 0))
}

func hear(t testing.TB, c mqttClient) string {
	t.Helper()
	select {
	case m := <-c.inbox():
		require.Equal(t, responses, m.topic)
		return m.payload
	case <-time.After(patience):
		require.FailNow(t, "no answer")
		return ""
	}
}

func isLost(t testing.TB, c mqttClient) {
	t.Helper()
	select {
	case <-c.lost():
	case <-time.After(patience):
		require.FailNow(t, "the connection is still there")
	}
}

// mqttVersions are the ways to be a client: 3 is MQTT 3.1, 4 is 3.1.1.
var mqttVersions = map[string]func(testing.TB, string) mqttClient{
	"3.1":   func(t testing.TB, address string) mqttClient { return dialClassic(t, address, 3, nil) },
	"3.1.1": func(t testing.TB, address string) mqttClient { return dialClassic(t, address, 4, nil) },
	"5":     func(t testing.TB, address string) mqttClient { return dialModern(t, address, nil) },
}

// classicClient speaks MQTT 3.1 and 3.1.1.
type classicClient struct {
	classic.Client
	in   chan heard
	gone chan struct{}
}

func dialClassic(t testing.TB, address string, version uint, tune func(*classic.ClientOptions)) *classicClient {
	t.Helper()
	c := &classicClient{in: make(chan heard, 1000), gone: make(chan struct{})}
	o := classic.NewClientOptions().AddBroker("tcp://" + address).SetProtocolVersion(version).SetClientID(uuid.NewString()[:20]).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(patience).
		SetConnectionLostHandler(func(classic.Client, error) { close(c.gone) }).
		SetDefaultPublishHandler(func(_ classic.Client, m classic.Message) {
			c.in <- heard{topic: m.Topic(), payload: string(m.Payload())}
		})
	if tune != nil {
		tune(o)
	}
	c.Client = classic.NewClient(o)
	require.NoError(t, settled(c.Connect()))
	t.Cleanup(c.disconnect)
	return c
}

func settled(token classic.Token) error {
	if !token.WaitTimeout(patience) {
		return context.DeadlineExceeded
	}
	return token.Error()
}

func (c *classicClient) subscribe(topic string, qos byte) error {
	return settled(c.Subscribe(topic, qos, nil))
}

func (c *classicClient) publish(topic, payload string, qos byte) error {
	return settled(c.Publish(topic, qos, false, payload))
}
func (c *classicClient) inbox() <-chan heard   { return c.in }
func (c *classicClient) lost() <-chan struct{} { return c.gone }
func (c *classicClient) disconnect()           { c.Disconnect(100) }

// modernClient speaks MQTT 5.
type modernClient struct {
	*paho.Client
	network net.Conn
	connack *paho.Connack
	in      chan heard
	gone    chan struct{}
	once    sync.Once
	reason  chan byte // of the server's DISCONNECT
}

func dialModern(t testing.TB, address string, tune func(*paho.Connect)) *modernClient {
	t.Helper()
	network, err := (&net.Dialer{}).DialContext(soon(t), "tcp", address)
	require.NoError(t, err)
	c := &modernClient{network: network, in: make(chan heard, 1000), gone: make(chan struct{}), reason: make(chan byte, 1)}
	c.Client = paho.NewClient(paho.ClientConfig{
		Conn: network, PacketTimeout: patience,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(m paho.PublishReceived) (bool, error) {
			c.in <- received(m.Packet)
			return true, nil
		}},
		OnServerDisconnect: func(d *paho.Disconnect) { c.reason <- d.ReasonCode; c.leave() },
		OnClientError:      func(error) { c.leave() },
	})
	connect := &paho.Connect{ClientID: uuid.NewString(), KeepAlive: 30, CleanStart: true}
	if tune != nil {
		tune(connect)
	}
	c.connack, err = c.Connect(soon(t), connect)
	require.NoError(t, err)
	t.Cleanup(c.disconnect)
	return c
}

func received(m *paho.Publish) heard {
	got := heard{topic: m.Topic, payload: string(m.Payload), correlation: string(m.Properties.CorrelationData)}
	if m.Properties.SubscriptionIdentifier != nil {
		got.subscription = *m.Properties.SubscriptionIdentifier
	}
	return got
}

// untilGone bounds a call of the library, which does not notice by itself that the connection has ended.
func (c *modernClient) untilGone() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	go func() {
		select {
		case <-c.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (c *modernClient) leave() { c.once.Do(func() { close(c.gone) }) }

func (c *modernClient) subscribe(topic string, qos byte) error {
	if strings.ContainsAny(topic, "+#$") { // the library would obey the CONNACK and not send it
		subscribe := packets.NewControlPacket(packets.SUBSCRIBE)
		subscribe.Content.(*packets.Subscribe).PacketID = 1000
		subscribe.Content.(*packets.Subscribe).Subscriptions = []packets.SubOptions{{Topic: topic, QoS: qos}}
		_, err := subscribe.WriteTo(c.network)
		return err
	}
	ctx, cancel := c.untilGone()
	defer cancel()
	_, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: qos}}})
	return err
}

func (c *modernClient) publish(topic, payload string, qos byte) error {
	return c.publishWith(topic, payload, qos, &paho.PublishProperties{})
}

func (c *modernClient) publishWith(topic, payload string, qos byte, properties *paho.PublishProperties) error {
	ctx, cancel := c.untilGone()
	defer cancel()
	_, err := c.Publish(ctx, &paho.Publish{Topic: topic, Payload: []byte(payload), QoS: qos, Properties: properties})
	return err
}
func (c *modernClient) inbox() <-chan heard   { return c.in }
func (c *modernClient) lost() <-chan struct{} { return c.gone }
func (c *modernClient) disconnect() {
	_ = c.Disconnect(&paho.Disconnect{}) // an error if the connection has ended
	<-c.Done()
}

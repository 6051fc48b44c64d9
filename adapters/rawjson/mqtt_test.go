package rawjson_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	classic "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/rawjson"
)

func TestMQTTAnswersEveryVersionAndQoS(t *testing.T) {
	for name, dial := range mqttVersions {
		t.Run(name, func(t *testing.T) {
			h := &scripted{}
			transport, address := serveMQTT(t, h, nil)
			c := dial(t, address)
			require.NoError(t, c.subscribe(responses, 1))
			for qos := range byte(3) {
				payload := `{"qos":` + strconv.Itoa(int(qos)) + `}`
				require.NoError(t, c.publish(requests, payload, qos))
				require.Equal(t, payload, hear(t, c))
			}
			require.NoError(t, c.publish(requests, "", 1), "an empty message is acknowledged and ignored")
			require.Equal(t, []string{`{"qos":0}`, `{"qos":1}`, `{"qos":2}`}, h.saw())

			conn := h.conn(0)
			require.NoError(t, uuid.Validate(conn.ID))
			require.Equal(t, rawjson.ProtocolMQTT, conn.Protocol)
			require.NotEmpty(t, conn.Remote)
			require.Nil(t, conn.Header)
			c.disconnect()
			eventually(t, func() bool { return h.closes() == 1 && transport.Stats().Open == 0 }, "the handler hears of the end")
			require.Equal(t, rawjson.Stats{Accepted: 1, Requests: 3, Sent: 3}, transport.Stats())
		})
	}
}

func TestMQTTAnswersReachTheAskerOnly(t *testing.T) {
	h := &scripted{}
	transport, address := serveMQTT(t, h, nil)
	all := make(map[string]mqttClient)
	for name, dial := range mqttVersions {
		all[name] = dial(t, address)
		require.NoError(t, all[name].subscribe(responses, 0))
	}
	for name, c := range all {
		for i := range 20 {
			ask(t, c, name+"-"+strconv.Itoa(i))
		}
	}
	for name, c := range all {
		for i := range 20 {
			require.Equal(t, name+"-"+strconv.Itoa(i), hear(t, c))
		}
	}
	deaf := mqttVersions["3.1.1"](t, address)
	ask(t, deaf, "nobody listens")
	eventually(t, func() bool { return transport.Stats().Unheard == 1 }, "an answer to a client that is not subscribed is dropped")
	for _, c := range all {
		require.Empty(t, c.inbox())
	}
	require.Empty(t, deaf.inbox())
}

func TestMQTTForbiddenTopicsEndTheConnection(t *testing.T) {
	for name, dial := range mqttVersions {
		t.Run(name, func(t *testing.T) {
			h := &scripted{}
			transport, address := serveMQTT(t, h, &rawjson.MQTTOptions{Subscriptions: 2})
			bystander := dial(t, address)
			require.NoError(t, bystander.subscribe(responses, 0))
			require.NoError(t, bystander.subscribe("elsewhere", 0))

			var misused uint64
			for what, misuse := range map[string]func(mqttClient) error{
				"publish elsewhere":        func(c mqttClient) error { return c.publish("elsewhere", "x", 0) },
				"publish elsewhere, QoS 1": func(c mqttClient) error { return c.publish("elsewhere", "x", 1) },
				"publish to responses":     func(c mqttClient) error { return c.publish(responses, "x", 0) },
				"publish to $SYS":          func(c mqttClient) error { return c.publish("$SYS/x", "x", 0) },
				"subscribe to requests":    func(c mqttClient) error { return c.subscribe(requests, 0) },
				"subscribe to all":         func(c mqttClient) error { return c.subscribe("#", 0) },
				"subscribe to a pattern":   func(c mqttClient) error { return c.subscribe("Kuzzle/+", 0) },
				"subscribe to a share":     func(c mqttClient) error { return c.subscribe("$share/g/"+responses, 0) },
				"subscribe to too many": func(c mqttClient) error {
					return errors.Join(c.subscribe("a", 0), c.subscribe("b", 0), c.subscribe("a", 0), c.subscribe("c", 0))
				},
			} {
				c := dial(t, address)
				_ = misuse(c) // whether the client's library calls it an error depends on what it waits for
				isLost(t, c)
				misused++
				require.Equal(t, misused, transport.Stats().Misused, what)
			}
			require.Empty(t, h.saw())
			ask(t, bystander, "unharmed")
			require.Equal(t, "unharmed", hear(t, bystander))
			require.Empty(t, bystander.inbox())
		})
	}
}

func TestMQTT5TellsWhyAndWhatItCan(t *testing.T) {
	_, address := serveMQTT(t, &scripted{}, &rawjson.MQTTOptions{KeepAlive: 42 * time.Second})
	c := dialModern(t, address, func(connect *paho.Connect) {
		connect.KeepAlive = 0
		connect.CleanStart = false
		hour := uint32(3600)
		connect.Properties = &paho.ConnectProperties{SessionExpiryInterval: &hour}
	})
	got := c.connack.Properties
	require.EqualValues(t, 42, *got.ServerKeepAlive)
	require.Zero(t, *got.SessionExpiryInterval)
	require.False(t, got.RetainAvailable)
	require.False(t, got.WildcardSubAvailable)
	require.False(t, got.SharedSubAvailable)
	require.Greater(t, *got.MaximumPacketSize, uint32(1<<20))
	require.NoError(t, c.publish("elsewhere", "x", 0))
	require.EqualValues(t, 0x87, <-c.reason, "not authorized")
}

func TestMQTT5ResponseTopicAndCorrelationData(t *testing.T) {
	h := &scripted{}
	transport, address := serveMQTT(t, h, nil)
	c, other := dialModern(t, address, nil), dialModern(t, address, nil)
	identifier := 7
	_, err := c.Subscribe(soon(t), &paho.Subscribe{
		Properties:    &paho.SubscribeProperties{SubscriptionIdentifier: &identifier},
		Subscriptions: []paho.SubscribeOptions{{Topic: "answers/mine"}},
	})
	require.NoError(t, err)
	require.NoError(t, c.subscribe(responses, 0))
	require.NoError(t, other.subscribe("answers/mine", 0))
	require.NoError(t, other.subscribe(responses, 0))

	for _, test := range []struct {
		properties paho.PublishProperties
		want       heard
	}{
		{paho.PublishProperties{}, heard{topic: responses}},
		{paho.PublishProperties{CorrelationData: []byte("c1")}, heard{topic: responses, correlation: "c1"}},
		{paho.PublishProperties{ResponseTopic: "answers/mine"}, heard{topic: "answers/mine", subscription: 7}},
		{paho.PublishProperties{ResponseTopic: "answers/mine", CorrelationData: []byte{0, 255}}, heard{topic: "answers/mine", correlation: "\x00\xff", subscription: 7}},
	} {
		require.NoError(t, c.publishWith(requests, "ask", 1, &test.properties))
		test.want.payload = "ask"
		require.Equal(t, test.want, <-c.inbox())
	}
	require.NoError(t, c.publishWith(requests, "ask", 1, &paho.PublishProperties{ResponseTopic: "not/subscribed"}))
	eventually(t, func() bool { return transport.Stats().Unheard == 1 }, "it is dropped")
	require.Empty(t, c.inbox())
	require.Empty(t, other.inbox())

	for _, topic := range []string{"answers/+", "#", requests, "$SYS/x"} {
		c := dialModern(t, address, nil)
		_ = c.publishWith(requests, "never begun", 1, &paho.PublishProperties{ResponseTopic: topic})
		require.EqualValues(t, 0x90, <-c.reason, topic)
		isLost(t, c)
	}
	require.NotContains(t, h.saw(), "never begun")
}

func TestMQTT5RespectsTheClientsPacketSize(t *testing.T) {
	transport, address := serveMQTT(t, &scripted{}, nil)
	c := dialModern(t, address, func(connect *paho.Connect) {
		size := uint32(200)
		connect.Properties = &paho.ConnectProperties{MaximumPacketSize: &size}
	})
	require.NoError(t, c.subscribe(responses, 0))
	ask(t, c, strings.Repeat("x", 500))
	eventually(t, func() bool { return transport.Stats().Unheard == 1 }, "it is dropped")
	ask(t, c, "small")
	require.Equal(t, "small", hear(t, c))
}

func TestMQTTKeepsTheOrderOfRequestsAndOverlapsTheirWaiting(t *testing.T) {
	for name, dial := range mqttVersions {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			h := &scripted{message: blocking(release)}
			_, address := serveMQTT(t, h, nil)
			c := dial(t, address)
			require.NoError(t, c.subscribe(responses, 0))
			ask(t, c, "wait")
			want := []string{"wait"}
			for i := range 100 {
				want = append(want, strconv.Itoa(i))
				ask(t, c, strconv.Itoa(i))
			}
			for i := range 100 {
				require.Equal(t, strconv.Itoa(i), hear(t, c))
			}
			require.Equal(t, want, h.saw())
			close(release)
			require.Equal(t, "wait", hear(t, c))
		})
	}
}

func TestMQTTKeepAliveGoesOnWhileARequestIsBegun(t *testing.T) {
	release := make(chan struct{})
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		<-release
		return payload, nil
	}}
	_, address := serveMQTT(t, h, nil)
	network := rawMQTT(t, address, 600)
	require.NoError(t, network.SetDeadline(time.Now().Add(patience)))
	for range 3 {
		require.NoError(t, rawPublish([]byte("slow commit"), 1, false).Write(network))
		answer, err := packets.ReadPacket(network)
		require.NoError(t, err)
		require.IsType(t, &packets.PubackPacket{}, answer)
		require.NoError(t, packets.NewControlPacket(packets.Pingreq).Write(network))
		answer, err = packets.ReadPacket(network)
		require.NoError(t, err)
		require.IsType(t, &packets.PingrespPacket{}, answer)
	}
	eventually(t, func() bool { return len(h.saw()) == 1 }, "only the first is being worked on")
	close(release)
	eventually(t, func() bool { return len(h.saw()) == 3 }, "the others follow")
}

func TestMQTTKeepAliveEndsASilentClient(t *testing.T) {
	transport, address := serveMQTT(t, &scripted{}, nil)
	network := rawMQTT(t, address, 1)
	began := time.Now()
	dropped(t, network)
	require.Greater(t, time.Since(began), time.Second, "a keepalive of a second has some grace")
	eventually(t, func() bool { return transport.Stats().Open == 0 }, "it is gone")
}

func TestMQTTStopsReadingAtTheLimitInFlight(t *testing.T) {
	release := make(chan struct{})
	h := &scripted{message: blocking(release)}
	transport, address := serveMQTT(t, h, &rawjson.MQTTOptions{Limits: rawjson.Limits{MaxInFlight: 8}})
	c, other := mqttVersions["3.1.1"](t, address), mqttVersions["5"](t, address)
	require.NoError(t, c.subscribe(responses, 0))
	require.NoError(t, other.subscribe(responses, 0))
	for i := range 20 {
		ask(t, c, "wait"+strconv.Itoa(i))
	}
	eventually(t, func() bool { return len(h.saw()) == 8 && transport.Stats().InFlight == 8 }, "as many as allowed are begun")
	ask(t, other, "hello")
	require.Equal(t, "hello", hear(t, other))
	require.Len(t, h.saw(), 9, "eight and the other client's")
	close(release)
	got := map[string]bool{}
	for range 20 {
		got[hear(t, c)] = true
	}
	require.Len(t, got, 20)
}

// rawMQTT connects by hand, for clients that a library would not let misbehave. keepalive is in seconds.
func rawMQTT(t testing.TB, address string, keepalive uint16) net.Conn {
	t.Helper()
	network, err := (&net.Dialer{}).DialContext(soon(t), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = network.Close() })
	connect := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion, connect.CleanSession, connect.Keepalive = "MQTT", 4, true, keepalive
	connect.ClientIdentifier = uuid.NewString()
	require.NoError(t, connect.Write(network))
	answer, err := packets.ReadPacket(network)
	require.NoError(t, err)
	require.IsType(t, &packets.ConnackPacket{}, answer)
	return network
}

func rawPublish(payload []byte, qos byte, retain bool) *packets.PublishPacket {
	publish := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	publish.TopicName, publish.Payload, publish.Qos, publish.Retain, publish.MessageID = requests, payload, qos, retain, uint16(qos)
	return publish
}

// dropped reads until the peer has closed the connection.
func dropped(t testing.TB, network net.Conn) {
	t.Helper()
	require.NoError(t, network.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.Copy(io.Discard, network)
	require.False(t, errors.Is(err, context.DeadlineExceeded) || isNetTimeout(err), "still open: %v", err)
}

func isNetTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

func TestMQTTBeginsWhatIsPublishedBeforeTheClientLeaves(t *testing.T) {
	begin := make(chan struct{})
	h := &scripted{message: func(ctx context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		<-begin
		return payload, nil
	}}
	transport, address := serveMQTT(t, h, nil)
	network := rawMQTT(t, address, 30)
	for range 5 {
		require.NoError(t, rawPublish([]byte("parting"), 0, true).Write(network))
	}
	require.NoError(t, packets.NewControlPacket(packets.Disconnect).Write(network))
	dropped(t, network)
	close(begin)
	eventually(t, func() bool { return h.closes() == 1 }, "closed after the last")
	require.Len(t, h.saw(), 5)
	eventually(t, func() bool { return transport.Stats() == rawjson.Stats{Accepted: 1, Requests: 5, Unheard: 5} }, "got %+v", transport.Stats())
}

func TestMQTTClosesOnAGiantMessage(t *testing.T) {
	h := &scripted{}
	transport, address := serveMQTT(t, h, &rawjson.MQTTOptions{Limits: rawjson.Limits{MaxMessageBytes: 1000}})
	for _, size := range []int{1001, 1 << 20} {
		network := rawMQTT(t, address, 30)
		require.NoError(t, rawPublish(make([]byte, 1000), 0, false).Write(network))
		eventually(t, func() bool { return len(h.saw()) > 0 }, "within the limit")
		_ = rawPublish(make([]byte, size), 0, false).Write(network)
		dropped(t, network)
	}
	eventually(t, func() bool { return h.closes() == 2 }, "closed")
	require.Len(t, h.saw(), 2)
	eventually(t, func() bool { return transport.Stats().TooLarge == 2 }, "both are counted")
}

func TestMQTTEndsWhatComesTooSlowly(t *testing.T) {
	transport, address := serveMQTT(t, &scripted{}, &rawjson.MQTTOptions{ConnectTimeout: 50 * time.Millisecond})
	silent, err := (&net.Dialer{}).DialContext(soon(t), "tcp", address)
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	dropped(t, silent)
	eventually(t, func() bool { return transport.Stats().Open == 0 }, "it is gone")

	transport, address = serveMQTT(t, &scripted{}, &rawjson.MQTTOptions{Limits: rawjson.Limits{ReadTimeout: 50 * time.Millisecond}})
	trickling := rawMQTT(t, address, 0)
	_, err = trickling.Write([]byte{0x30, 100, 0})
	require.NoError(t, err)
	dropped(t, trickling)
	eventually(t, func() bool { return transport.Stats().Open == 0 }, "it is gone")
}

func TestMQTTEndsAClientThatDoesNotRead(t *testing.T) {
	answer := bytes.Repeat([]byte("x"), 100_000)
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		if string(payload) == "small" {
			return payload, nil
		}
		return answer, nil
	}}
	transport, address := serveMQTT(t, h, &rawjson.MQTTOptions{Limits: rawjson.Limits{WriteTimeout: 500 * time.Millisecond}})
	other := mqttVersions["5"](t, address)
	require.NoError(t, other.subscribe(responses, 0))
	slow := rawMQTT(t, address, 30)
	require.NoError(t, slow.(*net.TCPConn).SetReadBuffer(4096))
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.Topics, subscribe.Qoss, subscribe.MessageID = []string{responses}, []byte{0}, 1
	require.NoError(t, subscribe.Write(slow))
	go func() {
		for rawPublish([]byte("large"), 0, false).Write(slow) == nil {
		}
	}()
	for transport.Stats().Open == 2 {
		ask(t, other, "small")
		require.Equal(t, "small", hear(t, other))
	}
	require.EqualValues(t, 1, transport.Stats().Slow)
	ask(t, other, "small")
	require.Equal(t, "small", hear(t, other))
}

func TestMQTTKeepsNeitherSessionsNorWillsNorRetainedMessages(t *testing.T) {
	h := &scripted{}
	_, address := serveMQTT(t, h, nil)
	watcher := mqttVersions["5"](t, address)
	require.NoError(t, watcher.subscribe("last/words", 0))
	c := dialClassic(t, address, 4, func(o *classic.ClientOptions) {
		o.SetClientID("same").SetCleanSession(false).SetWill("last/words", "x", 1, true).SetUsername("any").SetPassword("thing")
	})
	require.NoError(t, c.subscribe(responses, 1))
	require.NoError(t, settled(c.Publish(requests, 1, true, "kept?")))
	require.Equal(t, "kept?", hear(t, c))

	again := dialClassic(t, address, 4, func(o *classic.ClientOptions) { o.SetClientID("same").SetCleanSession(false) })
	isLost(t, c) // two clients cannot share a name
	ask(t, again, "no subscription is left")
	eventually(t, func() bool { return len(h.saw()) == 2 }, "it is answered to nobody")
	require.NoError(t, again.subscribe(responses, 0))
	ask(t, again, "now")
	require.Equal(t, "now", hear(t, again))
	require.Empty(t, again.inbox())
	require.NoError(t, watcher.subscribe(responses, 0))
	ask(t, watcher, "all quiet")
	require.Equal(t, "all quiet", hear(t, watcher))
	require.Empty(t, watcher.inbox())
}

func TestMQTTSendAndDisconnect(t *testing.T) {
	for name, dial := range mqttVersions {
		t.Run(name, func(t *testing.T) {
			h := &scripted{}
			_, address := serveMQTT(t, h, nil)
			c := dial(t, address)
			require.NoError(t, c.subscribe(responses, 0))
			require.NoError(t, h.conn(0).Send([]byte("notice")))
			require.Equal(t, "notice", hear(t, c))
			h.conn(0).Disconnect("token revoked")
			isLost(t, c)
			eventually(t, func() bool { return h.closes() == 1 }, "closed")
			require.ErrorIs(t, h.conn(0).Send([]byte("late")), rawjson.ErrClosed)
		})
	}
}

func TestMQTTAPanicEndsItsConnectionOnly(t *testing.T) {
	h := &scripted{message: func(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
		if string(payload) == "panic" {
			panic("now")
		}
		return payload, nil
	}}
	transport, address := serveMQTT(t, h, nil)
	c, other := mqttVersions["5"](t, address), mqttVersions["3.1"](t, address)
	ask(t, c, "panic")
	isLost(t, c)
	require.EqualValues(t, 1, transport.Stats().Panics)
	require.NoError(t, other.subscribe(responses, 0))
	ask(t, other, "unharmed")
	require.Equal(t, "unharmed", hear(t, other))
}

func TestMQTTRefusesConnections(t *testing.T) {
	t.Run("too many", func(t *testing.T) {
		transport, address := serveMQTT(t, &scripted{}, &rawjson.MQTTOptions{Limits: rawjson.Limits{MaxConns: 1}})
		first := dialModern(t, address, nil)
		refused := classic.NewClient(classic.NewClientOptions().AddBroker("tcp://" + address).SetProtocolVersion(4).SetAutoReconnect(false))
		require.ErrorIs(t, settled(refused.Connect()), packets.ErrorRefusedServerUnavailable)
		eventually(t, func() bool { return transport.Stats().Refused == 1 }, "it is counted")
		first.disconnect()
		eventually(t, func() bool { return transport.Stats().Open == 0 }, "the place is free")
		dialModern(t, address, nil)
	})
	t.Run("by the handler", func(t *testing.T) {
		h := &scripted{open: func(context.Context, *rawjson.Conn) (context.Context, error) { return nil, errors.New("no tenant") }}
		transport, address := serveMQTT(t, h, nil)
		refused := classic.NewClient(classic.NewClientOptions().AddBroker("tcp://" + address).SetProtocolVersion(4).SetAutoReconnect(false))
		require.ErrorIs(t, settled(refused.Connect()), packets.ErrorRefusedNotAuthorised)
		eventually(t, func() bool { return transport.Stats().Open == 0 }, "the place is free")
		require.Zero(t, h.closes())
		require.EqualValues(t, 1, transport.Stats().Refused)
	})
	t.Run("topics", func(t *testing.T) {
		for _, o := range []rawjson.MQTTOptions{{RequestTopic: "a/#"}, {ResponseTopic: "$SYS/x"}, {RequestTopic: "a", ResponseTopic: "a"}} {
			_, err := rawjson.NewMQTT(&scripted{}, &o)
			require.Error(t, err)
		}
	})
}

// exhausted is a listener that has no file descriptor left for the first connections.
type exhausted struct {
	net.Listener
	failures int
}

func (l *exhausted) Accept() (net.Conn, error) {
	if l.failures--; l.failures >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestMQTTServeOutlivesATemporaryFailure(t *testing.T) {
	transport, err := rawjson.NewMQTT(&scripted{}, nil)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- transport.Serve(&exhausted{Listener: listener, failures: 2}) }()
	c := mqttVersions["5"](t, listener.Addr().String())
	c.disconnect()
	require.NoError(t, listener.Close())
	require.ErrorIs(t, <-served, net.ErrClosed, "a listener that is closed by others is a failure")
	require.NoError(t, transport.Shutdown(soon(t)))
}

func TestMQTTShutdownDrains(t *testing.T) {
	for name, dial := range mqttVersions {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			h := &scripted{message: blocking(release)}
			transport, address := serveMQTT(t, h, nil)
			c, idle := dial(t, address), dial(t, address)
			require.NoError(t, c.subscribe(responses, 0))
			ask(t, c, "wait")
			eventually(t, func() bool { return len(h.saw()) == 1 }, "the request is begun")

			done := make(chan error, 1)
			go func() { done <- transport.Shutdown(soon(t)) }()
			isLost(t, idle)
			_, err := (&net.Dialer{}).DialContext(soon(t), "tcp", address)
			require.Error(t, err, "nobody listens")
			ask(t, c, "too late")
			close(release)
			require.Equal(t, "wait", hear(t, c))
			isLost(t, c)
			require.NoError(t, <-done)
			require.Equal(t, []string{"wait"}, h.saw())
			require.Equal(t, 2, h.closes())
		})
	}
}

func TestMQTTShutdownByForce(t *testing.T) {
	h := &scripted{message: func(ctx context.Context, _ *rawjson.Conn, _ []byte) ([]byte, rawjson.Later) {
		<-ctx.Done() // a store that does not answer
		return []byte("canceled"), nil
	}}
	transport, address := serveMQTT(t, h, nil)
	c := mqttVersions["3.1.1"](t, address)
	ask(t, c, "stuck")
	eventually(t, func() bool { return len(h.saw()) == 1 }, "the request is begun")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, transport.Shutdown(ctx), context.DeadlineExceeded)
	isLost(t, c)
	eventually(t, func() bool { return h.closes() == 1 && transport.Stats().Open == 0 }, "all ends")
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorIs(t, transport.Serve(listener), net.ErrClosed)
}

func TestMQTTAThousandIdleConnections(t *testing.T) {
	h := &scripted{}
	transport, address := serveMQTT(t, h, nil)
	idle := make([]net.Conn, 1000)
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for i := worker; i < len(idle); i += 16 {
				idle[i] = rawMQTT(t, address, 600)
			}
		})
	}
	group.Wait()
	busy := mqttVersions["5"](t, address)
	require.NoError(t, busy.subscribe(responses, 0))
	for range 100 {
		ask(t, busy, "hello")
		require.Equal(t, "hello", hear(t, busy))
	}
	require.NoError(t, transport.Shutdown(soon(t)))
	for _, network := range idle {
		dropped(t, network)
	}
	require.Equal(t, 1001, h.closes())
}

package rawjson

import (
	"math"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// mqttHook is where the library asks and tells. Its methods run in the goroutine that reads the client's connection.
type mqttHook struct {
	broker.HookBase
	transport *MQTT
}

// ID names the hook to the library.
func (h *mqttHook) ID() string { return "rawjson" }

// Provides tells the library which methods to call.
func (h *mqttHook) Provides(method byte) bool {
	switch method {
	case broker.OnPacketRead, broker.OnConnectAuthenticate, broker.OnACLCheck, broker.OnPublish, broker.OnPacketEncode:
		return true
	default:
		return false
	}
}

// OnPacketRead sees every packet first. ErrRejectPacket from here is the one error that ends a connection.
func (h *mqttHook) OnPacketRead(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	switch pk.FixedHeader.Type {
	case packets.Connect:
		return h.connect(cl, pk), nil
	case packets.Publish:
		return h.checkPublish(cl, pk)
	case packets.Subscribe:
		return h.checkSubscribe(cl, pk)
	default:
		return pk, nil
	}
}

// connect takes what is not kept out of a CONNECT: the session and the will.
func (h *mqttHook) connect(cl *broker.Client, pk packets.Packet) packets.Packet {
	connect := &pk.Connect
	connect.Clean = true
	connect.WillFlag, connect.WillRetain, connect.WillQos, connect.WillTopic, connect.WillPayload = false, false, 0, "", nil
	connect.WillProperties = packets.Properties{}
	// The library waits for one and a half times this, but reckons in whole seconds of 16 bits: 1 would get no grace at all.
	connect.Keepalive += connect.Keepalive % 2
	if longest := uint16(math.MaxUint16 / 3 * 2); pk.Connect.Keepalive > longest {
		connect.Keepalive, cl.State.ServerKeepalive = longest, true
	}
	if connect.Keepalive == 0 && pk.ProtocolVersion >= 5 {
		seconds := min(max(h.transport.options.KeepAlive/time.Second, 1), math.MaxUint16/2)
		connect.Keepalive, cl.State.ServerKeepalive = uint16(seconds), true // #nosec G115 -- bounded above
	}
	return pk
}

func (h *mqttHook) checkPublish(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	pk.FixedHeader.Retain = false
	to := pk.Properties.ResponseTopic
	switch {
	case pk.TopicName != h.transport.options.RequestTopic:
		return pk, h.refuse(cl, packets.ErrNotAuthorized)
	case to != "" && !h.transport.isResponseTopic(to):
		return pk, h.refuse(cl, packets.ErrTopicNameInvalid)
	case len(pk.Payload) > h.transport.limits.MaxMessageBytes:
		h.transport.count.tooLarge.Add(1)
		return pk, h.end(cl, packets.ErrPacketTooLarge)
	default:
		return pk, nil
	}
}

func (h *mqttHook) checkSubscribe(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	held := cl.State.Subscriptions.Len()
	for _, subscription := range pk.Filters {
		if h.transport.isForbiddenFilter(subscription.Filter) {
			return pk, h.refuse(cl, packets.ErrNotAuthorized)
		}
		if _, again := cl.State.Subscriptions.Get(subscription.Filter); !again {
			held++
		}
	}
	if held > h.transport.options.Subscriptions {
		return pk, h.refuse(cl, packets.ErrQuotaExceeded)
	}
	return pk, nil
}

func (h *mqttHook) refuse(cl *broker.Client, reason packets.Code) error {
	h.transport.count.misused.Add(1)
	return h.end(cl, reason)
}

// end closes the connection; MQTT 5 lets the client be told why.
func (h *mqttHook) end(cl *broker.Client, reason packets.Code) error {
	h.transport.disconnect(cl, reason)
	return packets.ErrRejectPacket
}

// OnConnectAuthenticate opens the connection at the Handler, which may refuse it. Credentials are in the messages.
func (h *mqttHook) OnConnectAuthenticate(cl *broker.Client, _ packets.Packet) bool {
	c, ok := cl.Net.Conn.(*mqttConn)
	return ok && c.open(cl)
}

// OnACLCheck lets through what OnPacketRead has let through; names of the broker's own ($SYS) get a refusal in the SUBACK.
func (h *mqttHook) OnACLCheck(_ *broker.Client, topic string, write bool) bool {
	return write || isExactTopic(topic)
}

// OnPublish takes a request out of the library's hands. CodeSuccessIgnore lets it acknowledge the packet and pass it on to nobody.
func (h *mqttHook) OnPublish(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	c, ok := cl.Net.Conn.(*mqttConn)
	if !ok || len(pk.Payload) == 0 {
		return pk, packets.CodeSuccessIgnore
	}
	to := address{topic: pk.Properties.ResponseTopic, correlation: pk.Properties.CorrelationData}
	if to.topic == "" {
		to.topic = h.transport.options.ResponseTopic
	}
	if err := c.session.submit(message{payload: pk.Payload, to: to}); err != nil {
		return pk, packets.ErrRejectPacket // no acknowledgement: the request was not begun
	}
	return pk, packets.CodeSuccessIgnore
}

// OnPacketEncode completes what an MQTT 5 CONNACK says of this broker.
func (h *mqttHook) OnPacketEncode(cl *broker.Client, pk packets.Packet) packets.Packet {
	if pk.FixedHeader.Type != packets.Connack || cl.Properties.ProtocolVersion < 5 || pk.ReasonCode != 0 {
		return pk
	}
	p := &pk.Properties
	p.RetainAvailable, p.RetainAvailableFlag = 0, true
	p.WildcardSubAvailable, p.WildcardSubAvailableFlag = 0, true
	p.SharedSubAvailable, p.SharedSubAvailableFlag = 0, true
	p.MaximumPacketSize = h.transport.maxPacket()
	return pk
}

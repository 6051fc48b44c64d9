package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/uuid"
)

// Topics and limits of Kuzzle's MQTT protocol (testdata/kuzzle/NOTES.md).
const (
	requestTopic  = "Kuzzle/request"
	responseTopic = "Kuzzle/response"
	mqttVersion   = 4  // MQTT 3.1.1
	mqttGoodbye   = 50 // milliseconds
)

var errMQTTClosed = errors.New("mqtt: the server closed the connection")

type mqttConn struct {
	client  mqtt.Client
	answers chan []byte
	lost    chan struct{}
}

func dialMQTT(ctx context.Context, addr string) (*mqttConn, error) {
	c := &mqttConn{answers: make(chan []byte, 16), lost: make(chan struct{})}
	options := mqtt.NewClientOptions().
		AddBroker("tcp://" + addr).
		SetClientID("conformance-" + uuid.NewString()[:8]).
		SetProtocolVersion(mqttVersion).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(stepTimeout).
		SetConnectionLostHandler(func(mqtt.Client, error) { close(c.lost) })
	c.client = mqtt.NewClient(options)
	if err := wait(ctx, c.client.Connect()); err != nil {
		return nil, fmt.Errorf("mqtt: connect: %w", err)
	}
	// The handler must not block the client: an answer that nobody waits for when
	// the buffer is full is a fault of the server that the next step will show.
	keep := func(_ mqtt.Client, m mqtt.Message) {
		select {
		case c.answers <- m.Payload():
		default:
		}
	}
	if err := wait(ctx, c.client.Subscribe(responseTopic, 0, keep)); err != nil {
		c.Close()
		return nil, fmt.Errorf("mqtt: subscribe: %w", err)
	}
	return c, nil
}

func wait(ctx context.Context, token mqtt.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *mqttConn) Exchange(ctx context.Context, message []byte) ([]byte, error) {
	if err := wait(ctx, c.client.Publish(requestTopic, 0, false, message)); err != nil {
		return nil, fmt.Errorf("mqtt: publish: %w", err)
	}
	for {
		select {
		case data := <-c.answers:
			if !isNotification(data) {
				return data, nil
			}
		case <-c.lost:
			return nil, errMQTTClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("mqtt: no answer: %w", ctx.Err())
		}
	}
}

func (c *mqttConn) Close() { c.client.Disconnect(mqttGoodbye) }

// overMQTT turns what a message step expects over WebSocket, which is what was
// recorded, into what the same request is answered over MQTT. It is the one known
// difference of the two (testdata/kuzzle/NOTES.md, item 12 and "MQTT"): a request
// that cannot be built at all, told by an error without an id before any
// controller is known, is network.mqtt.unexpected_error there, with the text
// behind a prefix and in props, and its requestId is made up.
func overMQTT(pattern any) any {
	envelope, ok := pattern.(map[string]any)
	if !ok || envelope["controller"] != nil || envelope["action"] != nil {
		return pattern
	}
	fault, ok := envelope["error"].(map[string]any)
	if !ok {
		return pattern
	}
	if _, hasID := fault["id"]; hasID {
		return pattern
	}
	text, ok := fault["message"].(string)
	if !ok {
		return pattern
	}
	out := maps.Clone(envelope)
	out["requestId"] = MatchString
	out["error"] = map[string]any{
		"code":    json.Number("50462721"),
		"id":      "network.mqtt.unexpected_error",
		"message": "Caught an unexpected MQTT error: " + text,
		"props":   []any{text},
		"status":  json.Number("400"),
	}
	return out
}

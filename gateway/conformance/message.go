package conformance

import (
	"context"
	"fmt"

	"github.com/coder/websocket"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Protocol names what carries the steps of a case.
type Protocol string

// The protocols of a replay. Message steps go over WebSocket or MQTT; under HTTP
// a case has no message steps.
const (
	HTTP      Protocol = "http"
	WebSocket Protocol = "websocket"
	MQTT      Protocol = "mqtt"
)

// Protocols lists all protocols in the order in which they are replayed.
func Protocols() []Protocol { return []Protocol{HTTP, WebSocket, MQTT} }

// Messenger is one connection that carries JSON messages. One message is in
// flight at a time, so the next frame that is no notification is its answer.
type Messenger interface {
	// Exchange sends a message and waits for its answer. An error is the
	// connection's, or the context's: the messenger is of no use any more.
	Exchange(ctx context.Context, message []byte) ([]byte, error)
	Close()
}

// DialMessenger connects to the target's listener for protocol, WebSocket or
// MQTT. The caller closes what it gets.
func DialMessenger(ctx context.Context, protocol Protocol, target Target) (Messenger, error) {
	switch protocol {
	case WebSocket:
		return dialWebSocket(ctx, target.Kuzzle, target.Host)
	case MQTT:
		return dialMQTT(ctx, target.MQTT)
	default:
		return nil, fmt.Errorf("%s carries no messages", protocol)
	}
}

type webSocket struct{ conn *websocket.Conn }

func dialWebSocket(ctx context.Context, addr, host string) (*webSocket, error) {
	conn, _, err := websocket.Dial(ctx, "ws://"+addr+"/", &websocket.DialOptions{Host: host}) //nolint:bodyclose // Dial documents that its body need not be closed
	if err != nil {
		return nil, fmt.Errorf("websocket: %w", err)
	}
	conn.SetReadLimit(maxAnswer)
	return &webSocket{conn: conn}, nil
}

func (w *webSocket) Exchange(ctx context.Context, message []byte) ([]byte, error) {
	if err := w.conn.Write(ctx, websocket.MessageText, message); err != nil {
		return nil, fmt.Errorf("websocket: write: %w", err)
	}
	for {
		kind, data, err := w.conn.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("websocket: read: %w", err)
		}
		if kind != websocket.MessageText {
			return nil, fmt.Errorf("websocket: answers are text frames, got %s", kind)
		}
		if !isNotification(data) {
			return data, nil
		}
	}
}

// Close says goodbye and does not care whether the server still hears it: all
// that the case wanted to know has been answered.
func (w *webSocket) Close() { _ = w.conn.Close(websocket.StatusNormalClosure, "") }

// isNotification tells a message that the server sent of its own accord (such as
// {"type": "TokenExpired"}) from the answer to a request, which has a requestId.
func isNotification(data []byte) bool {
	var head struct {
		Type      jsontext.Value `json:"type"`
		RequestID jsontext.Value `json:"requestId"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return false // no JSON object, or none that can be read: the comparison tells so
	}
	return head.Type != nil && head.RequestID == nil
}

func compact(doc []byte) ([]byte, error) {
	value := jsontext.Value(doc)
	if err := value.Compact(); err != nil {
		return nil, err
	}
	return value, nil
}

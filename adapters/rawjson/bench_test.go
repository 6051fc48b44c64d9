package rawjson_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/rawjson"
)

const benchMessage = `{"controller":"security","action":"getProfile","_id":"editor","requestId":"5c3f3d5e-8a53-4f2b-9b4e-0d7d5f0a1c11"}`

// silentEcho echoes without keeping what it saw.
type silentEcho struct{}

func (silentEcho) Open(ctx context.Context, _ *rawjson.Conn) (context.Context, error) {
	return ctx, nil
}

func (silentEcho) Message(_ context.Context, _ *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
	return payload, nil
}
func (silentEcho) Close(*rawjson.Conn) {}

// BenchmarkWebSocketBareEcho is the least that the library can do.
func BenchmarkWebSocketBareEcho(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		for err == nil {
			var payload []byte
			if _, payload, err = c.Read(context.Background()); err == nil {
				err = c.Write(context.Background(), websocket.MessageText, payload)
			}
		}
	}))
	b.Cleanup(server.Close)
	roundTrips(b, dialWS(b, "ws"+strings.TrimPrefix(server.URL, "http"), nil))
}

func BenchmarkWebSocketRoundTrip(b *testing.B) {
	_, url := serveWS(b, silentEcho{}, nil)
	roundTrips(b, dialWS(b, url, nil))
}

func roundTrips(b *testing.B, c wsClient) {
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Write(ctx, websocket.MessageText, []byte(benchMessage)); err != nil {
			b.Fatal(err)
		}
		if _, _, err := c.Read(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMQTTRoundTrip(b *testing.B) {
	_, address := serveMQTT(b, silentEcho{}, nil)
	network := rawMQTT(b, address, 600)
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.Topics, subscribe.Qoss, subscribe.MessageID = []string{responses}, []byte{0}, 1
	require.NoError(b, subscribe.Write(network))
	_, err := packets.ReadPacket(network)
	require.NoError(b, err)
	request := rawPublish([]byte(benchMessage), 0, false)
	b.ReportAllocs()
	for b.Loop() {
		if err := request.Write(network); err != nil {
			b.Fatal(err)
		}
		if _, err := packets.ReadPacket(network); err != nil {
			b.Fatal(err)
		}
	}
}

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/stretchr/testify/require"
)

// echo answers an HTTP request with what arrived of it, and upgrades to a
// WebSocket whose messages are answered by reply.
func echo(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		echoMessages(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.URL.Path == "/redirect" {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
		return
	}
	if r.URL.Path == "/empty" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	headers := map[string]string{}
	for name, values := range r.Header {
		headers[name] = strings.Join(values, "|")
	}
	w.Header().Add("Vary", "A")
	w.Header().Add("Vary", "B")
	answer := map[string]any{
		"method": r.Method, "uri": r.RequestURI, "headers": headers, "length": r.ContentLength,
		"body": string(body), "peer": r.RemoteAddr,
	}
	// A client that is gone does not hear the answer: its own test tells so.
	_ = json.NewEncoder(w).Encode(answer)
}

func echoMessages(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // closed by the client in the good case
	for n := 1; ; n++ {
		_, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		for _, answer := range reply(data, n) {
			if conn.Write(r.Context(), websocket.MessageText, answer) != nil {
				return
			}
		}
	}
}

// reply is a notification, then the answer: the message and its number on this
// connection. A message with "odd" is answered as Kuzzle answers over MQTT what
// it cannot read.
func reply(message []byte, number int) [][]byte {
	answer := fmt.Sprintf(`{"requestId":"r","number":%d,"message":%s}`, number, message)
	if strings.Contains(string(message), "odd") {
		answer = `{"requestId":"made-up","controller":null,"action":null,"error":{"code":50462721,"id":"network.mqtt.unexpected_error",` +
			`"message":"Caught an unexpected MQTT error: no","props":["no"],"status":400}}`
	}
	return [][]byte{[]byte(`{"type":"TokenExpired"}`), []byte(answer)}
}

func fakeHTTP(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

type replyHook struct {
	mochi.HookBase
	number int
}

func (h *replyHook) ID() string { return "reply" }

func (h *replyHook) Provides(b byte) bool {
	return b == mochi.OnPublished || b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

func (h *replyHook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

func (h *replyHook) OnACLCheck(*mochi.Client, string, bool) bool { return true }

func (h *replyHook) OnPublished(cl *mochi.Client, pk packets.Packet) {
	if pk.TopicName != requestTopic {
		return
	}
	h.number++
	for _, answer := range reply(pk.Payload, h.number) {
		answerMQTT(cl, answer)
	}
}

func answerMQTT(cl *mochi.Client, answer []byte) {
	out := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish}, TopicName: responseTopic, Payload: answer, ProtocolVersion: mqttVersion}
	_ = cl.WritePacket(out) // a client that hears nothing tells so itself
}

func fakeMQTT(t *testing.T, hook mochi.Hook) string {
	t.Helper()
	broker := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, broker.AddHook(hook, nil))
	addrs, err := freeAddresses(1)
	require.NoError(t, err)
	require.NoError(t, broker.AddListener(listeners.NewTCP(listeners.Config{ID: "t", Address: addrs[0]})))
	require.NoError(t, broker.Serve())
	t.Cleanup(func() { require.NoError(t, broker.Close()) })
	return addrs[0]
}

// fakeServerMode is the environment variable that makes the test binary act as a
// server process; its value says how that behaves.
const fakeServerMode = "CONFORMANCE_FAKE_SERVER"

func runFakeServer(mode string) int {
	if mode == "broken" {
		fmt.Fprintln(os.Stdout, "cannot read the config")
		return 3
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	listener, err := new(net.ListenConfig).Listen(stop, "tcp", os.Getenv("PROFILEGATE_LISTEN_ADMIN"))
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return 1
	}
	go func() {
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		_ = (&http.Server{Handler: handler, ReadHeaderTimeout: time.Second}).Serve(listener)
	}()
	fmt.Fprintln(os.Stdout, strings.Join(os.Args[1:], " "))
	<-stop.Done()
	if mode == "stubborn" {
		select {}
	}
	if mode == "rude" {
		return 7
	}
	return 0
}

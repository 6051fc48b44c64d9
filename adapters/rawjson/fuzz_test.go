package rawjson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzIsPing(f *testing.F) {
	for _, seed := range []string{
		`{"p":1}`, `{"p":2}`, ` {"p" : 1.0} `, `{"p":1e0}`, `{"p":10e-1}`, `{"p":1,"p":2}`, `{"p":2,"p":1}`, `{"p":1}x`, `{"p":"1"}`, `{"p":Inf}`,
		`{"p":0x1p0}`, `{"p":1_0}`, `{"\u0070":1}`, `{"P":1}`, `{"p":[1]}`, `{"p":1,"controller":"auth"}`, `{"controller":"auth","p":1}`, `{}`, `[]`, `1`, "", "\ufeff{\"p\":1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if got, want := isPing(payload), isPingByTheBook(payload); got != want {
			t.Errorf("isPing(%q) = %v, want %v", payload, got, want)
		}
	})
}

// isPingByTheBook decodes every message whole.
func isPingByTheBook(payload []byte) bool {
	var members map[string]any
	if json.Unmarshal(payload, &members) != nil || len(members) != 1 {
		return false
	}
	return members["p"] == float64(1)
}

func FuzzResponseTopic(f *testing.F) {
	for _, seed := range []string{"a", "a/b", "", "+", "a/#", "Kuzzle/request", "Kuzzle/response", "$SYS/x", "$share/g/a", "a\x00", "\xff", strings.Repeat("x", 70_000)} {
		f.Add(seed)
	}
	transport, err := NewMQTT(nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, topic string) {
		if !transport.isResponseTopic(topic) {
			return
		}
		switch {
		case topic == "", len(topic) > 65535, !utf8.ValidString(topic), strings.ContainsAny(topic, "+#\x00"), strings.HasPrefix(topic, "$"):
			t.Errorf("%q is no topic", topic)
		case topic == transport.options.RequestTopic:
			t.Error("an answer would be a request")
		case transport.isForbiddenFilter(topic):
			t.Errorf("nobody can subscribe to %q", topic)
		}
	})
}

func TestIsPingCostsNothingForOtherMessages(t *testing.T) {
	message := []byte(`{"controller":"security","action":"createProfile","body":{"p":1}}`)
	if n := testing.AllocsPerRun(100, func() { isPing(message) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	large := append([]byte(`{"controller":`), bytes.Repeat([]byte("["), 1<<20)...)
	if n := testing.AllocsPerRun(100, func() { isPing(large) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzMQTTConnection sends anything after a CONNECT: the connection ends, and nothing else does.
func FuzzMQTTConnection(f *testing.F) {
	connect := func(version byte, properties ...byte) []byte {
		body := append([]byte{0, 4, 'M', 'Q', 'T', 'T', version, 2, 0, 30}, properties...)
		body = append(body, 0, 1, 'c')
		return append([]byte{0x10, byte(len(body))}, body...)
	}
	starts := [][]byte{nil, connect(4), connect(5, 0)}
	publish := append([]byte{0x30, 20, 0, 14}, "Kuzzle/request{}{}"...)
	for _, seed := range [][]byte{publish, {0xc0, 0}, {0xe0, 0}, {0x82, 6, 0, 1, 0, 1, 'a', 0}, {0x62, 2, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0x7f}, connect(5, 3, 0x21, 0, 1)} {
		for start := range starts {
			f.Add(byte(start), seed)
		}
	}
	transport, err := NewMQTT(echo{}, &MQTTOptions{Limits: Limits{MaxMessageBytes: 1000}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, start byte, rest []byte) {
		client, server := net.Pipe()
		transport.accept(server)
		go func() { _, _ = io.Copy(io.Discard, client) }()
		if err := client.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err := client.Write(append(bytes.Clone(starts[int(start)%len(starts)]), rest...))
		if errors.Is(err, os.ErrDeadlineExceeded) { // any other error: it was refused before the end
			t.Fatal("the broker has stopped reading")
		}
		_ = client.Close()
		for deadline := time.Now().Add(10 * time.Second); transport.Stats().Open > 0; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatal("the connection has not ended")
			}
		}
		if got := transport.Stats(); got.InFlight != 0 || got.Panics != 0 {
			t.Errorf("left behind: %+v", got)
		}
	})
}

type echo struct{}

func (echo) Open(ctx context.Context, _ *Conn) (context.Context, error)         { return ctx, nil }
func (echo) Message(_ context.Context, _ *Conn, payload []byte) ([]byte, Later) { return payload, nil }
func (echo) Close(*Conn)                                                        {}

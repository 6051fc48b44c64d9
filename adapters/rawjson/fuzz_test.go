package rawjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
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

package kuzzle_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestMessageForms(t *testing.T) {
	g := newGate(t, nil)
	tests := []struct {
		name, payload string
		webSocket     any // id of the error, or its message where it has no id
		mqtt          any
	}{
		{"fine", `{"controller":"server","action":"now"}`, nil, nil},
		{"not JSON", `{"controller"`, "network.websocket.unexpected_error", "network.mqtt.unexpected_error"},
		{"too deep", deep(), "network.websocket.unexpected_error", "network.mqtt.unexpected_error"},
		{"no object", `[1]`, "Input request data must be a non-null object", "network.mqtt.unexpected_error"},
		{"a number", `12`, "Input request data must be a non-null object", "network.mqtt.unexpected_error"},
		{"wrong type", `{"body":1}`, `Attribute body must be of type "object" or "array"`, "network.mqtt.unexpected_error"},
		{"no controller", `{"controller":"","action":"x"}`, "api.assert.missing_argument", "api.assert.missing_argument"},
		{"served by nobody here", `{"controller":"document","action":"get"}`, "api.process.action_not_found", "api.process.action_not_found"},
		{"no such controller", `{"controller":"a:b","action":"c"}`, "api.process.controller_not_found", "api.process.controller_not_found"},
		{"a route without action", `{"controller":"index","action":"getAutoRefresh"}`, "api.process.action_not_found", "api.process.action_not_found"},
		{"an index that is no text", `{"controller":"index","action":"exists","index":["a"]}`, "api.assert.invalid_type", "api.assert.invalid_type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			over := g.message(kuzzle.ProtocolWebSocket, tt.payload)
			require.Equal(t, tt.webSocket, told(over), "%v", over)
			over = g.message(kuzzle.ProtocolMQTT, tt.payload)
			require.Equal(t, tt.mqtt, told(over), "%v", over)
			require.NotContains(t, over, "room")
			require.NotEmpty(t, over["requestId"])
		})
	}
}

func TestMessageThatIsNull(t *testing.T) {
	g := newGate(t, nil)
	require.Nil(t, g.message(kuzzle.ProtocolWebSocket, "null"))
	require.Equal(t, "network.mqtt.unexpected_error", told(g.message(kuzzle.ProtocolMQTT, "null")))
}

func TestRoomAndRequestID(t *testing.T) {
	g := newGate(t, nil)
	got := g.message(kuzzle.ProtocolWebSocket, `{"controller":"server","action":"now","requestId":"r-1","volatile":{"a":[1.0]}}`)
	require.Equal(t, "r-1", got["requestId"])
	require.Equal(t, "r-1", got["room"])
	got = g.message(kuzzle.ProtocolWebSocket, `{"controller":"server","action":"now"}`)
	require.NotEmpty(t, got["room"])
	require.Equal(t, got["requestId"], got["room"])
	got = g.message(kuzzle.ProtocolWebSocket, `{"controller":"server","action":"now","volatile":1,"requestId":"r-2"}`)
	require.Equal(t, "r-2", got["requestId"])
	require.NotContains(t, got, "room")
	got = g.message(kuzzle.ProtocolMQTT, `{"controller":"server","action":"now","volatile":1,"requestId":"r-2"}`)
	require.NotEqual(t, "r-2", got["requestId"])
}

func TestCookieOfTheUpgrade(t *testing.T) {
	g := newGate(t, users{"good": {User: "joe", Profiles: []string{access.Default}}})
	s := &kuzzle.Session{Protocol: kuzzle.ProtocolWebSocket, Header: http.Header{"Cookie": {"authToken=good"}}}
	reply, _ := g.api.Message(g.context(), s, []byte(`{"controller":"auth","action":"getCurrentUser"}`))
	require.Equal(t, "joe", decode(t, reply)["result"].(map[string]any)["_id"])
	reply, _ = g.api.Message(g.context(), s, []byte(`{"controller":"auth","action":"getCurrentUser","jwt":"good"}`))
	require.Equal(t, "security.token.verification_error", told(decode(t, reply)))
}

// barrier is a store that other nodes share: its Wait blocks until they are let go.
type barrier struct {
	*storetest.Memory
	open    chan struct{} // closed: they have applied everything
	waiting chan struct{} // gets one for each Wait that has begun
}

func newBarrier() *barrier {
	return &barrier{storetest.NewMemory(), make(chan struct{}), make(chan struct{}, 16)}
}

func (b *barrier) Applied(store.Head) {}

func (b *barrier) Lease() time.Time { return time.Now().Add(time.Hour) }

func (b *barrier) Wait(ctx context.Context, _ store.Head) error {
	b.waiting <- struct{}{}
	select {
	case <-b.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestMessageWaitsAfterItsWriteStands(t *testing.T) {
	b := newBarrier()
	g := newGateOn(t, b, nil)
	create := `{"controller":"security","action":"createProfile","_id":"p","body":` + defaultPolicy + `,"requestId":"r"}`
	reply, later := g.api.Message(g.context(), webSocket(), []byte(create))
	require.Nil(t, reply)
	require.NotNil(t, later, "an absent refresh waits")
	got := g.message(kuzzle.ProtocolWebSocket, `{"controller":"security","action":"getProfile","_id":"p"}`)
	require.Nil(t, told(got), "the write stands before the answer leaves")
	close(b.open)
	require.Nil(t, told(decode(t, later(g.context()))))

	quick := `{"controller":"security","action":"createProfile","_id":"q","refresh":false,"body":` + defaultPolicy + `}`
	reply, later = g.api.Message(g.context(), webSocket(), []byte(quick))
	require.Nil(t, later)
	require.Nil(t, told(decode(t, reply)))
}

// TestUnconfirmedWriteIsASuccess lets the client's patience end before the other nodes confirm.
func TestUnconfirmedWriteIsASuccess(t *testing.T) {
	g := newGateOn(t, newBarrier(), nil)
	create := `{"controller":"security","action":"createProfile","_id":"p","body":` + defaultPolicy + `}`
	_, later := g.api.Message(g.context(), webSocket(), []byte(create))
	ended, end := context.WithCancel(g.context())
	end()
	require.Nil(t, told(decode(t, later(ended))))
}

func TestUnconfirmedWriteIsToldInAHeader(t *testing.T) {
	b := newBarrier()
	g := newGateOn(t, b, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-b.waiting
		cancel()
	}()
	got := g.doWith(ctx, http.MethodPost, "/profiles/q/_create", defaultPolicy)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, "true", got.header.Get("X-Profilegate-Unconfirmed"))
	require.NotEmpty(t, got.header.Get("X-Profilegate-Revision"))
	require.Equal(t, http.StatusOK, g.do(http.MethodGet, "/profiles/q", "").status)
}

func TestOneOfManyCreatorsSucceeds(t *testing.T) {
	g := newGate(t, nil)
	var wg sync.WaitGroup
	outcomes := make(chan any, 100)
	for i := range cap(outcomes) {
		wg.Go(func() {
			if i%2 == 0 {
				outcomes <- errorID(g.do(http.MethodPost, "/profiles/p/_create", defaultPolicy).json)
				return
			}
			outcomes <- told(g.message(kuzzle.ProtocolMQTT, `{"controller":"security","action":"createProfile","_id":"p","body":`+defaultPolicy+`}`))
		})
	}
	wg.Wait()
	close(outcomes)
	counts := make(map[any]int)
	for id := range outcomes {
		counts[id]++
	}
	require.Equal(t, map[any]int{nil: 1, "services.storage.document_already_exists": 99}, counts)
}

// told is the id of the error of an answer, else its message; nil where there is none.
func told(answer map[string]any) any {
	e, ok := answer["error"].(map[string]any)
	switch {
	case !ok:
		return nil
	case e["id"] == nil:
		return e["message"]
	default:
		return e["id"]
	}
}

func deep() string {
	b := make([]byte, 0, 2000)
	for range 1000 {
		b = append(b, `{"a":`...)
	}
	return string(b)
}

package kuzzle_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// TestStatistics turns the clock by hand: a frame is ten seconds of the tenant's clock.
func TestStatistics(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tenant, err := core.Open(t.Context(), "test", storetest.NewMemory(), &core.Options{
		Policies: true, Actions: kuzzle.Actions(), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	g := &gate{t: t, api: kuzzle.New(kuzzle.Options{Authenticator: users{}}), tenant: tenant}
	start := now.UnixMilli()
	frame := func(at int64, completed, connections, failed, ongoing string) string {
		return fmt.Sprintf(`{"timestamp":%d,"completedRequests":%s,"connections":%s,"failedRequests":%s,"ongoingRequests":%s}`,
			at, completed, connections, failed, ongoing)
	}
	hits := func(frames string, total int) string { return fmt.Sprintf(`{"hits":[%s],"total":%d}`, frames, total) }

	g.play(t, []step{
		{do: "GET /_now", status: 200},
		{do: "GET /profiles/gone", status: 404, fault: "security.profile.not_found"},
		{do: "GET /_getAllStats", status: 200, result: hits(frame(start, `{"http":1}`, `{}`, `{"http":1}`, `{"http":1}`), 1)},
		{do: fmt.Sprintf("GET /_getStats?startTime=%d", start), status: 200, result: hits("", 0)},
		{do: fmt.Sprintf("GET /_getStats?stopTime=%d", start-1), status: 200, result: hits("", 0)},
		{do: "GET /_getStats?startTime=soon", status: 400, fault: "api.assert.invalid_argument"},
	})
	s := webSocket()
	g.say(s, `{"controller":"server","action":"now"}`)
	g.play(t, []step{{
		do: "GET /_metrics", status: 200,
		result: `{"api":{"concurrentRequests":1,"pendingRequests":0},"network":{"connections":{"websocket":1}},"realtime":{"rooms":0,"subscriptions":0}}`,
	}})
	s.Close()
	s.Close()

	now = now.Add(11 * time.Second)
	past := frame(start+10_000, `{"http":5,"websocket":1}`, `{}`, `{"http":2}`, `{}`)
	g.play(t, []step{
		{do: "GET /_getLastStats", status: 200, result: past},
		{do: "server:getStats", body: fmt.Sprintf(`{"startTime":%d,"stopTime":"2026-11-21T12:00:10Z"}`, start), status: 200, result: hits(past, 1)},
		{do: "GET /_getStats?startTime=2026-11-21T12:00:10.001Z", status: 200, result: hits("", 0)},
	})
	now = now.Add(time.Hour)
	for range 400 {
		g.do("GET", "/_now", "")
		now = now.Add(10 * time.Second)
	}
	total, err := g.do("GET", "/_getAllStats", "").json["result"].(map[string]any)["total"].(json.Number).Int64()
	require.NoError(t, err)
	require.Equal(t, int64(360), total, "an hour of them is kept")
}

func TestLoadMappings(t *testing.T) {
	g := newGate(t, nil)
	mappings := `{"nyc":{"yellow":{"properties":{"age":{"type":"integer"}}},"green":{}},"empty":{}}`
	g.play(t, []step{
		{do: "POST /admin/_loadMappings", body: mappings, status: 200, result: `{"acknowledge":true}`},
		{do: "GET /_list?countCollection", status: 200, result: `{"indexes":["nyc"],"collections":{"nyc":2}}`},
		{do: "GET /nyc/yellow/_mapping", status: 200, result: `{"dynamic":"false","properties":{"age":{"type":"integer"}}}`},
		{do: "GET /nyc/yellow/_settings", status: 200, result: `{"number_of_replicas":"1","number_of_shards":"1"}`},
		{do: "GET /nyc/blue/_settings", status: 412, fault: "services.storage.unknown_collection"},
		{do: "admin:loadMappings", body: `{"body":{"nyc":{"yellow":{"properties":{"name":{"type":"keyword"}}}}}}`, status: 200},
		{do: "GET /nyc/yellow/_mapping", status: 200, result: `{"dynamic":"false","properties":{"age":{"type":"integer"},"name":{"type":"keyword"}}}`},
		{do: "POST /admin/_loadMappings", status: 400, fault: "api.assert.body_required"},
		{do: "POST /admin/_loadMappings", body: `{"other":7}`, status: 400, fault: "api.assert.invalid_argument"},
		{do: "POST /admin/_loadMappings", body: `{"other":{"a":{},"b":7}}`, status: 400, fault: "api.assert.invalid_argument"},
		{do: "POST /admin/_loadMappings", body: `{"other":{"a":{},"_kuzzle_keep":{}}}`, status: 400, fault: "services.storage.collection_reserved"},
		{do: "POST /admin/_loadMappings", body: `{"other":{"a":{},"B":{}}}`, status: 400, fault: "services.storage.invalid_collection_name"},
		{do: "POST /admin/_loadMappings", body: `{"other":{"a":{"dynamik":true}}}`, status: 400, fault: "services.storage.invalid_mapping"},
		{do: "GET /_list", status: 200, result: `{"indexes":["nyc"]}`},
	})
}

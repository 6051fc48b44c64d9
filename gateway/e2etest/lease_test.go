package e2etest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestALostStoreIsNotVouchedFor freezes Redis below a gateway. What the gateway has it answers for the length of its lease at most; then searches, lists and
// rights are refused, and readiness says why; with Redis it comes back by itself.
func TestALostStoreIsNotVouchedFor(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	n := start(t, s, "one", "PROFILEGATE_WAIT_LEASE=1s")
	all := revisers(t, n)
	all["kuzzle"].create(t, "p")
	require.NoError(t, s.redis.Freeze())
	t.Cleanup(func() { require.NoError(t, s.redis.Thaw()) }) // before the gateway stops, whatever happens
	refusals := map[string]string{
		"senlin": "503", "kuzzle": "503", "websocket": "profilegate.store.lease_lost", "mqtt": "profilegate.store.lease_lost", "grpc": "cannot vouch",
	}
	for protocol, want := range refusals {
		eventually(t, func() bool {
			_, refusal := all[protocol].list(t, "")
			return strings.Contains(refusal, want)
		}, patience, "%s refuses what nobody vouches for", protocol)
	}
	for protocol, want := range refusals { // and does not start again by itself
		_, refusal := all[protocol].list(t, "")
		require.Contains(t, refusal, want, protocol)
	}
	eventually(t, func() bool {
		status, report := n.readiness(t)
		return status == http.StatusServiceUnavailable && strings.Contains(report, "tenant one: unavailable: This node's lease from the tenant's store ended")
	}, patience, "readiness says why")

	require.NoError(t, s.redis.Thaw())
	n.awaitReady(t)
	for protocol := range refusals {
		eventually(t, func() bool {
			_, refusal := all[protocol].list(t, "1")
			return strings.Contains(refusal, "-")
		}, patience, "%s answers again", protocol)
	}
}

package e2etest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// killRounds is how often each process is killed.
const killRounds = 5

// someCreates is how far a stream gets before the next kill: another number each time, so that the kill meets other moments.
func someCreates() int { return 40 + rand.IntN(40) }

// TestKilledGatewayLosesNothing kills a gateway again and again in the middle of a stream of creates over every protocol. What was
// acknowledged is there afterwards, whole and over every protocol; what was not is there whole or not at all.
func TestKilledGatewayLosesNothing(t *testing.T) {
	t.Parallel()
	for name, storage := range storages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, l := storage(t), newLedger()
			n := start(t, s, "one")
			for round := range killRounds {
				stop := l.stream(t, n, fmt.Sprintf("r%d-", round))
				l.awaitMore(t, someCreates())
				n.kill(t)
				stop()
				n = start(t, s, "one")
				l.audit(t, n)
			}
		})
	}
}

// TestKilledRedisLosesNothing kills the Redis below a gateway that lives on, and starts it again on its data. Creates go on by themselves.
func TestKilledRedisLosesNothing(t *testing.T) {
	t.Parallel()
	s, l := onRedis(t), newLedger()
	n := start(t, s, "one")
	stop := l.stream(t, n, "")
	for range killRounds {
		l.awaitMore(t, someCreates())
		require.NoError(t, s.redis.Kill())
		redistest.Restart(t, s.redis)
	}
	l.awaitMore(t, someCreates())
	stop()
	n.awaitReady(t)
	l.audit(t, n)
	l.audit(t, start(t, s, "one")) // what a node has in memory it has from the store
}

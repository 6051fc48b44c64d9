package e2etest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
)

// TestOneOfAHundredCreatorsWins has a hundred clients of all protocols, on two processes over one Redis, create one id at the same time.
func TestOneOfAHundredCreatorsWins(t *testing.T) {
	t.Parallel()
	const creators, rounds = 100, 5
	s := onRedis(t)
	nodes := []*node{start(t, s, "one"), start(t, s, "one")}
	clients := make([]policyClient, creators)
	for i := range clients {
		n := nodes[i%len(nodes)]
		if way := i / len(nodes) % (len(kuzzleTransports) + 1); way < len(kuzzleTransports) {
			clients[i] = dialKuzzle(t, kuzzleTransports[way], n.Target)
		} else {
			clients[i] = dialGRPC(t, n.GRPC)
		}
	}
	for round := range rounds {
		id := fmt.Sprintf("contended-%d", round)
		answers := raceFor(t, clients, id)
		winner := slices.IndexFunc(answers, func(o outcome) bool { return o.ok })
		require.GreaterOrEqual(t, winner, 0, "nobody won: %v", answers)
		for i, o := range answers {
			if i != winner {
				require.False(t, o.ok, "two won: %d and %d", winner, i)
				require.Equal(t, fault.AlreadyExists, o.kind, "%d: %s", i, o)
			}
		}
		for i := range 2 * (len(kuzzleTransports) + 1) { // every way to both nodes
			got, err := clients[i].getProfile(soon(t), id)
			require.NoError(t, err)
			requireProfile(t, policyDraft{id: id, roles: []string{"default"}, rate: int64(winner)}, got)
		}
	}
}

// raceFor has all clients create the id at once. Each asks for a rate limit of its own, so that it can be told whose profile is stored.
func raceFor(t *testing.T, clients []policyClient, id string) []outcome {
	t.Helper()
	answers, errs := make([]outcome, len(clients)), make([]error, len(clients))
	begin := make(chan struct{})
	ctx := soon(t)
	var racers sync.WaitGroup
	for i, c := range clients {
		racers.Go(func() {
			<-begin
			answers[i], errs[i] = c.createProfile(ctx, policyDraft{id: id, roles: []string{"default"}, rate: int64(i)})
		})
	}
	close(begin)
	racers.Wait()
	for i, err := range errs {
		require.NoError(t, err, "%d", i)
	}
	return answers
}

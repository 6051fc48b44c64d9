package redisstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

func profileKey(id string) store.Key { return store.Key{Kind: "profile", ID: id} }

// create makes a commit that creates one profile.
func create(id string) store.Commit {
	return store.Commit{
		ID:         uuid.New(),
		Conditions: []store.Condition{{Key: profileKey(id), Require: store.Absent}},
		Changes:    []store.Change{{Key: profileKey(id), Data: []byte("data of " + id), Refs: []store.Key{{Kind: "role", ID: "default"}}}},
	}
}

func TestOneOfAHundredCreatorsWins(t *testing.T) {
	server := redistest.Start(t)
	nodes := []node{openNode(t, redisstore.Options{URL: server.URL()}), openNode(t, redisstore.Options{URL: server.URL()})}
	for round := range 5 {
		var won, lost atomic.Int32
		var wg sync.WaitGroup
		ctx := bounded(t)
		for i := range 100 {
			wg.Go(func() {
				_, err := nodes[i%2].Commit(ctx, create(fmt.Sprint("p", round)))
				switch {
				case err == nil:
					won.Add(1)
				case fault.HasCode(err, fault.CodeRecordExists):
					lost.Add(1)
				}
			})
		}
		wg.Wait()
		require.Equal(t, int32(1), won.Load())
		require.Equal(t, int32(99), lost.Load())
	}
}

// TestKilledServerLosesNothing kills a durable server in the middle of a stream of creates, again and again.
func TestKilledServerLosesNothing(t *testing.T) {
	server := redistest.Start(t, redistest.Durable()...)
	n := openNode(t, redisstore.Options{URL: server.URL(), RetryFor: 20 * time.Second})
	ctx, stop := context.WithCancel(bounded(t))
	const writers = 8
	acknowledged := make([][]string, writers)
	var count atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("w%d-%d", w, i)
				if _, err := n.Commit(ctx, create(id)); err == nil {
					acknowledged[w] = append(acknowledged[w], id)
					count.Add(1)
				} else if ctx.Err() == nil {
					t.Errorf("create %s: %v", id, err)
					return
				}
			}
		})
	}
	for range 4 {
		enough := count.Load() + 100
		require.Eventually(t, func() bool { return count.Load() >= enough }, 20*time.Second, time.Millisecond)
		require.NoError(t, server.Kill())
		redistest.Restart(t, server)
	}
	stop()
	wg.Wait()

	there := records(t, n)
	for _, ids := range acknowledged {
		for _, id := range ids {
			require.Contains(t, there, profileKey(id))
		}
	}
	h, err := n.Head(bounded(t))
	require.NoError(t, err)
	require.Len(t, there, int(h.Revision), "each create stands once")
}

func records(t *testing.T, s store.Store) map[store.Key]store.Record {
	t.Helper()
	_, seq := s.Snapshot(bounded(t))
	all := map[store.Key]store.Record{}
	for r, err := range seq {
		require.NoError(t, err)
		all[r.Key] = r
	}
	return all
}

// proxied makes a node that reaches the server through a proxy.
func proxied(t *testing.T, server *redistest.Server, retry time.Duration) (*redistest.Proxy, node) {
	t.Helper()
	p := redistest.NewProxy(t, server.Addr())
	return p, openNode(t, redisstore.Options{Addrs: []string{p.Addr()}, RetryFor: retry, CallTimeout: time.Second})
}

func TestLostAnswers(t *testing.T) {
	server := redistest.Start(t)
	p, n := proxied(t, server, 5*time.Second)
	for i := range 5 {
		before := p.Losses()
		p.LoseAnswers(n.client.CommitSHA(), i)
		c := create(fmt.Sprint("p", i))
		e, err := n.Commit(bounded(t), c)
		require.NoError(t, err, "after %d lost answers", i)
		require.Equal(t, store.Head{Revision: uint64(i + 1), CommitID: c.ID}, e.Head)
		require.Equal(t, c.Changes[0].Data, e.Puts[0].Data)
		require.Equal(t, before+i, p.Losses())
	}
	_, err := n.Commit(bounded(t), create("p0"))
	require.True(t, fault.HasCode(err, fault.CodeRecordExists))
}

func TestLostAnswerOfRefusal(t *testing.T) {
	server := redistest.Start(t)
	p, n := proxied(t, server, 5*time.Second)
	_, err := n.Commit(bounded(t), create("p"))
	require.NoError(t, err)
	p.LoseAnswers(n.client.CommitSHA(), 2)
	_, err = n.Commit(bounded(t), create("p"))
	require.True(t, fault.HasCode(err, fault.CodeRecordExists), "%v", err)
}

// TestLateAttemptIsVoid has an attempt arrive after its successor was refused, and after the reason for that is gone.
func TestLateAttemptIsVoid(t *testing.T) {
	server := redistest.Start(t)
	p, n := proxied(t, server, 5*time.Second)
	other := openNode(t, redisstore.Options{URL: server.URL()})
	_, err := other.Commit(bounded(t), create("p"))
	require.NoError(t, err)

	release := p.Hold(n.client.CommitSHA())
	_, err = n.Commit(bounded(t), create("p"))
	require.True(t, fault.HasCode(err, fault.CodeRecordExists), "%v", err)
	_, err = other.Commit(bounded(t), store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: profileKey("p"), Delete: true}}})
	require.NoError(t, err)
	require.Contains(t, release(t), "void 1")
	require.Empty(t, records(t, n))
}

// TestUncertain loses answers for longer than there is patience, and finds by the commit's id what became of it.
func TestUncertain(t *testing.T) {
	server := redistest.Start(t)
	p, n := proxied(t, server, 300*time.Millisecond)
	p.LoseAnswers(n.client.CommitSHA(), 1000)
	c := create("p")
	_, err := n.Commit(bounded(t), c)
	require.Equal(t, fault.Uncertain, fault.KindOf(err), "%v", err)

	p.LoseAnswers("", 0)
	e, err := n.Commit(bounded(t), c)
	require.NoError(t, err)
	require.Equal(t, store.Head{Revision: 1, CommitID: c.ID}, e.Head)
}

func TestUnavailable(t *testing.T) {
	server := redistest.Start(t)
	n := openNode(t, redisstore.Options{URL: server.URL(), RetryFor: 200 * time.Millisecond})
	_, err := n.Commit(bounded(t), create("p"))
	require.NoError(t, err)
	require.NoError(t, server.Kill())

	// The first call may meet a connection that looks alive; by then it cannot be known any more.
	_, _ = n.Head(bounded(t))
	_, err = n.Commit(bounded(t), create("q"))
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	_, err = n.Head(bounded(t))
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	require.Equal(t, fault.Unavailable, fault.KindOf(n.client.Ping(bounded(t))))
}

func TestFrozenServer(t *testing.T) {
	server := redistest.Start(t)
	n := openNode(t, redisstore.Options{URL: server.URL(), CallTimeout: 200 * time.Millisecond, RetryFor: 20 * time.Second})
	require.NoError(t, server.Freeze())
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	c := create("p")
	_, err := n.Commit(ctx, c)
	require.Equal(t, fault.Uncertain, fault.KindOf(err), "it may lie in the socket: %v", err)

	answers := make(chan error, 1)
	go func() {
		_, err := n.Commit(bounded(t), create("q"))
		answers <- err
	}()
	require.NoError(t, server.Thaw())
	require.NoError(t, <-answers)
	_, err = n.Commit(bounded(t), c)
	require.NoError(t, err)
	require.Len(t, records(t, n), 2)
}

// TestLargeRevisions goes past where a plain number of Lua would be printed as 1e+14.
func TestLargeRevisions(t *testing.T) {
	server := redistest.Start(t)
	rdb := server.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	const big = 123_456_789_012_345
	last := uuid.New()
	require.NoError(t, rdb.Set(t.Context(), "pg:{acme}:head", fmt.Sprintf("%d:%s", big, last), 0).Err())

	n := openNode(t, redisstore.Options{URL: server.URL()})
	e, err := n.Commit(bounded(t), create("p"))
	require.NoError(t, err)
	require.Equal(t, uint64(big+1), e.Revision)
	require.Equal(t, last, e.Previous)
	next, err := n.Commit(bounded(t), create("q"))
	require.NoError(t, err)
	again := openNode(t, redisstore.Options{URL: server.URL()})
	events, err := again.Events(bounded(t), e.Head, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Event{next}, events)
	got, err := again.Commit(bounded(t), store.Commit{ID: next.CommitID, Since: big, Changes: []store.Change{{Key: profileKey("x")}}})
	require.NoError(t, err)
	require.Equal(t, next, got)
}

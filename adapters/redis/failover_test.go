package redisstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// replicated is a group of servers in which a replica takes over.
type replicated struct {
	options  redisstore.Options
	master   *redistest.Server // of the tenant acme, at the beginning
	replicas []*redistest.Server
	replaced func(t *testing.T) // waits until another server is the master
}

const acmeKey = "{acme}"

// failovers runs a test on the shared Sentinel and on the shared Cluster, with their own failover.
func failovers(t *testing.T, test func(t *testing.T, g replicated)) {
	t.Helper()
	t.Run("sentinel", func(t *testing.T) {
		s := sentinel(t)
		master, err := s.Master(t.Context())
		require.NoError(t, err)
		g := replicated{options: sentinelOptions(t), master: master}
		g.options.AllowLoneMaster = true // the tests let it be one
		for _, server := range s.Servers() {
			if server != master {
				g.replicas = append(g.replicas, server)
			}
		}
		g.replaced = func(t *testing.T) {
			t.Helper()
			require.NoError(t, s.AwaitMaster(t.Context(), func(now *redistest.Server) bool { return now != master }))
		}
		test(t, g)
	})
	t.Run("cluster", func(t *testing.T) {
		c := cluster(t)
		master, err := c.Owner(t.Context(), acmeKey)
		require.NoError(t, err)
		replica, err := c.ReplicaOf(t.Context(), master)
		require.NoError(t, err)
		test(t, replicated{clusterOptions(t), master, []*redistest.Server{replica}, func(t *testing.T) {
			t.Helper()
			require.NoError(t, c.AwaitOwner(t.Context(), acmeKey, func(now *redistest.Server) bool { return now != master }))
		}})
	})
}

// eventually repeats a write until it is carried out: how long a failover takes is up to the servers.
func eventually(t *testing.T, n node, c store.Commit) store.Event {
	t.Helper()
	var e store.Event
	require.Eventually(t, func() bool {
		var err error
		e, err = n.Commit(bounded(t), c)
		return err == nil
	}, 60*time.Second, 50*time.Millisecond)
	return e
}

// TestDeposedMasterAfterFailover pauses the master until another was elected and wrote, and wakes it: whoever still asks it is not told
// the old value. Behind sentinels the reader looks for no other master, as one that cannot reach them would not.
func TestDeposedMasterAfterFailover(t *testing.T) {
	failovers(t, func(t *testing.T, g replicated) {
		fenced := g.options
		fenced.Fence, fenced.Replicas = redisstore.FenceReplicas, 1
		writer := openNode(t, fenced)
		before := write(t, writer)
		stuck := fenced
		if g.options.Mode == redisstore.Sentinel {
			stuck.Mode, stuck.MasterName, stuck.Addrs = redisstore.Standalone, "", []string{g.master.Addr()}
		}
		stuck.RetryFor, stuck.CallTimeout = time.Second, 400*time.Millisecond
		reader := openNode(t, stuck)
		head, err := reader.Head(bounded(t))
		require.NoError(t, err)
		require.Equal(t, before.Head, head)

		require.NoError(t, g.master.Freeze())
		g.replaced(t)
		if g.options.Mode == redisstore.Cluster {
			// The only replica rules now: nobody is left who could confirm a write of the new master.
			_, err = openPlain(t, g.options).Commit(bounded(t), create("after"))
			require.NoError(t, err)
		} else {
			eventually(t, writer, create("after"))
		}
		answers := make(chan error, 1)
		go func() {
			head, err := reader.Head(bounded(t))
			if err == nil && head == before.Head {
				err = errors.New("the old head was told")
			} else if fault.KindOf(err) == fault.Unavailable {
				err = nil
			}
			answers <- err
		}()
		require.NoError(t, g.master.Thaw())
		require.NoError(t, <-answers)
	})
}

// openPlain makes a node without the fence that takes its time.
func openPlain(t *testing.T, opt redisstore.Options) node {
	t.Helper()
	opt.Fence, opt.RetryFor = redisstore.FenceNone, 30*time.Second
	return openNode(t, opt)
}

// TestAcknowledgedWriteSurvivesFailover kills the master right after a write was acknowledged that all replicas have confirmed.
func TestAcknowledgedWriteSurvivesFailover(t *testing.T) {
	failovers(t, func(t *testing.T, g replicated) {
		fenced := g.options
		fenced.Fence, fenced.Replicas = redisstore.FenceReplicas, 1
		if g.options.Mode == redisstore.Sentinel {
			fenced.Replicas = 2
		}
		n := openNode(t, fenced)
		var last store.Event
		for range 20 {
			last = write(t, n)
		}
		require.NoError(t, g.master.Kill())
		g.replaced(t)
		var head store.Head
		plain := openPlain(t, g.options)
		require.Eventually(t, func() bool {
			var err error
			head, err = plain.Head(bounded(t))
			return err == nil
		}, 30*time.Second, 50*time.Millisecond)
		require.Equal(t, last.Head, head)
	})
}

// cutOff has the replicas of the master know nothing of what it is told from now on, until thawed.
func cutOff(t *testing.T, g replicated) (thaw func()) {
	t.Helper()
	for _, r := range g.replicas {
		require.NoError(t, r.Freeze())
	}
	set(t, g.master, "min-replicas-to-write", "0")
	// What is sent to a frozen process waits for it, unless there is no connection.
	rdb := g.master.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	require.NoError(t, rdb.Do(t.Context(), "CLIENT", "KILL", "TYPE", "replica").Err())
	return func() {
		for _, r := range g.replicas {
			require.NoError(t, r.Thaw())
		}
	}
}

func set(t *testing.T, s *redistest.Server, name, value string) {
	t.Helper()
	rdb := s.Client()
	require.NoError(t, rdb.ConfigSet(t.Context(), name, value).Err())
	require.NoError(t, rdb.Close())
}

// TestLostWritesAreUnlearned has a failover lose writes that views have applied, without any node's lease ending meanwhile: the views notice by
// themselves, also when the new history has overtaken the old one.
func TestLostWritesAreUnlearned(t *testing.T) {
	failovers(t, func(t *testing.T, g replicated) {
		opt := g.options
		opt.LeaseLife, opt.LeaseRenew, opt.RetryFor = 20*time.Second, 250*time.Millisecond, time.Second
		a, b := openView(t, opt, nil), openView(t, opt, nil)
		require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
		common := settled(t, g, a.head())

		thaw := cutOff(t, g)
		for range 3 {
			require.NoError(t, a.Wait(bounded(t), write(t, b.node).Head))
		}
		require.NoError(t, g.master.Kill())
		thaw()
		g.replaced(t)
		late := openPlain(t, g.options)
		head, err := late.Head(bounded(t))
		require.NoError(t, err)
		require.Equal(t, common, head, "the writes are lost")
		for range 5 {
			head = eventually(t, late, create(uuid.NewString())).Head
		}
		atHead(t, a, head)
		atHead(t, b, head)
	})
}

// settled waits until the replicas have all that there is, and returns the head.
func settled(t *testing.T, g replicated, head store.Head) store.Head {
	t.Helper()
	awaitFollowers(t, g.master, len(g.replicas))
	return head
}

// TestForgottenNode has a failover lose the registration of a node that is cut off from the new master but vouches for its reads until its lease
// ends: no barrier ends before that.
func TestForgottenNode(t *testing.T) {
	failovers(t, func(t *testing.T, g replicated) {
		opt := g.options
		opt.LeaseLife, opt.LeaseRenew, opt.RetryFor = 8*time.Second, 300*time.Millisecond, time.Second
		opt.AllowLoneMaster = true // which is what this is about
		a := openView(t, opt, nil)
		require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
		settled(t, g, a.head())
		thaw := cutOff(t, g)
		forgotten := openView(t, opt, nil)
		require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
		vouches := forgotten.Lease()
		require.True(t, time.Now().Before(vouches))
		forgotten.end()
		require.NoError(t, forgotten.client.Abandon())
		require.NoError(t, g.master.Kill())
		thaw()
		g.replaced(t)
		e := eventually(t, a.node, create(uuid.NewString()))
		require.NoError(t, a.Wait(bounded(t), e.Head))
		require.False(t, time.Now().Before(vouches), "the barrier ended while a node it did not wait for vouched")
	})
}

// TestResentToAnotherMaster loses the answer to a commit and has a replica take over before it is sent again: one that has the commit finds it,
// one that has not carries it out.
func TestResentToAnotherMaster(t *testing.T) {
	for _, has := range []bool{true, false} {
		master, replicas := startReplicated(t, 1)
		p := redistest.NewProxy(t, master.Addr())
		n := openNode(t, redisstore.Options{Addrs: []string{p.Addr()}, RetryFor: 20 * time.Second, CallTimeout: time.Second})
		before := write(t, n)
		awaitFollowers(t, master, 1)
		thaw := func() {}
		if !has {
			thaw = cutOff(t, replicated{master: master, replicas: replicas})
		}
		p.LoseAnswers(n.client.CommitSHA(), 1000)
		c := create("p")
		done := make(chan store.Event, 1)
		go func() {
			e, err := n.Commit(bounded(t), c)
			if err != nil {
				t.Errorf("the commit: %v", err)
			}
			done <- e
		}()
		require.Eventually(t, func() bool { return p.Losses() > 0 }, 10*time.Second, time.Millisecond)
		if has {
			awaitFollowers(t, master, 1)
		}
		require.NoError(t, master.Kill())
		thaw()
		follows(t, replicas[0], nil)
		p.LoseAnswers("", 0)
		p.Retarget(replicas[0].Addr())
		e := <-done
		require.Equal(t, store.Head{Revision: before.Revision + 1, CommitID: c.ID}, e.Head)
		require.Len(t, records(t, n), 2)
	}
}

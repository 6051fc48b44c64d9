package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// startReplicated starts a master and its replicas; all replicas follow it when this returns.
func startReplicated(t testing.TB, replicas int) (master *redistest.Server, following []*redistest.Server) {
	t.Helper()
	master = redistest.Start(t, "repl-diskless-sync-delay 0")
	for range replicas {
		following = append(following, redistest.Start(t, "repl-diskless-sync-delay 0", "replicaof "+hostAndPort(master)))
	}
	awaitFollowers(t, master, replicas)
	return master, following
}

func hostAndPort(s *redistest.Server) string { return strings.Replace(s.Addr(), ":", " ", 1) }

// awaitFollowers waits until so many replicas have all that a server has.
func awaitFollowers(t testing.TB, s *redistest.Server, replicas int) {
	t.Helper()
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	require.Eventually(t, func() bool {
		conn := rdb.Conn()
		defer func() { _ = conn.Close() }()
		return conn.Set(t.Context(), "x", "x", 0).Err() == nil && conn.Wait(t.Context(), replicas, 100*time.Millisecond).Val() == int64(replicas)
	}, 20*time.Second, 10*time.Millisecond)
}

// follows makes a server the replica of another, or of none.
func follows(t testing.TB, s, master *redistest.Server) {
	t.Helper()
	host, port := "NO", "ONE"
	if master != nil {
		host, port, _ = strings.Cut(master.Addr(), ":")
	}
	rdb := s.Client()
	require.NoError(t, rdb.Do(t.Context(), "REPLICAOF", host, port).Err())
	require.NoError(t, rdb.Close())
}

func fenceOn(server *redistest.Server, replicas int) redisstore.Options {
	return redisstore.Options{
		URL: server.URL(), Fence: redisstore.FenceReplicas, Replicas: replicas, CallTimeout: 400 * time.Millisecond, RetryFor: 600 * time.Millisecond,
	}
}

func TestWriteThatNoReplicaHasIsUncertain(t *testing.T) {
	master, replicas := startReplicated(t, 1)
	opt := fenceOn(master, 1)
	opt.RetryFor = 5 * time.Second
	n := openNode(t, opt)
	_, err := n.Commit(bounded(t), create("a"))
	require.NoError(t, err)

	impatient := openNode(t, fenceOn(master, 1))
	require.NoError(t, replicas[0].Freeze())
	c := create("b")
	_, err = impatient.Commit(bounded(t), c)
	require.Equal(t, fault.Uncertain, fault.KindOf(err), "%v", err)
	_, err = impatient.Commit(bounded(t), create("a"))
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "a refusal rests on the replicas too: %v", err)
	_, err = impatient.Commit(bounded(t), store.Commit{})
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	_, err = impatient.Head(bounded(t))
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	_, err = impatient.Events(bounded(t), store.Head{}, 10)
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)

	require.NoError(t, replicas[0].Thaw())
	e, err := n.Commit(bounded(t), c)
	require.NoError(t, err)
	require.Equal(t, store.Head{Revision: 2, CommitID: c.ID}, e.Head, "it stood, and is confirmed now")
	head, err := n.Head(bounded(t))
	require.NoError(t, err)
	require.Equal(t, e.Head, head)
}

// TestResentWriteIsConfirmedAnew has a write find itself in the log on a connection that wrote nothing yet, while the replica lacks it.
func TestResentWriteIsConfirmedAnew(t *testing.T) {
	master, replicas := startReplicated(t, 1)
	require.NoError(t, replicas[0].Freeze())
	c := create("a")
	plain := openNode(t, redisstore.Options{URL: master.URL()})
	_, err := plain.Commit(bounded(t), c)
	require.NoError(t, err)
	require.NoError(t, replicas[0].Thaw())
	n := openNode(t, fenceOn(master, 1))
	require.NoError(t, replicas[0].Freeze())
	_, err = plain.Commit(bounded(t), create("b"))
	require.NoError(t, err)
	_, err = n.Commit(bounded(t), c)
	require.Equal(t, fault.Uncertain, fault.KindOf(err), "%v", err)
	require.NoError(t, replicas[0].Thaw())
}

// TestDeposedMasterVouchesForNothing pauses a master, has a replica take its place and a write acknowledged there, and wakes the old master,
// which knows of nothing: believed, it tells the old value.
func TestDeposedMasterVouchesForNothing(t *testing.T) {
	old, replicas := startReplicated(t, 2)
	fenced, believing := openNode(t, fenceOn(old, 1)), openNode(t, redisstore.Options{URL: old.URL()})
	before, err := fenced.Commit(bounded(t), create("a"))
	require.NoError(t, err)
	head, err := fenced.Head(bounded(t))
	require.NoError(t, err)
	require.Equal(t, before.Head, head)

	require.NoError(t, old.Freeze())
	follows(t, replicas[0], nil)
	follows(t, replicas[1], replicas[0])
	awaitFollowers(t, replicas[0], 1)
	_, err = openNode(t, fenceOn(replicas[0], 1)).Commit(bounded(t), create("b"))
	require.NoError(t, err)
	require.NoError(t, old.Thaw())

	head, err = believing.Head(bounded(t))
	require.NoError(t, err)
	require.Equal(t, before.Head, head, "without the fence the old value is told")
	_, err = fenced.Head(bounded(t))
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	_, err = fenced.Commit(bounded(t), create("c"))
	require.Equal(t, fault.Uncertain, fault.KindOf(err), "%v", err)
}

// TestContractWithFence runs the whole contract on a master with a replica that confirms all.
func TestContractWithFence(t *testing.T) {
	master, _ := startReplicated(t, 1)
	runContract(t, func(prefix string) redisstore.Options {
		return redisstore.Options{URL: master.URL(), Prefix: prefix, Fence: redisstore.FenceReplicas}
	})
}

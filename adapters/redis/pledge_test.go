package redisstore_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/store"
)

// TestSnapshotOfTwoHistories reads the records of a snapshot from a master that goes on without its replica, and the log from that replica when it has
// taken over: the log never leads to the records, whether it is shorter by then or longer.
func TestSnapshotOfTwoHistories(t *testing.T) {
	for _, longer := range []bool{false, true} {
		master, replicas := startReplicated(t, 1)
		p := redistest.NewProxy(t, master.Addr())
		n := openNode(t, redisstore.Options{Addrs: []string{p.Addr()}, RetryFor: 20 * time.Second})
		for range 3 {
			write(t, n)
		}
		awaitFollowers(t, master, 1)
		follows(t, replicas[0], nil)
		old, late := openNode(t, redisstore.Options{URL: master.URL()}), openNode(t, redisstore.Options{URL: replicas[0].URL()})

		head, records := n.Snapshot(bounded(t))
		for range 3 {
			write(t, old)
		}
		count := 0
		for _, err := range records {
			require.NoError(t, err)
			count++
		}
		require.Equal(t, 6, count)
		_, err := late.Commit(bounded(t), create(uuid.NewString()))
		require.NoError(t, err)
		for range 4 {
			if longer {
				write(t, late)
			}
		}
		p.Retarget(replicas[0].Addr())
		if !longer {
			_, err = n.Head(bounded(t))
			require.ErrorIs(t, err, store.ErrHistory)
		}
		_, err = n.Events(bounded(t), head, 100)
		if !longer && err == nil { // what there is follows the first head; its end shows that it does not reach
			_, err = n.Events(bounded(t), store.Head{Revision: 4, CommitID: lastOf(t, late)}, 100)
		}
		require.ErrorIs(t, err, store.ErrHistory)

		// From the beginning all is of one history.
		head, records = n.Snapshot(bounded(t))
		for _, err := range records {
			require.NoError(t, err)
		}
		now, err := n.Head(bounded(t))
		require.NoError(t, err)
		require.Equal(t, now, head)
	}
}

func lastOf(t *testing.T, n node) uuid.UUID {
	t.Helper()
	h, err := n.Head(bounded(t))
	require.NoError(t, err)
	return h.CommitID
}

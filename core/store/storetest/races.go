package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var raceTests = []test{
	{"OneCreatorWins", testOneCreatorWins},
	{"NoLostUpdates", testNoLostUpdates},
	{"NoDanglingReference", testNoDanglingReference},
	{"EveryoneSeesOneLog", testOneLog},
}

func testOneCreatorWins(t *testing.T, h Harness) {
	ns := nodes(t, h, "acme", 2)
	ctx := bounded(t)
	k := key("profile", "wanted")
	errs := make([]error, 100)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			_, errs[i] = ns[i%len(ns)].Commit(ctx, provided(changes(put(k, fmt.Sprint(i))), require1(store.Absent, k)))
		})
	}
	close(start)
	wg.Wait()
	winner := -1
	for i, err := range errs {
		if err == nil {
			require.Equal(t, -1, winner, "two creators of one id")
			winner = i
			continue
		}
		requireFault(t, err, exists(k))
	}
	require.NotEqual(t, -1, winner, "no creator at all")
	require.Equal(t, uint64(1), mustHead(t, ns[0]).Revision)
	require.Equal(t, fmt.Sprint(winner), string(mustRead(t, ns[0])[k].Data))
}

func testNoLostUpdates(t *testing.T, h Harness) {
	const workers, each = 8, 12
	ns := nodes(t, h, "acme", 2)
	ctx := bounded(t)
	k := key("counter", "c")
	mustCommit(t, ns[0], changes(put(k, "0")))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				if err := increment(ctx, ns[w%len(ns)], k); err != nil {
					t.Errorf("increment: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	got := mustRead(t, ns[0])[k]
	require.Equal(t, strconv.Itoa(workers*each), string(got.Data))
	require.Equal(t, uint64(1+workers*each), got.Version)
	require.Equal(t, uint64(1+workers*each), mustHead(t, ns[0]).Revision)
}

// increment reads and writes until nobody came in between.
func increment(ctx context.Context, s store.Store, k store.Key) error {
	for {
		_, st, err := snapshot(ctx, s)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(st[k].Data))
		if err != nil {
			return err
		}
		_, err = s.Commit(ctx, provided(changes(put(k, strconv.Itoa(n+1))), atVersion(k, st[k].Version)))
		if !fault.HasCode(err, fault.CodeVersionMismatch) {
			return err
		}
	}
}

// testNoDanglingReference has some create and delete roles that are not in use while others refer to roles that are there.
func testNoDanglingReference(t *testing.T, h Harness) {
	ns := nodes(t, h, "acme", 2)
	ctx := bounded(t)
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 2)) //nolint:gosec // not a secret
			for range 40 {
				role, user := key("role", fmt.Sprint(r.IntN(3))), key("profile", fmt.Sprint(r.IntN(3)))
				var c store.Commit
				switch r.IntN(4) {
				case 0:
					c = changes(put(role, ""))
				case 1:
					c = provided(changes(del(role)), require1(store.Unreferenced, role))
				case 2:
					c = provided(changes(put(user, role.ID, role)), require1(store.Exists, role))
				case 3:
					c = changes(del(user))
				}
				_, err := ns[w%len(ns)].Commit(ctx, c)
				if err != nil && !fault.HasCode(err, fault.CodeRecordInUse) && !fault.HasCode(err, fault.CodeRecordMissing) {
					t.Errorf("commit: %v", err)
				}
			}
		})
	}
	wg.Wait()
	st := mustRead(t, ns[0])
	for k, r := range st {
		if k.Kind == "profile" {
			require.Contains(t, st, key("role", string(r.Data)), "the role of %v", k)
		}
	}
	for k := range st {
		if k.Kind == "profile" {
			mustCommit(t, ns[0], changes(del(k)))
		}
	}
	free(t, ns[0], key("role", "0"), key("role", "1"), key("role", "2"))
}

// testOneLog has followers gather the log while writers write; all of them, and the writers' answers, tell the same.
func testOneLog(t *testing.T, h Harness) {
	const writers, each = 8, 25
	ns := nodes(t, h, "acme", 3)
	ctx := bounded(t)
	var mu sync.Mutex
	told := map[uint64]store.Event{}
	logs := make([][]store.Event, 4)
	var wg sync.WaitGroup
	for i := range logs {
		wg.Go(func() {
			var err error
			if logs[i], err = follow(ctx, ns[i%len(ns)], store.Head{}, writers*each, 1+i*5); err != nil {
				t.Errorf("follow: %v", err)
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			n := ns[w%len(ns)]
			for i := range each {
				e, err := n.Commit(ctx, changes(put(key("profile", fmt.Sprint(w)), fmt.Sprint(i)), put(key("profile", "all"), fmt.Sprint(w, i))))
				if err != nil {
					t.Errorf("commit: %v", err)
					return
				}
				if head, err := n.Head(ctx); err != nil || head.Revision < e.Revision {
					t.Errorf("head %v after revision %d: %v", head, e.Revision, err)
				}
				mu.Lock()
				told[e.Revision] = e
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, told, writers*each, "each commit has a revision of its own")
	for _, log := range logs {
		require.Len(t, log, writers*each)
		requireChain(t, store.Head{}, log)
		for _, e := range log {
			requireSame(t, told[e.Revision], e)
		}
	}
}

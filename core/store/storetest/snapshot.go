package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var snapshotTests = []test{
	{"All", on(testSnapshotAll)},
	{"ReplayWhileWriting", testSnapshotReplay},
	{"StopEarly", on(testSnapshotStopEarly)},
	{"WriteWithin", on(testSnapshotWriteWithin)},
	{"ContextEnds", on(testSnapshotContextEnds)},
}

// fill writes n records of some size, more than an adapter reads in one go.
func fill(t *testing.T, s store.Store, n, size int) state {
	t.Helper()
	want := state{}
	for at := 0; at < n; at += 500 {
		var cs []store.Change
		for i := at; i < min(at+500, n); i++ {
			cs = append(cs, put(key([]string{"profile", "role", "x"}[i%3], fmt.Sprint(i)), strings.Repeat(fmt.Sprint(i, ","), size)))
		}
		for _, r := range mustCommit(t, s, changes(cs...)).Puts {
			want[r.Key] = r
		}
	}
	return want
}

func testSnapshotAll(t *testing.T, s store.Store) {
	want := fill(t, s, 2500, 100)
	for range 2 {
		h, got := mustSnapshot(t, s)
		require.Equal(t, mustHead(t, s), h)
		requireSame(t, want, got)
	}
	// The records may be gone through again, and by several at once.
	_, records := s.Snapshot(bounded(t))
	var wg sync.WaitGroup
	counts := make([]int, 3)
	for i := range counts {
		wg.Go(func() {
			for _, err := range records {
				if err == nil {
					counts[i]++
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, []int{2500, 2500, 2500}, counts)
}

// testSnapshotReplay loads a snapshot while writers go on. Each commit writes a pair of records alike or deletes both, so a
// state in which a pair differs is none that the tenant was ever in.
func testSnapshotReplay(t *testing.T, h Harness) {
	ns := nodes(t, h, "acme", 2)
	fill(t, ns[0], 300, 50)
	ctx := bounded(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1)) //nolint:gosec // not a secret
			for i := range 500 {
				select {
				case <-stop:
					return
				default:
				}
				a, b := key("left", fmt.Sprint(r.IntN(40))), key("right", "")
				b.ID = a.ID
				c := changes(put(a, fmt.Sprint(w, i)), put(b, fmt.Sprint(w, i)))
				if r.IntN(3) == 0 {
					c = changes(del(b), del(a))
				}
				if _, err := ns[w%len(ns)].Commit(ctx, c); err != nil {
					t.Errorf("commit: %v", err)
					return
				}
			}
		})
	}
	for i := range 8 {
		s := ns[i%len(ns)]
		head, st := mustSnapshot(t, s)
		target := mustHead(t, s)
		es, err := follow(ctx, s, head, target.Revision, 64)
		require.NoError(t, err)
		requireChain(t, head, es)
		for _, e := range es {
			st.apply(e)
		}
		requirePairs(t, st)
	}
	close(stop)
	wg.Wait()

	head, st := mustSnapshot(t, ns[0])
	all, err := follow(ctx, ns[len(ns)-1], store.Head{}, head.Revision, 500)
	require.NoError(t, err)
	requireChain(t, store.Head{}, all)
	replayed := state{}
	for _, e := range all {
		replayed.apply(e)
	}
	requireSame(t, replayed, st)
}

func requirePairs(t *testing.T, st state) {
	t.Helper()
	for k, r := range st {
		switch k.Kind {
		case "left":
			require.Equal(t, string(r.Data), string(st[key("right", k.ID)].Data))
		case "right":
			require.Equal(t, string(r.Data), string(st[key("left", k.ID)].Data))
		}
	}
}

func testSnapshotStopEarly(t *testing.T, s store.Store) {
	fill(t, s, 600, 10)
	for range 50 { // stopping early holds nothing
		_, records := s.Snapshot(bounded(t))
		for _, err := range records {
			require.NoError(t, err)
			break
		}
	}
	mustCommit(t, s, changes(put(key("profile", "after"), "")))
}

// testSnapshotWriteWithin commits between two records: a slow reader must not keep writers out.
func testSnapshotWriteWithin(t *testing.T, s store.Store) {
	want := fill(t, s, 600, 200)
	head, records := s.Snapshot(bounded(t))
	n := 0
	got := state{}
	for r, err := range records {
		require.NoError(t, err)
		got[r.Key] = r
		if n++; n%100 == 0 {
			e := mustCommit(t, s, changes(put(key("profile", "within"), fmt.Sprint(n)), put(r.Key, "changed under way")))
			want.apply(e)
		}
	}
	es, err := follow(bounded(t), s, head, mustHead(t, s).Revision, 3)
	require.NoError(t, err)
	for _, e := range es {
		got.apply(e)
	}
	requireSame(t, want, got)
}

func testSnapshotContextEnds(t *testing.T, s store.Store) {
	fill(t, s, 2500, 300)
	ctx, cancel := context.WithCancel(t.Context())
	_, records := s.Snapshot(ctx)
	var failed error
	n := 0
	for _, err := range records {
		if err != nil {
			require.NoError(t, failed, "an error ends the records")
			failed = err
			continue
		}
		require.NoError(t, failed, "an error ends the records")
		n++
		cancel()
	}
	cancel()
	requireFault(t, failed, &fault.Error{Kind: fault.Canceled})
	require.Less(t, n, 2500)
}

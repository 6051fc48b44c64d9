package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var lifecycleTests = []test{
	{"TenantsAreApart", testTenantsAreApart},
	{"CommitContextEnded", on(testCommitContextEnded)},
	{"CloseEndsCalls", testCloseEndsCalls},
	{"ClosedStore", testClosedStore},
	{"Reopen", testReopen},
}

func testTenantsAreApart(t *testing.T, h Harness) {
	names := []string{"acme", "acme2", "ACME", "a", "a:b", "a/b", "{a}", "ünï"}
	k, role := key("profile", "p"), key("role", "r")
	stores := make([]store.Store, len(names))
	heads := make([]store.Head, len(names))
	for i, name := range names {
		stores[i] = open(t, h, name)
		require.Equal(t, store.Head{}, mustHead(t, stores[i]), "tenant %q", name)
	}
	for i, s := range stores {
		for range i + 1 {
			heads[i] = mustCommit(t, s, changes(put(k, names[i], role))).Head
		}
	}
	for i, s := range stores {
		require.Equal(t, heads[i], mustHead(t, s))
		require.Equal(t, names[i], string(mustRead(t, s)[k].Data))
		require.Len(t, mustRead(t, s), 1)
	}
	mustCommit(t, stores[0], changes(del(k)))
	free(t, stores[0], role)
	used(t, stores[1], role)
}

func testCommitContextEnded(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := key("profile", "p")
	_, err := s.Commit(ctx, changes(put(k, "")))
	requireFault(t, err, &fault.Error{Kind: fault.Canceled})
	mustCommit(t, s, provided(changes(put(k, "")), require1(store.Absent, k)))
	require.Equal(t, uint64(1), mustHead(t, s).Revision)
}

func testCloseEndsCalls(t *testing.T, h Harness) {
	s := h.Open(t, "acme")
	ctx := bounded(t)
	head := mustCommit(t, s, changes(put(key("profile", "p"), ""))).Head
	failed := make(chan error, 5)
	for range cap(failed) {
		go func() {
			_, err := s.Events(ctx, head, 1)
			failed <- err
		}()
	}
	var other store.Store
	if h.Shared {
		other = open(t, h, "acme")
	}
	require.NoError(t, s.Close())
	for range cap(failed) {
		requireFault(t, <-failed, &fault.Error{Kind: fault.Unavailable})
	}
	if other != nil { // which is none of the other node's business
		mustCommit(t, other, changes(put(key("profile", "p"), "")))
		es, err := other.Events(bounded(t), head, 1)
		require.NoError(t, err)
		require.Len(t, es, 1)
	}
}

func testClosedStore(t *testing.T, h Harness) {
	s := h.Open(t, "acme")
	mustCommit(t, s, changes(put(key("profile", "p"), "")))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "closing again")

	want := &fault.Error{Kind: fault.Unavailable}
	_, err := s.Commit(bounded(t), changes(put(key("profile", "q"), "")))
	requireFault(t, err, want)
	_, err = s.Head(bounded(t))
	requireFault(t, err, want)
	_, err = s.Events(bounded(t), store.Head{}, 1)
	requireFault(t, err, want)
	_, _, err = snapshot(bounded(t), s)
	requireFault(t, err, want)
}

func testReopen(t *testing.T, h Harness) {
	tenants := []string{"acme", "other"}
	role, user := key("role", "r"), key("profile", "u")
	heads, want := map[string]store.Head{}, map[string]state{}
	for _, name := range tenants {
		want[name] = state{}
	}
	for round := range 3 {
		stores := map[string]store.Store{}
		for _, name := range tenants {
			s := h.Open(t, name)
			stores[name] = s
			require.Equal(t, heads[name], mustHead(t, s))
			requireSame(t, want[name], mustRead(t, s))
			if round > 0 {
				used(t, s, role)
			}
			heads[name], want[name] = goOn(t, s, heads[name], want[name], round)
			e := mustCommit(t, s, changes(put(user, fmt.Sprint(name, round), role)))
			heads[name] = e.Head
			want[name].apply(e)
		}
		for _, s := range stores {
			require.NoError(t, s.Close())
		}
		if h.Restart != nil {
			h.Restart(t)
		}
	}
}

// goOn writes to a store that was just opened and follows from where it stood before.
func goOn(t *testing.T, s store.Store, head store.Head, st state, round int) (store.Head, state) {
	t.Helper()
	var want []store.Event
	for i := range 5 {
		want = append(want, mustCommit(t, s, changes(put(key("profile", fmt.Sprint(i+1+10*round)), ""), del(key("profile", fmt.Sprint(i+10*round))))))
	}
	got, err := follow(bounded(t), s, head, head.Revision+5, 10)
	require.NoError(t, err)
	requireSame(t, want, got)
	requireChain(t, head, got)
	for _, e := range got {
		st.apply(e)
	}
	return want[4].Head, st
}

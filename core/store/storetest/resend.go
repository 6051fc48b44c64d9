package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/store"
)

var resendTests = []test{
	{"SameEvent", on(testResendSameEvent)},
	{"AfterOthers", testResendAfterOthers},
	{"OtherContents", on(testResendOtherContents)},
	{"RefusedIsJudgedAnew", on(testResendRefused)},
	{"AtOnce", testResendAtOnce},
}

func testResendSameEvent(t *testing.T, s store.Store) {
	a, b := key("profile", "a"), key("role", "b")
	mustCommit(t, s, changes(put(b, "b")))
	since := mustHead(t, s).Revision
	c := provided(changes(put(a, "a", b), del(b)), require1(store.Absent, a), require1(store.Exists, b))
	c.Since = since
	first := mustCommit(t, s, c)
	for range 3 { // its conditions do not hold any more; it stands all the same
		requireSame(t, first, mustCommit(t, s, c))
		require.Equal(t, first.Head, mustHead(t, s))
	}
	requireSame(t, state{a: first.Puts[0]}, mustRead(t, s))
	used(t, s, b) // counted once, and released once:
	mustCommit(t, s, changes(del(a)))
	free(t, s, b)
}

func testResendAfterOthers(t *testing.T, h Harness) {
	ns := nodes(t, h, "acme", 2)
	s, other := ns[0], ns[len(ns)-1]
	a := key("profile", "a")
	c := changes(put(a, "mine"))
	first := mustCommit(t, s, c)
	var last store.Event
	for i := range 30 {
		last = mustCommit(t, other, changes(put(a, fmt.Sprint(i)), put(key("profile", fmt.Sprint(i)), "")))
	}
	requireSame(t, first, mustCommit(t, other, c))
	requireSame(t, first, mustCommit(t, s, c))
	require.Equal(t, last.Head, mustHead(t, s))
	require.Equal(t, "29", string(mustRead(t, s)[a].Data))

	// Gone by now, and still what the commit did.
	mustCommit(t, other, changes(del(a)))
	requireSame(t, first, mustCommit(t, s, c))
	require.NotContains(t, mustRead(t, s), a)
}

func testResendOtherContents(t *testing.T, s store.Store) {
	a, b := key("profile", "a"), key("profile", "b")
	c := changes(put(a, "a"))
	first := mustCommit(t, s, c)
	c.Changes = []store.Change{put(b, "b")}
	requireSame(t, first, mustCommit(t, s, c))
	require.NotContains(t, mustRead(t, s), b)
}

func testResendRefused(t *testing.T, s store.Store) {
	a, role := key("profile", "a"), key("role", "r")
	c := provided(changes(put(a, "a", role)), require1(store.Exists, role))
	mustRefuse(t, s, c, missing(role))
	mustCommit(t, s, changes(put(role, "r")))
	e := mustCommit(t, s, c)
	require.Equal(t, uint64(2), e.Revision)
	require.Equal(t, c.ID, e.CommitID)
	mustCommit(t, s, changes(del(role)))
	requireSame(t, e, mustCommit(t, s, c))
}

// testResendAtOnce sends one commit many times at once, as a caller does who lost patience with a node and asked another.
func testResendAtOnce(t *testing.T, h Harness) {
	ns := nodes(t, h, "acme", 3)
	a := key("profile", "a")
	c := provided(changes(put(a, "a")), require1(store.Absent, a))
	got := make([]store.Event, 24)
	errs := make([]error, len(got))
	ctx := bounded(t)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i], errs[i] = ns[i%len(ns)].Commit(ctx, c) })
	}
	wg.Wait()
	for i := range got {
		require.NoError(t, errs[i])
		requireSame(t, got[0], got[i])
	}
	require.Equal(t, store.Head{Revision: 1, CommitID: c.ID}, mustHead(t, ns[0]))
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var eventTests = []test{
	{"OrderAndLimit", on(testEventsOrderAndLimit)},
	{"Wake", testEventsWake},
	{"ContextEnds", on(testEventsContextEnds)},
	{"OtherHistory", on(testEventsOtherHistory)},
	{"Trimmed", testEventsTrimmed},
	{"Past", on(testPast)},
}

func testEventsOrderAndLimit(t *testing.T, s store.Store) {
	want := make([]store.Event, 40)
	for i := range want {
		want[i] = mustCommit(t, s, changes(put(key("profile", fmt.Sprint(i%7)), fmt.Sprint(i)), del(key("profile", fmt.Sprint((i+3)%7)))))
	}
	requireChain(t, store.Head{}, want)
	for _, limit := range []int{1, 2, 7, 39, 40, 41, store.MaxChangesPerFetch} {
		got, err := follow(bounded(t), s, store.Head{}, uint64(len(want)), limit)
		require.NoError(t, err)
		requireSame(t, want, got)
		some, err := s.Events(bounded(t), want[9].Head, limit)
		require.NoError(t, err)
		require.NotEmpty(t, some)
		require.LessOrEqual(t, len(some), limit)
		requireSame(t, want[10:10+len(some)], some)
	}
}

// testEventsWake has followers on every node wait for a commit of another.
func testEventsWake(t *testing.T, h Harness) {
	ns := nodes(t, h, "acme", 2)
	type answer struct {
		events []store.Event
		err    error
	}
	ctx := bounded(t)
	after := store.Head{}
	for i := range 10 {
		answers := make(chan answer, 2*len(ns))
		for _, n := range append(ns, ns...) {
			go func() {
				es, err := n.Events(ctx, after, 10)
				answers <- answer{es, err}
			}()
		}
		e := mustCommit(t, ns[i%len(ns)], changes(put(key("profile", "p"), fmt.Sprint(i))))
		for range cap(answers) {
			got := <-answers
			require.NoError(t, got.err)
			requireSame(t, []store.Event{e}, got.events)
		}
		after = e.Head
	}
}

func testEventsContextEnds(t *testing.T, s store.Store) {
	for _, at := range []string{"the empty history", "the head"} {
		head := mustHead(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		es, err := s.Events(ctx, head, 1)
		cancel()
		require.Empty(t, es, at)
		requireFault(t, err, &fault.Error{Kind: fault.DeadlineExceeded})

		ctx, cancel = context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := s.Events(ctx, head, 1)
			failed <- err
		}()
		cancel()
		requireFault(t, <-failed, &fault.Error{Kind: fault.Canceled})
		mustCommit(t, s, changes(put(key("profile", "p"), "")))
	}
}

// testPast asks for the commits that made earlier revisions, where the store tells them.
func testPast(t *testing.T, s store.Store) {
	past, ok := s.(store.Past)
	if !ok {
		return
	}
	nowhere := func(revision uint64) {
		t.Helper()
		_, err := past.At(bounded(t), revision)
		require.ErrorIs(t, err, store.ErrHistory, "revision %d", revision)
	}
	nowhere(0)
	nowhere(1)
	for range 3 {
		h := mustCommit(t, s, changes(put(key("profile", "p"), ""))).Head
		for range 2 {
			got, err := past.At(bounded(t), h.Revision)
			require.NoError(t, err)
			require.Equal(t, h, got)
		}
		nowhere(h.Revision + 1)
	}
	nowhere(0)
	nowhere(1 << 60)
}

func testEventsOtherHistory(t *testing.T, s store.Store) {
	requireHistory := func(after store.Head) {
		t.Helper()
		es, err := s.Events(bounded(t), after, 1)
		require.ErrorIs(t, err, store.ErrHistory, "after %v", after)
		require.Empty(t, es)
	}
	requireHistory(store.Head{Revision: 1, CommitID: uuid.New()})
	var heads []store.Head
	for range 3 {
		heads = append(heads, mustCommit(t, s, changes(put(key("profile", "p"), ""))).Head)
	}
	for _, h := range heads {
		requireHistory(store.Head{Revision: h.Revision, CommitID: uuid.New()})
		requireHistory(store.Head{Revision: h.Revision})
	}
	requireHistory(store.Head{CommitID: heads[0].CommitID})
	requireHistory(store.Head{Revision: 2, CommitID: heads[0].CommitID})
	requireHistory(store.Head{Revision: 4, CommitID: heads[2].CommitID})
	requireHistory(store.Head{Revision: 4, CommitID: uuid.New()})
	requireHistory(store.Head{Revision: 1 << 60, CommitID: uuid.New()})
	es, err := s.Events(bounded(t), heads[0], 10)
	require.NoError(t, err)
	require.Len(t, es, 2)
}

func testEventsTrimmed(t *testing.T, h Harness) {
	if h.ShortLog == nil {
		return // the adapter never trims
	}
	s := h.ShortLog(t, "acme")
	t.Cleanup(func() { require.NoError(t, s.Close()) })

	first := mustCommit(t, s, changes(put(key("profile", "0"), "")))
	var last store.Event
	trimmed := false
	for i := 1; i < 3000 && !trimmed; i++ {
		last = mustCommit(t, s, changes(put(key("profile", fmt.Sprint(i%50)), fmt.Sprint(i))))
		_, err := s.Events(bounded(t), store.Head{}, 1)
		trimmed = errors.Is(err, store.ErrHistory)
		if !trimmed {
			require.NoError(t, err)
		}
	}
	require.True(t, trimmed, "a short log is trimmed")
	for range 100 {
		last = mustCommit(t, s, changes(put(key("profile", "0"), "last")))
	}
	_, err := s.Events(bounded(t), first.Head, 1)
	require.ErrorIs(t, err, store.ErrHistory, "also for a point that was once in it")

	// The way on is a snapshot, and from there the log.
	head, st := mustSnapshot(t, s)
	require.Equal(t, last.Head, head)
	next := mustCommit(t, s, changes(put(key("profile", "next"), "")))
	es, err := s.Events(bounded(t), head, 10)
	require.NoError(t, err)
	requireSame(t, []store.Event{next}, es)
	st.apply(next)
	requireSame(t, st, mustRead(t, s))
}

package core_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// deaf is a store that brings no events unless it is asked anew: nothing tells a view by itself that the history changed.
type deaf struct{ switched }

func (d *deaf) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	if h, err := d.inner.Load().Head(ctx); err != nil || h.Revision > after.Revision {
		return d.inner.Load().Events(ctx, after, limit)
	}
	<-ctx.Done()
	return nil, fault.As(ctx.Err())
}

// indexed makes a history with one commit for each index.
func indexed(t testing.TB, names ...string) *storetest.Memory {
	t.Helper()
	mem := storetest.NewMemory()
	for _, name := range names {
		commit(t, mem, store.Change{Key: record.IndexKey(name)})
	}
	return mem
}

// A history that went back is not read from, whatever its numbers say: shorter, as long, or longer than what the view has.
func TestReadsDoNotAnswerFromAHistoryThatIsNoMore(t *testing.T) {
	for _, after := range [][]string{nil, {"x"}, {"x", "y", "z"}, {"x", "y", "z", "w"}} {
		t.Run(fmt.Sprint(len(after)), func(t *testing.T) {
			var st deaf
			st.inner.Store(indexed(t, "a", "b", "c"))
			tenant := open(t, &st, &core.Options{Specs: true})
			c := member(t, tenant, "P")
			had, err := tenant.Head(t.Context())
			require.NoError(t, err)

			st.inner.Store(indexed(t, after...))
			var seen store.Head
			got, err := tenant.Indexes(t.Context(), c, core.Read{Seen: &seen})
			require.NoError(t, err)
			slices.Sort(after)
			require.ElementsMatch(t, after, got)
			require.Equal(t, uint64(len(after)), seen.Revision)

			_, err = tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(had)})
			requireFault(t, err, fault.Precondition, fault.CodeHistoryChanged)
			stats := tenant.Stats()
			require.Equal(t, []uint64{uint64(len(after)), 1}, []uint64{stats.Revision, stats.Reloads})
			require.False(t, stats.Loading)
		})
	}
}

// A token alone brings it out as well.
func TestATokenOfAHistoryThatIsNoMore(t *testing.T) {
	var st deaf
	st.inner.Store(indexed(t, "a", "b", "c"))
	tenant := open(t, &st, &core.Options{Specs: true})
	c := member(t, tenant, "P")
	other := indexed(t, "x", "y", "z", "w")
	theirs, err := other.Head(t.Context())
	require.NoError(t, err)
	st.inner.Store(other)
	got, err := tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(theirs)})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"x", "y", "z", "w"}, got)
	require.Equal(t, uint64(1), tenant.Stats().Reloads)
}

// Old tokens are checked as far back as the view or the log goes, and no further.
func TestTokensThatAreOld(t *testing.T) {
	mem := storetest.NewMemory()
	first := commit(t, mem, store.Change{Key: record.IndexKey("forum")})
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	for range 2100 { // more than a view remembers
		commit(t, mem, store.Change{Key: record.IndexKey("forum")})
	}
	last, err := tenant.Head(t.Context())
	require.NoError(t, err)
	_, err = tenant.Indexes(t.Context(), c, core.Read{})
	require.NoError(t, err)
	_, err = tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(last)})
	require.NoError(t, err)
	_, err = tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(first)})
	require.NoError(t, err, "the log has it")
	never := first
	never.CommitID[0] ^= 1
	_, err = tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(never)})
	requireFault(t, err, fault.Precondition, fault.CodeHistoryChanged)

	mem.KeepLog(10)
	_, err = tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(first)})
	requireFault(t, err, fault.Precondition, fault.CodeRevisionTooOld)
	_, err = tenant.Indexes(t.Context(), c, core.Read{AtLeast: number(t, 1)})
	require.NoError(t, err, "a number is only compared")
}

// Confirm tells of a write that the store acknowledged and has lost since, whatever stands in its place.
func TestConfirmAWriteThatWasLost(t *testing.T) {
	for _, after := range [][]string{nil, {"x", "y", "z", "w"}} {
		t.Run(fmt.Sprint(len(after)), func(t *testing.T) {
			var st deaf
			st.inner.Store(indexed(t, "a"))
			tenant := open(t, &st, &core.Options{Specs: true, WaitTimeout: 300 * time.Millisecond})
			h, err := tenant.CreateIndex(t.Context(), member(t, tenant, "P"), "mine")
			require.NoError(t, err)
			require.NoError(t, tenant.Confirm(t.Context(), h))
			st.inner.Store(indexed(t, after...))
			_, err = tenant.Indexes(t.Context(), member(t, tenant, "P"), core.Read{})
			require.NoError(t, err)
			requireFault(t, tenant.Confirm(t.Context(), h), fault.Uncertain, fault.CodeWriteLost)
		})
	}
}

// A write that goes to the new history while the view still has the old one is confirmed once the view has started over.
func TestConfirmAWriteOfTheNewHistory(t *testing.T) {
	var st deaf
	st.inner.Store(indexed(t, "a", "b", "c", "d", "e"))
	tenant := open(t, &st, &core.Options{Specs: true})
	st.inner.Store(indexed(t, "x"))
	h, err := tenant.CreateIndex(t.Context(), member(t, tenant, "P"), "mine")
	require.NoError(t, err)
	require.Equal(t, uint64(2), h.Revision)
	require.NoError(t, tenant.Confirm(t.Context(), h))
	got, err := tenant.Indexes(t.Context(), member(t, tenant, "P"), core.Read{Local: true})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"x", "mine"}, got)
}

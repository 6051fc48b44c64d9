package core_test

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func createPolicy(t testing.TB, tenant *core.Tenant, id string) core.CreatedProfile {
	t.Helper()
	p, err := tenant.CreateProfile(context.Background(), anonymous(t, tenant), &core.PolicyDraft{ID: id, Definition: plain})
	require.NoError(t, err)
	return p
}

func TestAWriteOnOneNodeAppearsOnTheOther(t *testing.T) {
	_, ts := nodes(t, 2)
	created := createPolicy(t, ts[0], "p")
	for name, r := range map[string]core.Read{"linearizable": {}, "by its revision": {AtLeast: core.RevisionOf(created.Head)}} {
		t.Run(name, func(t *testing.T) {
			got, err := ts[1].Profile(t.Context(), anonymous(t, ts[1]), profile.StylePolicies, "p", r)
			require.NoError(t, err)
			require.Equal(t, created.Head.Revision, got.Revision)
			require.Equal(t, created.Profile.Body, got.Body)
			require.True(t, created.Profile.CreatedAt.Equal(got.CreatedAt))
		})
	}
	_, err := ts[0].Profile(t.Context(), anonymous(t, ts[0]), profile.StylePolicies, "p", core.Read{Local: true})
	require.NoError(t, err, "the node that made it has it at once")
}

func TestFollowingThroughAnOutage(t *testing.T) {
	mem := storetest.NewMemory()
	st := storetest.NewFaulty(mem.Share())
	tenant := open(t, st, nil)
	st.SetDown(fault.Unavailablef(nil, "down"))
	require.Eventually(t, func() bool { return tenant.Ready() != nil }, soon, time.Millisecond)
	requireFault(t, tenant.Ready(), fault.Unavailable, fault.CodeStoreUnavailable)
	c := anonymous(t, tenant)
	_, err := tenant.Role(t.Context(), c, "admin", core.Read{})
	requireFault(t, err, fault.Unavailable, fault.CodeStoreUnavailable)

	h := commit(t, mem, store.Change{Key: record.IndexKey("forum")})
	st.SetDown(nil)
	require.Eventually(t, func() bool { return tenant.Ready() == nil && tenant.Revision() == h.Revision }, soon, time.Millisecond)
	exists, err := tenant.IndexExists(t.Context(), c, "forum", core.Read{Local: true})
	require.NoError(t, err)
	require.True(t, exists)
}

// Who waits for a commit to be ready again waits for ever where traffic goes only to what is ready.
func TestReadyAfterAnOutageWithoutAnyCommit(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	tenant := open(t, st, nil)
	for range 3 {
		st.SetDown(fault.Unavailablef(nil, "down"))
		require.Eventually(t, func() bool { return tenant.Ready() != nil }, soon, time.Millisecond)
		st.SetDown(nil)
		require.Eventually(t, func() bool { return tenant.Ready() == nil }, soon, time.Millisecond)
	}
}

// A node that fell behind a trimmed log starts over from a snapshot.
func TestFallingBehindATrimmedLog(t *testing.T) {
	mem := storetest.NewMemory()
	st := newLagging(mem.Share())
	tenant := open(t, st, nil)
	release := st.hold()
	defer release()
	commit(t, mem, store.Change{Key: record.IndexKey("gone")})
	commit(t, mem, store.Change{Key: record.IndexKey("gone"), Delete: true}, store.Change{Key: record.IndexKey("forum")})
	mem.KeepLog(0)
	c := anonymous(t, tenant)
	reading := call(func() ([]string, error) { return tenant.Indexes(context.Background(), c, core.Read{}) })
	release()
	got := await(t, reading)
	require.NoError(t, got.err)
	require.Equal(t, []string{"forum"}, got.value)

	// And follows from there.
	h := commit(t, mem, store.Change{Key: record.IndexKey("shop")})
	_, err := tenant.Indexes(t.Context(), c, core.Read{AtLeast: core.RevisionOf(h)})
	require.NoError(t, err)
}

// switched is a store behind which the history changes, as after a failover that lost writes.
type switched struct {
	inner atomic.Pointer[storetest.Memory]
}

func (s *switched) Commit(ctx context.Context, c store.Commit) (store.Event, error) {
	return s.inner.Load().Commit(ctx, c)
}
func (s *switched) Head(ctx context.Context) (store.Head, error) { return s.inner.Load().Head(ctx) }
func (s *switched) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	return s.inner.Load().Events(ctx, after, limit)
}

func (s *switched) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	return s.inner.Load().Snapshot(ctx)
}

func (s *switched) At(ctx context.Context, revision uint64) (store.Head, error) {
	return s.inner.Load().At(ctx, revision)
}
func (s *switched) Close() error { return s.inner.Load().Close() }

func TestAHistoryThatWentBackIsReloaded(t *testing.T) {
	before, after := storetest.NewMemory(), storetest.NewMemory()
	commit(t, after, store.Change{Key: record.IndexKey("other")})
	var st switched
	st.inner.Store(before)
	tenant := open(t, &st, &core.Options{Specs: true})
	for _, name := range []string{"a", "b", "c"} {
		commit(t, before, store.Change{Key: record.IndexKey(name)})
	}
	c := member(t, tenant, "P")
	got, err := tenant.Indexes(t.Context(), c, core.Read{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, got)

	st.inner.Store(after)
	require.NoError(t, before.Close())
	require.Eventually(t, func() bool {
		got, err := tenant.Indexes(t.Context(), c, core.Read{Local: true})
		return err == nil && len(got) == 1 && got[0] == "other"
	}, soon, time.Millisecond, "two histories are never mixed")
}

// trimming is a store whose log moves on while a snapshot of it is read.
type trimming struct {
	store.Store
	once  sync.Once
	moved func()
}

func (s *trimming) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	h, rs := s.Store.Snapshot(ctx)
	return h, func(yield func(store.Record, error) bool) {
		for r, err := range rs {
			if !yield(r, err) {
				return
			}
		}
		s.once.Do(s.moved)
	}
}

func TestLoadingStartsAgainWhenTheLogWasTrimmed(t *testing.T) {
	mem := storetest.NewMemory()
	commit(t, mem, store.Change{Key: record.IndexKey("a")})
	st := &trimming{Store: mem.Share(), moved: func() {
		commit(t, mem, store.Change{Key: record.IndexKey("b")})
		commit(t, mem, store.Change{Key: record.IndexKey("a"), Delete: true})
		mem.KeepLog(1)
	}}
	tenant := open(t, st, &core.Options{Specs: true})
	got, err := tenant.Indexes(t.Context(), member(t, tenant, "P"), core.Read{Local: true})
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, got)
}

func TestLoadingAppliesWhatCameMeanwhile(t *testing.T) {
	mem := storetest.NewMemory()
	commit(t, mem, store.Change{Key: record.IndexKey("a")})
	st := &trimming{Store: mem.Share(), moved: func() { commit(t, mem, store.Change{Key: record.IndexKey("b")}) }}
	tenant := open(t, st, &core.Options{Specs: true})
	require.Equal(t, uint64(2), tenant.Revision())
}

// An event that cannot be decoded stops the view where it is, which the tenant says; it goes on no further.
func TestAnEventThatCannotBeRead(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true, WaitTimeout: 20 * time.Millisecond})
	commit(t, mem, store.Change{Key: record.RoleKey("r"), Data: []byte{0xff}})
	require.Eventually(t, func() bool { return tenant.Ready() != nil }, soon, time.Millisecond)
	requireFault(t, tenant.Ready(), fault.Internal, fault.CodeInternal)
	_, err := tenant.Indexes(t.Context(), member(t, tenant, "P"), core.Read{})
	requireFault(t, err, fault.Unavailable, fault.CodeStale)
}

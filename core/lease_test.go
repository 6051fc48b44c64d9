package core_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// leased is a store that other nodes share, whose lease a test moves.
type leased struct {
	*storetest.Faulty
	until atomic.Pointer[time.Time]
	heads atomic.Int32
}

func newLeased(st store.Store) *leased {
	l := &leased{Faulty: storetest.NewFaulty(st)}
	l.lease(time.Hour)
	return l
}

// lease makes the lease end after d, or before now where d is negative.
func (l *leased) lease(d time.Duration) {
	until := time.Now().Add(d)
	l.until.Store(&until)
}

func (l *leased) Lease() time.Time                       { return *l.until.Load() }
func (l *leased) Applied(store.Head)                     {}
func (l *leased) Wait(context.Context, store.Head) error { return nil }
func (l *leased) Head(ctx context.Context) (store.Head, error) {
	l.heads.Add(1)
	return l.Faulty.Head(ctx)
}

// localReads are all that is answered of what a node has.
func localReads(t *testing.T, tenant *core.Tenant) map[string]func() error {
	t.Helper()
	member, err := tenant.Member(access.Actor{User: "u", Project: "P"})
	require.NoError(t, err)
	local := core.Read{Local: true}
	anybody := access.Actor{User: access.AnonymousUser}
	req := access.Request{Controller: "security", Action: "getProfile"}
	ctx := context.Background()
	return map[string]func() error{
		"indexes": func() error { _, err := tenant.Indexes(ctx, member, local); return err },
		"search": func() error {
			_, err := tenant.SearchPolicyProfiles(ctx, member, core.PolicySearch{Search: core.Search{Size: 1}}, local)
			return err
		},
		"list":    func() error { _, err := tenant.ListSpecProfiles(ctx, member, core.SpecList{}, local); return err },
		"rights":  func() error { _, err := tenant.Authorize(ctx, anybody, req); return err },
		"allowed": func() error { _, err := tenant.Allows(ctx, anybody, req); return err },
		"my rights": func() error {
			_, err := tenant.ActorRights(ctx, member, anybody, local)
			return err
		},
	}
}

func TestLocalReadsNeedALease(t *testing.T) {
	st := newLeased(storetest.NewMemory())
	tenant := open(t, st, nil)
	reads := localReads(t, tenant)
	asked := st.heads.Load()
	for name, read := range reads {
		require.NoError(t, read(), name)
	}
	require.Equal(t, asked, st.heads.Load(), "a node with a lease asks nobody")
	require.NoError(t, tenant.Ready())

	st.lease(-3 * time.Second)
	require.ErrorContains(t, tenant.Ready(), "lease from the tenant's store ended 3")
	for name, read := range reads {
		require.NoError(t, read(), "%s: the store vouches for it", name)
	}
	require.Greater(t, st.heads.Load(), asked)

	st.SetDown(fault.Unavailablef(nil, "down"))
	for name, read := range reads {
		requireFault(t, read(), fault.Unavailable, fault.CodeLeaseLost)
		require.Error(t, read(), name)
	}
	_, err := tenant.Inspect(t.Context(), "whatever")
	requireFault(t, err, fault.Unavailable, fault.CodeLeaseLost)
	require.Error(t, tenant.Ready())

	st.SetDown(nil)
	st.lease(time.Hour)
	for name, read := range reads {
		require.NoError(t, read(), name)
	}
	require.Eventually(t, func() bool { return tenant.Ready() == nil }, soon, time.Millisecond)
}

// What the lease does not vouch for is read as of the store's head, not as of what the node has.
func TestReadsWithoutALeaseAreTheNewest(t *testing.T) {
	mem := storetest.NewMemory()
	lag := newLagging(mem.Share())
	st := newLeased(lag)
	tenant := open(t, st, nil)
	release := lag.hold()
	defer release()
	commit(t, mem, store.Change{Key: record.IndexKey("forum")})
	c := member(t, tenant, "P")
	got, err := tenant.Indexes(t.Context(), c, core.Read{Local: true})
	require.NoError(t, err)
	require.Empty(t, got, "it was vouched for")

	st.lease(-time.Second)
	time.AfterFunc(10*time.Millisecond, release)
	require.Eventually(t, func() bool {
		got, err := tenant.Indexes(t.Context(), c, core.Read{Local: true})
		if err == nil {
			require.Equal(t, []string{"forum"}, got)
		}
		return err == nil
	}, soon, time.Millisecond)
}

// ending is a store whose lease ends between two looks at it.
type ending struct {
	*leased
	looks atomic.Int32
	last  int32 // the last look that finds a lease
}

func (e *ending) Lease() time.Time {
	if e.looks.Add(1) <= e.last {
		return time.Now().Add(time.Hour)
	}
	return time.Now().Add(-time.Second)
}

// A search during which the lease ends is made anew, with what the store vouches for.
func TestALeaseThatEndsDuringASearch(t *testing.T) {
	st := &ending{leased: newLeased(storetest.NewMemory()), last: 1}
	tenant := open(t, st, nil)
	c := member(t, tenant, "P")
	st.looks.Store(0)
	asked := st.heads.Load()
	_, err := tenant.SearchPolicyProfiles(t.Context(), c, core.PolicySearch{Search: core.Search{Size: 1}}, core.Read{Local: true})
	require.NoError(t, err)
	require.Equal(t, asked+1, st.heads.Load())
}

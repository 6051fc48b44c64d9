package core_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func requireSeeded(t *testing.T, tenant *core.Tenant) {
	t.Helper()
	c := anonymous(t, tenant)
	for _, id := range []string{"admin", "default", "anonymous"} {
		r, err := tenant.Role(t.Context(), c, id, core.Read{})
		require.NoError(t, err)
		require.Equal(t, uint64(1), r.Version)
		require.JSONEq(t, anyRole, string(r.Source))
		require.True(t, r.Rights.Allows("any", "thing"))

		p, err := tenant.Profile(t.Context(), c, profile.StylePolicies, id, core.Read{})
		require.NoError(t, err)
		require.Equal(t, uint64(1), p.Version)
		require.JSONEq(t, `{"policies":[{"roleId":"`+id+`"}],"rateLimit":0}`, string(p.Body.(*profile.Policies).Source))
	}
}

func TestOpenSeedsAnEmptyStore(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), nil)
	requireSeeded(t, tenant)
	require.Equal(t, uint64(1), tenant.Revision(), "all in one commit")
	require.NoError(t, tenant.Ready())

	again := open(t, mem.Share(), nil)
	requireSeeded(t, again)
	require.Equal(t, uint64(1), again.Revision(), "what exists is left as it is")
}

func TestOpenSeedsOnlyWhatIsMissing(t *testing.T) {
	mem := storetest.NewMemory()
	own := &access.Role{ID: "admin", Source: []byte(`{"controllers":{"auth":{"actions":{"login":true}}}}`)}
	commit(t, mem, store.Change{Key: record.RoleKey("admin"), Data: record.EncodeRole(own)})
	tenant := open(t, mem.Share(), nil)
	r, err := tenant.Role(t.Context(), anonymous(t, tenant), "admin", core.Read{})
	require.NoError(t, err)
	require.Equal(t, string(own.Source), string(r.Source))
	require.Len(t, records(t, mem), 7) // and the secret that signs tokens
}

func TestOpenWithoutPoliciesSeedsNothing(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	require.Zero(t, tenant.Revision())
	require.Empty(t, records(t, mem))
}

func TestSeveralNodesSeedAtOnce(t *testing.T) {
	mem := storetest.NewMemory()
	tenants := make([]*core.Tenant, 8)
	var all sync.WaitGroup
	for i := range tenants {
		all.Go(func() { tenants[i] = open(t, mem.Share(), nil) })
	}
	all.Wait()
	for _, tenant := range tenants {
		requireSeeded(t, tenant)
	}
	h, err := mem.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(1), h.Revision)
}

func TestOpenTellsWhatKeptItFromOpening(t *testing.T) {
	t.Run("the store is down", func(t *testing.T) {
		inner := storetest.NewMemory()
		st := storetest.NewFaulty(inner)
		st.SetDown(fault.Unavailablef(nil, "down"))
		_, err := core.Open(t.Context(), "t", st, nil)
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		_, err = inner.Head(t.Context())
		require.ErrorContains(t, err, "closed", "the tenant owned the store")
	})
	t.Run("the caller went away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := core.Open(ctx, "t", storetest.NewMemory(), nil)
		require.Equal(t, fault.Canceled, fault.KindOf(err))
	})
	t.Run("a record cannot be read", func(t *testing.T) {
		mem := storetest.NewMemory()
		commit(t, mem, store.Change{Key: record.RoleKey("r"), Data: []byte{0xff}})
		_, err := core.Open(t.Context(), "t", mem, nil)
		require.Equal(t, fault.Internal, fault.KindOf(err))
		require.ErrorContains(t, err, `role "r"`)
	})
	t.Run("the roles cannot be written", func(t *testing.T) {
		st := storetest.NewFaulty(storetest.NewMemory())
		st.FailCommit(fault.Unavailablef(nil, "read only"))
		_, err := core.Open(t.Context(), "t", st, both())
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
	})
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	mem := storetest.NewMemory()
	tenant, err := core.Open(t.Context(), "t", mem, both())
	require.NoError(t, err)
	c := anonymous(t, tenant)
	reading := call(func() (*access.Role, error) {
		return tenant.Role(context.Background(), c, "admin", core.Read{AtLeast: number(t, 1000)})
	})
	confirming := call(func() (struct{}, error) {
		return struct{}{}, tenant.Confirm(context.Background(), store.Head{Revision: 1000})
	})
	require.NoError(t, tenant.Close())
	requireFault(t, await(t, reading).err, fault.Unavailable, fault.CodeStoreUnavailable)
	requireFault(t, await(t, confirming).err, fault.Unavailable, fault.CodeStoreUnavailable)

	_, err = tenant.Role(t.Context(), c, "admin", core.Read{})
	requireFault(t, err, fault.Unavailable, fault.CodeStoreUnavailable)
	_, err = tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "p", Definition: plain})
	requireFault(t, err, fault.Unavailable, fault.CodeStoreUnavailable)
	_, err = tenant.Role(t.Context(), c, "admin", core.Read{Local: true})
	require.NoError(t, err, "what this node has can still be read")
	require.NoError(t, tenant.Close(), "closing twice is no error")
}

func TestWhatATenantSaysOfItself(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	tenant, err := core.Open(t.Context(), "acme", storetest.NewMemory(), &core.Options{Specs: true, Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { require.NoError(t, tenant.Close()) }()
	require.Equal(t, "acme", tenant.Name())
	require.True(t, tenant.HasSpecs())
	require.False(t, tenant.HasPolicies())
	require.Equal(t, now, tenant.Now())
	require.NotEmpty(t, tenant.Types().Types())

	got, err := core.TenantFrom(core.WithTenant(t.Context(), tenant))
	require.NoError(t, err)
	require.Same(t, tenant, got)
	_, err = core.TenantFrom(t.Context())
	requireFault(t, err, fault.Internal, fault.CodeInternal)
}

func TestCallers(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	_, err := tenant.Member(access.Actor{User: "u"})
	requireFault(t, err, fault.Unauthenticated, fault.CodeUnauthenticated)
	require.Equal(t, "P", member(t, tenant, "P").Actor().Project)

	req := access.Request{Controller: "security", Action: "getProfile"}
	_, err = tenant.Authorize(t.Context(), access.Actor{User: "u", Profiles: []string{"gone"}}, req)
	requireFault(t, err, fault.Forbidden, fault.CodeForbidden)
	c, err := tenant.Authorize(t.Context(), access.Actor{User: "u", Profiles: []string{"default"}}, req)
	require.NoError(t, err)
	require.Equal(t, "u", c.Actor().User)

	bare := open(t, storetest.NewMemory(), &core.Options{Specs: true})
	_, err = bare.Authorize(t.Context(), access.Actor{User: access.AnonymousUser}, req)
	requireFault(t, err, fault.Unauthenticated, fault.CodeUnauthenticated)
}

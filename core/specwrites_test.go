package core_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func createSpec(t testing.TB, tenant *core.Tenant, c core.Caller, name string) *profile.Profile {
	t.Helper()
	p, err := tenant.CreateProfile(context.Background(), c, &core.SpecDraft{Name: name, Spec: value(t, heat), Metadata: value(t, `{"k":1}`)})
	require.NoError(t, err)
	return p.Profile
}

func TestUpdateSpecProfile(t *testing.T) {
	var clock atomic.Int64
	clock.Store(1000)
	tenant := open(t, storetest.NewMemory(), &core.Options{Specs: true, Now: func() time.Time { return time.Unix(clock.Load(), 5) }})
	c, admin := member(t, tenant, "P"), member(t, tenant, "Q", "admin")
	old := createSpec(t, tenant, c, "web")
	clock.Store(2000)

	steps := []struct {
		name     string
		change   core.SpecChange
		c        core.Caller
		wantName string
		metadata string
	}{
		{"a name", core.SpecChange{Name: "web2"}, c, "web2", `{"k":1}`},
		{"metadata take the old ones' place", core.SpecChange{Metadata: value(t, `{"z":[1]}`)}, c, "web2", `{"z":[1]}`},
		{"null is kept", core.SpecChange{Metadata: jsonvalue.Null()}, c, "web2", `null`},
		{"empty metadata", core.SpecChange{Metadata: jsonvalue.Object()}, c, "web2", `{}`},
		{"both, one as it was", core.SpecChange{Name: "web2", Metadata: value(t, `{"a":1}`)}, c, "web2", `{"a":1}`},
		{"by an administrator", core.SpecChange{Name: "web3"}, admin, "web3", `{"a":1}`},
	}
	for i, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			got, err := tenant.UpdateSpecProfile(t.Context(), step.c, old.ID, step.change)
			require.NoError(t, err)
			p, b := got.Profile, *old.Body.(*profile.Spec)
			b.Name, b.Metadata = step.wantName, []byte(step.metadata)
			require.Equal(t, &b, p.Body, "user and project stay, and so does the spec")
			require.Equal(t, uint64(i+2), p.Version)
			require.Equal(t, got.Head.Revision, p.Revision)
			require.Equal(t, old.CreatedAt, p.CreatedAt)
			require.Equal(t, time.Unix(2000, 0).UTC(), p.UpdatedAt)
			seen, err := tenant.FindSpecProfile(t.Context(), c, old.ID, core.Read{})
			require.NoError(t, err)
			require.Equal(t, p.Body, seen.Body)
			require.Equal(t, p.Version, seen.Version)
		})
	}
	_, err := tenant.FindSpecProfile(t.Context(), c, "web", core.Read{})
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
}

func TestUpdatesThatAreRefused(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	p := createSpec(t, tenant, c, "web")
	createSpec(t, tenant, c, "twin")
	createSpec(t, tenant, c, "twin")
	before, err := mem.Head(t.Context())
	require.NoError(t, err)
	for name, test := range map[string]struct {
		identity string
		change   core.SpecChange
		c        core.Caller
		kind     fault.Kind
		code     fault.Code
	}{
		"nothing":                  {p.ID, core.SpecChange{}, c, fault.Invalid, fault.CodeNothingToUpdate},
		"the same name":            {p.ID, core.SpecChange{Name: "web"}, c, fault.Invalid, fault.CodeNothingToUpdate},
		"the same metadata":        {p.ID, core.SpecChange{Metadata: value(t, `{ "k" : 1 }`)}, c, fault.Invalid, fault.CodeNothingToUpdate},
		"a bad name":               {"nope", core.SpecChange{Name: "a b"}, c, fault.Invalid, fault.CodeInvalidArgument},
		"metadata that are a list": {"nope", core.SpecChange{Metadata: jsonvalue.Array()}, c, fault.Invalid, fault.CodeInvalidType},
		"none there":               {"nope", core.SpecChange{Name: "x"}, c, fault.NotFound, fault.CodeProfileNotFound},
		"of another project":       {p.ID, core.SpecChange{Name: "x"}, member(t, tenant, "Q"), fault.NotFound, fault.CodeProfileNotFound},
		"one of two":               {"twin", core.SpecChange{Name: "x"}, c, fault.Ambiguous, fault.CodeProfileAmbiguous},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tenant.UpdateSpecProfile(t.Context(), test.c, test.identity, test.change)
			requireFault(t, err, test.kind, test.code)
			h, err := mem.Head(t.Context())
			require.NoError(t, err)
			require.Equal(t, before, h, "nothing was written")
		})
	}
}

// Of concurrent updates none is lost: every acknowledged one made a version of its own.
func TestConcurrentUpdatesOnTwoNodes(t *testing.T) {
	_, ts := nodes(t, 2)
	p := createSpec(t, ts[0], member(t, ts[0], "P"), "web")
	var all sync.WaitGroup
	var mu sync.Mutex
	versions := map[uint64]int{}
	for w := range 4 {
		tenant, c := ts[w%2], member(t, ts[w%2], "P")
		all.Go(func() {
			for i := range 10 {
				change := core.SpecChange{Metadata: jsonvalue.Object(jsonvalue.Member{Name: fmt.Sprint(w), Value: jsonvalue.Int(int64(i))})}
				got, err := tenant.UpdateSpecProfile(context.Background(), c, p.ID, change)
				if err != nil {
					if !fault.HasCode(err, fault.CodeVersionMismatch) {
						t.Errorf("update %d of %d: %v", i, w, err)
					}
					continue
				}
				mu.Lock()
				versions[got.Profile.Version]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	seen, err := ts[1].FindSpecProfile(t.Context(), member(t, ts[1], "P"), p.ID, core.Read{})
	require.NoError(t, err)
	require.Equal(t, uint64(1+len(versions)), seen.Version)
	for version, n := range versions {
		require.Equal(t, 1, n, "version %d was told to more than one", version)
	}
}

func TestDeleteSpecProfile(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	p := createSpec(t, tenant, c, "web")
	_, err := tenant.DeleteSpecProfile(t.Context(), member(t, tenant, "Q"), p.ID)
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	gone, err := tenant.DeleteSpecProfile(t.Context(), c, "web")
	require.NoError(t, err)
	require.Equal(t, p.ID, gone.Profile.ID)
	require.Empty(t, records(t, mem))
	_, err = tenant.DeleteSpecProfile(t.Context(), c, p.ID)
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)

	// What was changed between look-up and commit is looked up again.
	st := storetest.NewFaulty(mem.Share())
	slow := open(t, st, &core.Options{Specs: true})
	p = createSpec(t, tenant, c, "web")
	reached, release := st.HoldCommit()
	deleted := call(func() (core.UpdatedProfile, error) { return slow.DeleteSpecProfile(context.Background(), c, "web") })
	await(t, reached)
	_, err = tenant.UpdateSpecProfile(t.Context(), c, p.ID, core.SpecChange{Name: "renamed"})
	require.NoError(t, err)
	release()
	requireFault(t, await(t, deleted).err, fault.NotFound, fault.CodeProfileNotFound)
}

func TestHolds(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	p, other := createSpec(t, tenant, c, "web"), createSpec(t, tenant, c, "other")
	first, err := tenant.HoldSpecProfile(t.Context(), c, "web", "cluster/b")
	require.NoError(t, err)
	require.Equal(t, p.ID, first.Hold.ProfileID)
	require.Equal(t, "user-P", first.Hold.User)
	require.Equal(t, first.Head.Revision, first.Hold.Revision)
	again, err := tenant.HoldSpecProfile(t.Context(), c, p.ID, "cluster/b")
	require.NoError(t, err)
	require.Equal(t, first.Hold, again.Hold, "the hold that it has")
	_, err = tenant.HoldSpecProfile(t.Context(), c, p.ID, "a")
	require.NoError(t, err)
	_, err = tenant.HoldSpecProfile(t.Context(), c, other.ID, "z")
	require.NoError(t, err)

	holders := func(r core.Read) (names []string) {
		holds, err := tenant.Holds(t.Context(), c, "web", r)
		require.NoError(t, err)
		for _, h := range holds {
			names = append(names, h.Holder)
		}
		return names
	}
	require.Equal(t, []string{"a", "cluster/b"}, holders(core.Read{}))
	_, err = tenant.DeleteSpecProfile(t.Context(), c, "web")
	f := requireFault(t, err, fault.InUse, fault.CodeProfileInUse)
	require.Equal(t, []string{"a", "cluster/b"}, f.Fields[0].Values)
	require.Contains(t, f.Message, p.ID, "the full id, however it was named")

	for _, holder := range []string{"a", "cluster/b"} {
		released, _, err := tenant.ReleaseSpecProfile(t.Context(), c, p.ID, holder)
		require.NoError(t, err)
		require.True(t, released)
		released, _, err = tenant.ReleaseSpecProfile(t.Context(), c, p.ID, holder)
		require.NoError(t, err)
		require.False(t, released, "releasing twice does no harm")
	}
	_, err = tenant.DeleteSpecProfile(t.Context(), c, "web")
	require.NoError(t, err)

	for _, bad := range []string{"", "\xff"} {
		_, err = tenant.HoldSpecProfile(t.Context(), c, other.ID, bad)
		requireFault(t, err, fault.Invalid, fault.CodeInvalidArgument)
		_, _, err = tenant.ReleaseSpecProfile(t.Context(), c, other.ID, bad)
		requireFault(t, err, fault.Invalid, fault.CodeInvalidArgument)
	}
	stranger := member(t, tenant, "Q")
	_, err = tenant.HoldSpecProfile(t.Context(), stranger, other.ID, "x")
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	_, _, err = tenant.ReleaseSpecProfile(t.Context(), stranger, other.ID, "z")
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	_, err = tenant.Holds(t.Context(), stranger, other.ID, core.Read{})
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
}

// A hold and a deletion at once: one of them wins, and never both.
func TestAHoldBetweenCheckAndDeletion(t *testing.T) {
	mem := storetest.NewMemory()
	st := storetest.NewFaulty(mem.Share())
	tenant, other := open(t, st, &core.Options{Specs: true}), open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	createSpec(t, tenant, c, "web")
	reached, release := st.HoldCommit()
	deleted := call(func() (core.UpdatedProfile, error) { return tenant.DeleteSpecProfile(context.Background(), c, "web") })
	await(t, reached)
	_, err := other.HoldSpecProfile(t.Context(), c, "web", "x")
	require.NoError(t, err)
	release()
	requireFault(t, await(t, deleted).err, fault.InUse, fault.CodeProfileInUse)

	reached, release = st.HoldCommit()
	held := call(func() (core.Held, error) { return tenant.HoldSpecProfile(context.Background(), c, "web", "y") })
	await(t, reached)
	_, _, err = other.ReleaseSpecProfile(t.Context(), c, "web", "x")
	require.NoError(t, err)
	_, err = other.DeleteSpecProfile(t.Context(), c, "web")
	require.NoError(t, err)
	release()
	requireFault(t, await(t, held).err, fault.NotFound, fault.CodeProfileNotFound)
	require.Empty(t, records(t, mem))
}

func unique() *core.Options { return &core.Options{Specs: true, UniqueNames: true} }

func TestUniqueNames(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), unique())
	c, q := member(t, tenant, "P"), member(t, tenant, "Q")
	p := createSpec(t, tenant, c, "web")
	createSpec(t, tenant, q, "web") // names are unique in their project
	again := func() error {
		_, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "web", Spec: value(t, heat)})
		return err
	}
	f := requireFault(t, again(), fault.AlreadyExists, fault.CodeNameTaken)
	require.Contains(t, f.Message, "A profile named 'web' already exists.")

	_, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "web", Spec: value(t, `{"type":"nope","version":"1.0"}`)})
	requireFault(t, err, fault.AlreadyExists, fault.CodeNameTaken) // before the spec is looked at

	other := createSpec(t, tenant, c, "other")
	_, err = tenant.UpdateSpecProfile(t.Context(), c, other.ID, core.SpecChange{Name: "web"})
	requireFault(t, err, fault.AlreadyExists, fault.CodeNameTaken)
	_, err = tenant.UpdateSpecProfile(t.Context(), c, p.ID, core.SpecChange{Name: "web2"})
	require.NoError(t, err)
	require.NoError(t, again(), "a name that was given up is free")
	_, err = tenant.DeleteSpecProfile(t.Context(), c, "web")
	require.NoError(t, err)
	require.NoError(t, again(), "and so is that of a profile that is gone")
}

func TestUniqueNamesAndManyCreators(t *testing.T) {
	mem := storetest.NewMemory()
	ts := []*core.Tenant{open(t, mem.Share(), unique()), open(t, mem.Share(), unique())}
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 40 {
		c, spec := member(t, ts[i%2], "P"), value(t, heat)
		all.Go(func() {
			_, err := ts[i%2].CreateProfile(context.Background(), c, &core.SpecDraft{Name: "web", Spec: spec})
			switch {
			case err == nil:
				won.Add(1)
			case !fault.HasCode(err, fault.CodeNameTaken):
				t.Errorf("creator %d: %v", i, err)
			}
		})
	}
	all.Wait()
	require.Equal(t, int64(1), won.Load())
}

// A deployment may ask for unique names later, and stop asking for them meanwhile: no name is lost by it.
func TestUniqueNamesSwitchedOnAndOff(t *testing.T) {
	mem := storetest.NewMemory()
	loose, strict := open(t, mem.Share(), &core.Options{Specs: true}), open(t, mem.Share(), unique())
	c := member(t, loose, "P")
	createSpec(t, loose, c, "early")
	_, err := strict.FindSpecProfile(t.Context(), c, "early", core.Read{})
	require.NoError(t, err) // what has no claim is known by the view alone
	_, err = strict.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "early", Spec: value(t, heat)})
	requireFault(t, err, fault.AlreadyExists, fault.CodeNameTaken)

	p, gone := createSpec(t, strict, c, "renamed"), createSpec(t, strict, c, "deleted")
	_, err = loose.UpdateSpecProfile(t.Context(), c, p.ID, core.SpecChange{Name: "another"})
	require.NoError(t, err)
	_, err = loose.DeleteSpecProfile(t.Context(), c, gone.ID)
	require.NoError(t, err)
	for _, name := range []string{"renamed", "deleted"} {
		_, err = strict.CreateProfile(t.Context(), c, &core.SpecDraft{Name: name, Spec: value(t, heat)})
		require.NoError(t, err, name)
	}
}

func TestHoldRecordsThatCannotBeRead(t *testing.T) {
	mem := storetest.NewMemory()
	commit(t, mem, store.Change{Key: store.Key{Kind: record.KindHold, ID: "no-holder"}})
	_, err := core.Open(t.Context(), "t", mem, nil)
	require.ErrorContains(t, err, "names no profile and holder")
}

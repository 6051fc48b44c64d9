package core_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

const restricted = `{"policies":[{"roleId":"default","restrictedTo":[{"index":"forum","collections":["posts"]}]}]}`

func draft(t testing.TB, id, definition string) *core.PolicyDraft {
	return &core.PolicyDraft{ID: id, Definition: value(t, definition), Strict: true}
}

func TestAHundredCreatorsOfOneID(t *testing.T) {
	mem, ts := nodes(t, 2)
	for round := range 3 {
		id := fmt.Sprintf("wanted-%d", round)
		var all sync.WaitGroup
		var mu sync.Mutex
		var won []core.CreatedProfile
		start := make(chan struct{})
		for i := range 100 {
			c := anonymous(t, ts[i%2])
			definition := value(t, fmt.Sprintf(`{"policies":[{"roleId":"default"}],"rateLimit":%d}`, i))
			all.Go(func() {
				<-start
				p, err := ts[i%2].CreateProfile(context.Background(), c, &core.PolicyDraft{ID: id, Definition: definition})
				if err != nil {
					if !fault.HasCode(err, fault.CodeProfileExists) {
						t.Errorf("creator %d: %v", i, err)
					}
					return
				}
				mu.Lock()
				defer mu.Unlock()
				won = append(won, p)
			})
		}
		close(start)
		all.Wait()
		require.Len(t, won, 1)
		stored, err := record.DecodeProfile(records(t, mem)[record.ProfileKey(profile.StylePolicies, id)])
		require.NoError(t, err)
		require.Equal(t, won[0].Profile.Body, stored.Body, "what stands is the winner's")
		require.Equal(t, won[0].Head.Revision, stored.Revision)
	}
}

// What node A has just made, node B must not refuse for, though its view has not heard of it yet.
func TestARefusalOfAStaleViewIsConfirmedAtTheHead(t *testing.T) {
	role := value(t, anyRole)
	cases := map[string]struct {
		on   func(t *testing.T, a *core.Tenant, c core.Caller)
		then func(b *core.Tenant, c core.Caller) error
	}{
		"a new role": {
			on: func(t *testing.T, a *core.Tenant, c core.Caller) {
				_, err := a.CreateRole(t.Context(), c, core.RoleDraft{ID: "new", Definition: role})
				require.NoError(t, err)
			},
			then: func(b *core.Tenant, c core.Caller) error {
				_, err := b.CreateProfile(context.Background(), c, draft(t, "p", `{"policies":[{"roleId":"new"}]}`))
				return err
			},
		},
		"a new index and collection": {
			on: func(t *testing.T, a *core.Tenant, c core.Caller) {
				_, err := a.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: "posts"})
				require.NoError(t, err)
			},
			then: func(b *core.Tenant, c core.Caller) error {
				_, err := b.CreateProfile(context.Background(), c, draft(t, "p", restricted))
				return err
			},
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			mem := storetest.NewMemory()
			a := open(t, mem.Share(), nil)
			st := newLagging(mem.Share())
			b := open(t, st, nil)
			release := st.hold()
			defer release()
			test.on(t, a, anonymous(t, a))
			asked, c := st.nextHead(), anonymous(t, b)
			created := call(func() (struct{}, error) { return struct{}{}, test.then(b, c) })
			await(t, asked)
			require.Empty(t, created, "a stale view refuses nothing")
			release()
			require.NoError(t, await(t, created).err)
		})
	}
}

// The other way round: what was deleted elsewhere is free again, and an id that was taken elsewhere is taken.
func TestAStaleViewAndIDs(t *testing.T) {
	mem := storetest.NewMemory()
	st := newLagging(mem.Share())
	b := open(t, st, nil)
	createPolicy(t, b, "p")
	key := record.ProfileKey(profile.StylePolicies, "p")
	release := st.hold()
	defer release()
	commit(t, mem, store.Change{Key: key, Delete: true})
	asked, c := st.nextHead(), anonymous(t, b)
	created := call(func() (core.CreatedProfile, error) {
		return b.CreateProfile(context.Background(), c, &core.PolicyDraft{ID: "p", Definition: plain})
	})
	await(t, asked)
	release()
	require.NoError(t, await(t, created).err)

	release = st.hold()
	defer release()
	a := open(t, mem.Share(), nil)
	createPolicy(t, a, "q")
	asked = st.nextHead()
	created = call(func() (core.CreatedProfile, error) {
		return b.CreateProfile(context.Background(), c, &core.PolicyDraft{ID: "q", Definition: plain})
	})
	await(t, asked)
	release()
	requireFault(t, await(t, created).err, fault.AlreadyExists, fault.CodeProfileExists)
}

// The check passed, and before the commit came another took away what it rested on.
func TestWhatIsDeletedBetweenCheckAndCommit(t *testing.T) {
	forum, posts := record.IndexKey("forum"), record.CollectionKey(catalog.Collection{Index: "forum", Name: "posts"})
	cases := map[string]struct {
		deleted store.Key
		kind    fault.Kind
		code    fault.Code
		subject fault.Subject
	}{
		"the role":       {record.RoleKey("default"), fault.NotFound, fault.CodeRoleNotFound, fault.Subject{Kind: "role", ID: "default"}},
		"the index":      {forum, fault.Precondition, fault.CodeIndexNotFound, fault.Subject{Kind: "index", ID: "forum"}},
		"the collection": {posts, fault.Precondition, fault.CodeCollectionNotFound, fault.Subject{Kind: "index", ID: "forum"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			mem := storetest.NewMemory()
			st := storetest.NewFaulty(mem.Share())
			tenant := open(t, st, nil)
			c := anonymous(t, tenant)
			_, err := tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: "posts"})
			require.NoError(t, err)

			reached, release := st.HoldCommit()
			created := call(func() (core.CreatedProfile, error) {
				return tenant.CreateProfile(context.Background(), c, draft(t, "p", restricted))
			})
			await(t, reached)
			gone := commit(t, mem, store.Change{Key: test.deleted, Delete: true})
			release()
			f := requireFault(t, await(t, created).err, test.kind, test.code)
			require.Equal(t, test.subject, f.Subject)
			h, err := mem.Head(t.Context())
			require.NoError(t, err)
			require.Equal(t, gone, h, "nothing was written")
		})
	}
}

func TestWhatIsMadeBetweenCheckAndCommit(t *testing.T) {
	mem := storetest.NewMemory()
	st := storetest.NewFaulty(mem.Share())
	tenant, other := open(t, st, nil), open(t, mem.Share(), nil)
	c := anonymous(t, tenant)
	forum := catalog.Collection{Index: "forum", Name: "posts"}
	cases := map[string]struct {
		second func(tenant *core.Tenant) error
		code   fault.Code
	}{
		"a profile": {code: fault.CodeProfileExists, second: func(tenant *core.Tenant) error {
			_, err := tenant.CreateProfile(context.Background(), c, &core.PolicyDraft{ID: "p", Definition: plain})
			return err
		}},
		"a role": {code: fault.CodeRoleExists, second: func(tenant *core.Tenant) error {
			_, err := tenant.CreateRole(context.Background(), c, core.RoleDraft{ID: "r", Definition: value(t, anyRole)})
			return err
		}},
		"an index": {code: fault.CodeIndexExists, second: func(tenant *core.Tenant) error {
			_, err := tenant.CreateIndex(context.Background(), c, "shop")
			return err
		}},
		"a collection": {second: func(tenant *core.Tenant) error {
			_, err := tenant.CreateCollection(context.Background(), c, forum)
			return err
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			reached, release := st.HoldCommit()
			second := call(func() (struct{}, error) { return struct{}{}, test.second(tenant) })
			await(t, reached)
			require.NoError(t, test.second(other))
			release()
			err := await(t, second).err
			if test.code == "" {
				require.NoError(t, err)
				return
			}
			requireFault(t, err, fault.AlreadyExists, test.code)
		})
	}
}

func TestACommitWhoseFateIsUnknown(t *testing.T) {
	mem := storetest.NewMemory()
	st := storetest.NewFaulty(mem.Share())
	tenant := open(t, st, nil)
	c := anonymous(t, tenant)
	st.LoseAnswer()
	_, err := tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "p", Definition: plain})
	requireFault(t, err, fault.Uncertain, fault.CodeCommitUncertain)
	_, err = tenant.Profile(t.Context(), c, profile.StylePolicies, "p", core.Read{})
	require.NoError(t, err, "this one stands")

	commits := st.Commits()
	st.FailCommit(fault.Unavailablef(nil, "down"))
	_, err = tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "q", Definition: plain})
	requireFault(t, err, fault.Unavailable, fault.CodeStoreUnavailable)
	require.Equal(t, commits+1, st.Commits(), "what may not be known is not sent again under another id")
	_, err = tenant.Profile(t.Context(), c, profile.StylePolicies, "q", core.Read{})
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
}

func TestAWriteGivesUpWhenOthersAreAlwaysFaster(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	tenant := open(t, st, &core.Options{Policies: true, ContendFor: 50 * time.Millisecond})
	for range 100 {
		st.FailCommit(&fault.Error{Kind: fault.AlreadyExists, Code: fault.CodeRecordExists, Message: "The record exists."})
	}
	_, err := tenant.CreateProfile(t.Context(), anonymous(t, tenant), &core.PolicyDraft{ID: "p", Definition: plain})
	requireFault(t, err, fault.Conflict, fault.CodeVersionMismatch)
	require.Greater(t, st.Commits(), 3, "it was tried more than once")
}

// Others who are faster cost a write time, and not its success.
func TestManyWhoChangeOneProfile(t *testing.T) {
	_, ts := nodes(t, 2)
	c := member(t, ts[0], "P")
	created, err := ts[0].CreateProfile(t.Context(), c, &core.SpecDraft{Name: "n", Spec: value(t, heat)})
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			change := core.SpecChange{Metadata: value(t, fmt.Sprintf(`{"by":%d}`, i))}
			if _, err := ts[i%2].UpdateSpecProfile(context.Background(), member(t, ts[i%2], "P"), created.Profile.ID, change); err != nil {
				t.Errorf("updater %d: %v", i, err)
			}
		})
	}
	all.Wait()
	p, err := ts[1].FindSpecProfile(t.Context(), c, created.Profile.ID, core.Read{})
	require.NoError(t, err)
	require.Equal(t, uint64(51), p.Version)
}

// A canceled caller whose commit was refused is told so as a fault.
func TestACanceledWrite(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	tenant := open(t, st, nil)
	c := anonymous(t, tenant)
	ctx, cancel := context.WithCancel(t.Context())
	reached, release := st.HoldCommit()
	defer release()
	created := call(func() (core.CreatedProfile, error) {
		return tenant.CreateProfile(ctx, c, &core.PolicyDraft{ID: "p", Definition: plain})
	})
	await(t, reached)
	cancel()
	requireFault(t, await(t, created).err, fault.Canceled, fault.CodeCanceled)
}

// A no-op whose view is far behind must not confuse the view: an event without changes is not of the log.
func TestANoOpOnAStaleView(t *testing.T) {
	mem := storetest.NewMemory()
	st := newLagging(mem.Share())
	st.slowly = true
	var snapshots snapshotCounter
	snapshots.Store = st
	b := open(t, &snapshots, nil)
	c := anonymous(t, b)
	forum := catalog.Collection{Index: "forum", Name: "posts"}
	_, err := b.CreateCollection(t.Context(), c, forum)
	require.NoError(t, err)

	release := st.hold()
	defer release()
	var last store.Head
	for _, id := range []string{"a", "b", "c"} {
		last = commit(t, mem, store.Change{Key: record.IndexKey(id)})
	}
	h, err := b.CreateCollection(t.Context(), c, forum)
	require.NoError(t, err)
	require.Equal(t, last, h, "what it rests on is what Confirm waits for")
	release()
	require.NoError(t, b.Confirm(t.Context(), h))
	got, err := b.Indexes(t.Context(), c, core.Read{Local: true})
	require.NoError(t, err)
	require.Equal(t, []string{"forum", "a", "b", "c"}, got)
	require.Equal(t, 1, snapshots.taken())
}

type snapshotCounter struct {
	store.Store
	mu sync.Mutex
	n  int
}

func (s *snapshotCounter) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.Store.Snapshot(ctx)
}

func (s *snapshotCounter) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// shared is a store with a barrier that a test opens.
type shared struct {
	store.Store
	mu      sync.Mutex
	applied []store.Head
	wait    func(context.Context, store.Head) error
}

func (s *shared) Lease() time.Time { return time.Now().Add(time.Hour) }

func (s *shared) Applied(h store.Head) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied = append(s.applied, h)
}

func (s *shared) Wait(ctx context.Context, h store.Head) error { return s.wait(ctx, h) }

func (s *shared) last() store.Head {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applied[len(s.applied)-1]
}

func TestConfirm(t *testing.T) {
	never := func(ctx context.Context, _ store.Head) error {
		<-ctx.Done()
		return fault.As(ctx.Err())
	}
	t.Run("a lone node confirms what it has", func(t *testing.T) {
		tenant := open(t, storetest.NewMemory(), nil)
		require.NoError(t, tenant.Confirm(t.Context(), createPolicy(t, tenant, "p").Head))
	})
	t.Run("a lone node that is behind", func(t *testing.T) {
		mem := storetest.NewMemory()
		st := newLagging(mem.Share())
		tenant := open(t, st, &core.Options{WaitTimeout: time.Millisecond})
		release := st.hold()
		defer release()
		f := requireFault(t, tenant.Confirm(t.Context(), commit(t, mem, store.Change{Key: record.IndexKey("forum")})),
			fault.DeadlineExceeded, fault.CodeWaitTimeout)
		require.ErrorIs(t, f.Cause, context.DeadlineExceeded)
	})
	t.Run("the others are asked for the very head", func(t *testing.T) {
		var asked store.Head
		st := &shared{Store: storetest.NewMemory(), wait: func(_ context.Context, h store.Head) error {
			asked = h
			return nil
		}}
		tenant := open(t, st, nil)
		h := createPolicy(t, tenant, "p").Head
		require.NoError(t, tenant.Confirm(t.Context(), h))
		require.Equal(t, h, asked)
		require.Equal(t, h, st.last(), "what this node has was reported")
	})
	t.Run("the others do not answer", func(t *testing.T) {
		tenant := open(t, &shared{Store: storetest.NewMemory(), wait: never}, &core.Options{Policies: true, WaitTimeout: time.Millisecond})
		h := createPolicy(t, tenant, "p").Head
		requireFault(t, tenant.Confirm(t.Context(), h), fault.DeadlineExceeded, fault.CodeWaitTimeout)
		_, err := tenant.Profile(t.Context(), anonymous(t, tenant), profile.StylePolicies, "p", core.Read{})
		require.NoError(t, err, "the write stands")
	})
	t.Run("the caller goes away", func(t *testing.T) {
		for name, st := range map[string]store.Store{"alone": storetest.NewMemory(), "with others": &shared{Store: storetest.NewMemory(), wait: never}} {
			tenant := open(t, st, nil)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			h := store.Head{Revision: 99}
			if name == "with others" {
				h.Revision = 1
			}
			requireFault(t, tenant.Confirm(ctx, h), fault.Canceled, fault.CodeCanceled)
		}
	})
	t.Run("the store is lost", func(t *testing.T) {
		lost := fault.Unavailablef(nil, "lost")
		st := &shared{Store: storetest.NewMemory(), wait: func(context.Context, store.Head) error { return lost }}
		tenant := open(t, st, nil)
		require.ErrorIs(t, tenant.Confirm(t.Context(), store.Head{Revision: 1}), lost)
	})
}

func TestReads(t *testing.T) {
	t.Run("a revision that does not come", func(t *testing.T) {
		tenant := open(t, storetest.NewMemory(), &core.Options{Specs: true, WaitTimeout: time.Millisecond})
		_, err := tenant.Indexes(t.Context(), member(t, tenant, "P"), core.Read{AtLeast: number(t, 99)})
		requireFault(t, err, fault.Unavailable, fault.CodeStale)
	})
	t.Run("a caller who goes away", func(t *testing.T) {
		tenant := open(t, storetest.NewMemory(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c := anonymous(t, tenant)
		_, err := tenant.Role(ctx, c, "admin", core.Read{AtLeast: number(t, 99)})
		requireFault(t, err, fault.Canceled, fault.CodeCanceled)
		_, err = tenant.Role(ctx, c, "admin", core.Read{})
		requireFault(t, err, fault.Canceled, fault.CodeCanceled)
	})
	t.Run("a caller without time", func(t *testing.T) {
		tenant := open(t, storetest.NewMemory(), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := tenant.Role(ctx, anonymous(t, tenant), "admin", core.Read{AtLeast: number(t, 99)})
		requireFault(t, err, fault.DeadlineExceeded, fault.CodeDeadlineExceeded)
	})
	t.Run("local", func(t *testing.T) {
		mem := storetest.NewMemory()
		st := newLagging(mem.Share())
		tenant := open(t, st, nil)
		release := st.hold()
		defer release()
		commit(t, mem, store.Change{Key: record.IndexKey("forum")})
		c := anonymous(t, tenant)
		exists, err := tenant.IndexExists(t.Context(), c, "forum", core.Read{Local: true})
		require.NoError(t, err)
		require.False(t, exists)
		release()
		exists, err = tenant.IndexExists(t.Context(), c, "forum", core.Read{})
		require.NoError(t, err)
		require.True(t, exists)
	})
}

// Many writers and readers on two nodes: whoever was told of a write finds it, on either node.
func TestAcknowledgedWritesAreRead(t *testing.T) {
	_, ts := nodes(t, 2)
	var all sync.WaitGroup
	for w := range 8 {
		writer, reader := ts[w%2], ts[(w+1)%2]
		all.Go(func() {
			cw, cr := anonymous(t, writer), anonymous(t, reader)
			for i := range 20 {
				id := fmt.Sprintf("p-%d-%d", w, i)
				if _, err := writer.CreateProfile(context.Background(), cw, &core.PolicyDraft{ID: id, Definition: plain}); err != nil {
					t.Errorf("%s: %v", id, err)
					return
				}
				if _, err := reader.Profile(context.Background(), cr, profile.StylePolicies, id, core.Read{}); err != nil {
					t.Errorf("%s was acknowledged and is not there: %v", id, err)
					return
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, ts[0].Revision(), uint64(161))
}

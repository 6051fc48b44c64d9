package storetest

import (
	"bytes"
	"context"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// patience bounds every wait of the suite: much longer than any store needs, and short of the test binary's own limit.
const patience = 30 * time.Second

// Harness is one fresh backend: a new file, an empty database, a prefix nobody else uses.
type Harness struct {
	// Open opens a tenant by its name; a name not seen before is an empty tenant. The suite closes what it opens; what else the
	// backend needs is released with t.Cleanup by whoever made the harness. Open reports trouble through t. The log of such a tenant
	// keeps at least 4000 commits.
	Open func(t *testing.T, tenant string) store.Store

	// Shared says that Open may be called for a tenant that is already open, as a second node of a deployment does.
	Shared bool

	// Restart, where set, is called when the suite has closed every store: it drops all that the process holds of the backend,
	// so that the next Open starts from what is durable. Without it, closing and opening again has to be the same.
	Restart func(t *testing.T)

	// ShortLog, where set, opens a tenant whose log keeps at most about a hundred commits, for the tests of trimming.
	ShortLog func(t *testing.T, tenant string) store.Store
}

// Run holds an adapter against the whole contract. It makes a new harness for each test.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"Conditions", conditionTests},
		{"Changes", changeTests},
		{"References", referenceTests},
		{"Bounds", boundTests},
		{"Resend", resendTests},
		{"Events", eventTests},
		{"Snapshot", snapshotTests},
		{"Races", raceTests},
		{"Lifecycle", lifecycleTests},
		{"Model", modelTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, tt := range group.tests {
				t.Run(tt.name, func(t *testing.T) { tt.run(t, fresh(t)) })
			}
		})
	}
}

// test is one test of the suite.
type test struct {
	name string
	run  func(t *testing.T, h Harness)
}

// on makes a test of one store from a function.
func on(f func(t *testing.T, s store.Store)) func(t *testing.T, h Harness) {
	return func(t *testing.T, h Harness) { f(t, open(t, h, "acme")) }
}

func open(t *testing.T, h Harness, tenant string) store.Store {
	t.Helper()
	s := h.Open(t, tenant)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// nodes opens a tenant as often as the adapter allows, up to n times.
func nodes(t *testing.T, h Harness, tenant string, n int) []store.Store {
	t.Helper()
	if !h.Shared {
		n = 1
	}
	ss := make([]store.Store, n)
	for i := range ss {
		ss[i] = open(t, h, tenant)
	}
	return ss
}

// bounded is the test's context with an end to its patience.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func key(kind, id string) store.Key { return store.Key{Kind: kind, ID: id} }

func put(k store.Key, data string, refs ...store.Key) store.Change {
	return store.Change{Key: k, Data: []byte(data), Refs: refs}
}

func del(k store.Key) store.Change { return store.Change{Key: k, Delete: true} }

func require1(r store.Requirement, k store.Key) store.Condition {
	return store.Condition{Key: k, Require: r}
}

func atVersion(k store.Key, v uint64) store.Condition {
	return store.Condition{Key: k, Require: store.AtVersion, Version: v}
}

// written asks for the commit that wrote a record last besides.
func written(c store.Condition, revision uint64) store.Condition {
	c.Revision = revision
	return c
}

// changes is a new commit without conditions.
func changes(cs ...store.Change) store.Commit { return store.Commit{ID: uuid.New(), Changes: cs} }

// provided adds conditions to a commit.
func provided(c store.Commit, conds ...store.Condition) store.Commit {
	c.Conditions = append(c.Conditions, conds...)
	return c
}

// mustCommit commits what has to stand.
func mustCommit(t *testing.T, s store.Store, c store.Commit) store.Event {
	t.Helper()
	e, err := s.Commit(bounded(t), c)
	require.NoError(t, err)
	return e
}

// mustHead asks for the head.
func mustHead(t *testing.T, s store.Store) store.Head {
	t.Helper()
	h, err := s.Head(bounded(t))
	require.NoError(t, err)
	return h
}

// mustRefuse commits what has to be refused, and sees that nothing changed.
func mustRefuse(t *testing.T, s store.Store, c store.Commit, want *fault.Error) {
	t.Helper()
	before, records := mustHead(t, s), mustRead(t, s)
	_, err := s.Commit(bounded(t), c)
	requireFault(t, err, want)
	require.Equal(t, before, mustHead(t, s), "a refused commit moved the head")
	requireSame(t, records, mustRead(t, s))
}

// requireFault compares kind and, where want has them, code and subject.
func requireFault(t *testing.T, err error, want *fault.Error) {
	t.Helper()
	require.Error(t, err)
	var got *fault.Error
	require.ErrorAs(t, err, &got, "errors are faults")
	require.Equal(t, want.Kind, got.Kind, "kind of %v", err)
	if want.Code != "" {
		require.Equal(t, want.Code, got.Code, "code of %v", err)
	}
	if want.Subject != (fault.Subject{}) {
		require.Equal(t, want.Subject, got.Subject, "subject of %v", err)
	}
}

// state is what a follower of the log knows.
type state map[store.Key]store.Record

// apply does what the port says about events on records that may be newer.
func (st state) apply(e store.Event) {
	for _, r := range e.Puts {
		if st[r.Key].Revision < r.Revision {
			st[r.Key] = r
		}
	}
	for _, k := range e.Deletions {
		if st[k].Revision < e.Revision {
			delete(st, k)
		}
	}
}

func (st state) equal(other any) bool {
	o, ok := other.(state)
	return ok && maps.EqualFunc(st, o, func(a, b store.Record) bool {
		return a.Key == b.Key && a.Version == b.Version && a.Revision == b.Revision && bytes.Equal(a.Data, b.Data)
	})
}

// mustRead reads the snapshot of a store that nobody writes to.
func mustRead(t *testing.T, s store.Store) state {
	t.Helper()
	_, st := mustSnapshot(t, s)
	return st
}

func mustSnapshot(t *testing.T, s store.Store) (store.Head, state) {
	t.Helper()
	h, st, err := snapshot(bounded(t), s)
	require.NoError(t, err)
	return h, st
}

func snapshot(ctx context.Context, s store.Store) (store.Head, state, error) {
	h, records := s.Snapshot(ctx)
	st := state{}
	for r, err := range records {
		if err != nil {
			return store.Head{}, nil, err
		}
		if had, twice := st[r.Key]; twice && had.Revision > r.Revision {
			continue
		}
		st[r.Key] = r
	}
	return h, st, nil
}

// follow gathers the events from a point to a revision.
func follow(ctx context.Context, s store.Store, after store.Head, to uint64, limit int) ([]store.Event, error) {
	var all []store.Event
	for after.Revision < to {
		es, err := s.Events(ctx, after, limit)
		if err != nil {
			return all, err
		}
		all = append(all, es...)
		after = es[len(es)-1].Head
	}
	return all, nil
}

// requireChain sees that events follow each other without gaps from a point, each as the port promises.
func requireChain(t *testing.T, after store.Head, events []store.Event) {
	t.Helper()
	for _, e := range events {
		require.Equal(t, after.Revision+1, e.Revision, "revisions are contiguous")
		require.Equal(t, after.CommitID, e.Previous, "Previous of revision %d", e.Revision)
		for _, r := range e.Puts {
			require.Equal(t, e.Revision, r.Revision, "a record put at revision %d", e.Revision)
		}
		after = e.Head
	}
}

// alike takes empty and nil for one. Byte slices are compared whole, since cmp walks them byte by byte.
var alike = cmp.Options{
	cmp.Comparer(bytes.Equal),
	cmp.FilterValues(func(a, b []store.Record) bool { return len(a)+len(b) == 0 }, cmpopts.EquateEmpty()),
	cmp.FilterValues(func(a, b []store.Key) bool { return len(a)+len(b) == 0 }, cmpopts.EquateEmpty()),
	cmp.FilterValues(func(a, b []store.Event) bool { return len(a)+len(b) == 0 }, cmpopts.EquateEmpty()),
	cmp.FilterValues(func(a, b state) bool { return len(a)+len(b) == 0 }, cmpopts.EquateEmpty()),
}

// requireSame compares what a store answered with what it should have.
func requireSame(t *testing.T, want, got any) {
	t.Helper()
	if w, ok := want.(state); ok && w.equal(got) {
		return // cmp sorts the keys of maps first, which costs seconds for large ones
	}
	if diff := cmp.Diff(want, got, alike...); diff != "" {
		require.FailNow(t, "not the same (-want +got)", diff)
	}
}

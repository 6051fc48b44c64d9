package storetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/store"
)

var changeTests = []test{
	{"EmptyTenant", on(testEmptyTenant)},
	{"VersionsAndRevisions", on(testVersionsAndRevisions)},
	{"EventTellsAll", on(testEventTellsAll)},
	{"DeleteOfNothing", on(testDeleteOfNothing)},
	{"OpaqueData", on(testOpaqueData)},
	{"OddIDs", on(testOddIDs)},
	{"OwnBuffers", on(testOwnBuffers)},
}

func testEmptyTenant(t *testing.T, s store.Store) {
	require.Equal(t, store.Head{}, mustHead(t, s))
	h, st := mustSnapshot(t, s)
	require.Equal(t, store.Head{}, h)
	require.Empty(t, st)
}

func testVersionsAndRevisions(t *testing.T, s store.Store) {
	a, b := key("profile", "a"), key("profile", "b")
	steps := []struct {
		changes  []store.Change
		versions map[store.Key][2]uint64 // version and revision of what stands after it
	}{
		{[]store.Change{put(a, "1")}, map[store.Key][2]uint64{a: {1, 1}}},
		{[]store.Change{put(a, "2")}, map[store.Key][2]uint64{a: {2, 2}}},
		{[]store.Change{put(b, "1")}, map[store.Key][2]uint64{a: {2, 2}, b: {1, 3}}},
		{[]store.Change{put(b, "2"), put(a, "3")}, map[store.Key][2]uint64{a: {3, 4}, b: {2, 4}}},
		{[]store.Change{del(a)}, map[store.Key][2]uint64{b: {2, 4}}},
		{[]store.Change{put(a, "again")}, map[store.Key][2]uint64{a: {1, 6}, b: {2, 4}}},
		{[]store.Change{put(a, "again")}, map[store.Key][2]uint64{a: {2, 7}, b: {2, 4}}},
	}
	var before store.Head
	for i, step := range steps {
		c := changes(step.changes...)
		e := mustCommit(t, s, c)
		require.Equal(t, store.Head{Revision: uint64(i + 1), CommitID: c.ID}, e.Head)
		require.Equal(t, before.CommitID, e.Previous)
		require.Equal(t, e.Head, mustHead(t, s), "the head after the commit")
		before = e.Head

		got := map[store.Key][2]uint64{}
		for k, r := range mustRead(t, s) {
			got[k] = [2]uint64{r.Version, r.Revision}
		}
		requireSame(t, step.versions, got)
	}
}

func testEventTellsAll(t *testing.T, s store.Store) {
	a, b, c, d := key("profile", "a"), key("role", "b"), key("profile", "c"), key("role", "d")
	mustCommit(t, s, changes(put(a, "a"), put(b, "b"), put(d, "d")))
	commit := changes(del(b), put(c, "new", b), put(a, "two"), del(d))
	got := mustCommit(t, s, commit)
	want := store.Event{
		Head:     store.Head{Revision: 2, CommitID: commit.ID},
		Previous: got.Previous,
		Puts: []store.Record{
			{Key: c, Version: 1, Revision: 2, Data: []byte("new")},
			{Key: a, Version: 2, Revision: 2, Data: []byte("two")},
		},
		Deletions: []store.Key{b, d},
	}
	requireSame(t, want, got)
	logged, err := follow(bounded(t), s, store.Head{}, 2, 10)
	require.NoError(t, err)
	requireSame(t, want, logged[1])
}

func testDeleteOfNothing(t *testing.T, s store.Store) {
	a, never := key("profile", "a"), key("profile", "never")
	mustCommit(t, s, changes(put(a, "a")))
	e := mustCommit(t, s, changes(del(never)))
	require.Equal(t, uint64(2), e.Revision)
	require.Empty(t, e.Puts)
	require.Empty(t, e.Deletions, "what was not there is not gone")
	e = mustCommit(t, s, changes(del(never), del(a)))
	require.Equal(t, []store.Key{a}, e.Deletions)
	require.Empty(t, mustRead(t, s))
}

func testOpaqueData(t *testing.T, s store.Store) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	want := state{}
	var cs []store.Change
	for id, data := range map[string]string{
		"every byte": string(every), "empty": "", "zero": "\x00", "line": "a\r\nb\n", "not text": "\xff\xfe\xc3\x28",
		"number": "1e999", "json": `{"a":[1,null]}`, "placeholder": "%d $1 {0} KEYS[1]",
	} {
		k := key("profile", id)
		cs = append(cs, put(k, data))
		want[k] = store.Record{Key: k, Version: 1, Revision: 1, Data: []byte(data)}
	}
	e := mustCommit(t, s, changes(cs...))
	requireSame(t, want, mustRead(t, s))
	replayed := state{}
	replayed.apply(e)
	requireSame(t, want, replayed)
	es, err := s.Events(bounded(t), store.Head{}, 1)
	require.NoError(t, err)
	requireSame(t, e, es[0])
}

func testOddIDs(t *testing.T, s store.Store) {
	role := key("role", "{r}:1/ü")
	want := state{}
	for _, id := range oddIDs() {
		k := key("profile", id)
		e := mustCommit(t, s, provided(changes(put(k, id, role, k)), require1(store.Absent, k)))
		want[k] = store.Record{Key: k, Version: 1, Revision: e.Revision, Data: []byte(id)}
		mustRefuse(t, s, provided(changes(put(k, "")), require1(store.Absent, k)), exists(k))
		mustRefuse(t, s, provided(changes(del(k)), require1(store.Unreferenced, k)), inUse(k))
	}
	requireSame(t, want, mustRead(t, s))
	es, err := follow(bounded(t), s, store.Head{}, uint64(len(want)), 100)
	require.NoError(t, err)
	replayed := state{}
	for _, e := range es {
		replayed.apply(e)
	}
	requireSame(t, want, replayed)

	mustRefuse(t, s, provided(changes(), require1(store.Unreferenced, role)), inUse(role))
	for k := range want {
		mustCommit(t, s, provided(changes(del(k)), atVersion(k, 1)))
	}
	mustCommit(t, s, provided(changes(), require1(store.Unreferenced, role)))
	require.Empty(t, mustRead(t, s))
}

// oddIDs are ids that take an adapter's separators, escapes and encodings apart.
func oddIDs() []string {
	long := make([]byte, store.MaxIDBytes)
	for i := range long {
		long[i] = "abc:/ %"[i%7]
	}
	return []string{
		" ", "a b", " a", "a ", "/", "a/b", "a//b", "..", ":", "a:b", "a:", ":a", "a:b:c", "profile", "profile:a", "{a}", "}{", "%2F", "%", "*", "?", "[a]",
		"\x00", "a\x00b", "\n", "\r\n", "\t", "\x7f", "é", "e\u0301", "漢字", "🦊", "\u2028", "\ufeff", "\U0010ffff", "A", "a", "0", "-1", "1e3", "nil", "null", "-", "_", "\"", "'", "\\",
		string(long), string(long[1:]),
	}
}

func testOwnBuffers(t *testing.T, s store.Store) {
	a, r1, r2 := key("profile", "a"), key("role", "1"), key("role", "2")
	data, refs := []byte("mine"), []store.Key{r1}
	e := mustCommit(t, s, store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: a, Data: data, Refs: refs}}})
	copy(data, "YOUR")
	refs[0] = r2

	want := store.Record{Key: a, Version: 1, Revision: 1, Data: []byte("mine")}
	requireSame(t, want, e.Puts[0])
	requireSame(t, state{a: want}, mustRead(t, s))
	es, err := s.Events(bounded(t), store.Head{}, 1)
	require.NoError(t, err)
	requireSame(t, e, es[0])
	mustRefuse(t, s, provided(changes(), require1(store.Unreferenced, r1)), inUse(r1))
	mustCommit(t, s, provided(changes(), require1(store.Unreferenced, r2)))
}

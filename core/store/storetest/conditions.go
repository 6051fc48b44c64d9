package storetest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var conditionTests = []test{
	{"EachRequirement", on(testEachRequirement)},
	{"FirstFailureDecides", on(testFirstFailureDecides)},
	{"AllOrNothing", on(testAllOrNothing)},
	{"JudgedBeforeChanges", on(testJudgedBeforeChanges)},
	{"EmptyCommit", on(testEmptyCommit)},
}

func recordFault(kind fault.Kind, code fault.Code, k store.Key) *fault.Error {
	return &fault.Error{Kind: kind, Code: code, Subject: fault.Subject{Kind: k.Kind, ID: k.ID}}
}

func exists(k store.Key) *fault.Error {
	return recordFault(fault.AlreadyExists, fault.CodeRecordExists, k)
}

func missing(k store.Key) *fault.Error {
	return recordFault(fault.NotFound, fault.CodeRecordMissing, k)
}

func mismatch(k store.Key) *fault.Error {
	return recordFault(fault.Conflict, fault.CodeVersionMismatch, k)
}

func inUse(k store.Key) *fault.Error {
	return recordFault(fault.InUse, fault.CodeRecordInUse, k)
}

func testEachRequirement(t *testing.T, s store.Store) {
	there, gone, never := key("role", "there"), key("role", "gone"), key("role", "never")
	user := key("profile", "user")
	mustCommit(t, s, changes(put(there, "1"), put(gone, "1")))
	mustCommit(t, s, changes(put(there, "2"), del(gone), put(user, "u", there, never)))
	again := key("role", "again")
	mustCommit(t, s, changes(put(again, "1"))) // revision 3
	for range 10 {
		mustCommit(t, s, changes(del(again)))
	}
	mustCommit(t, s, changes(put(again, "1"))) // revision 14

	for _, tt := range []struct {
		name string
		cond store.Condition
		want *fault.Error // nil where it holds
	}{
		{"absent, never there", require1(store.Absent, never), nil},
		{"absent, deleted", require1(store.Absent, gone), nil},
		{"absent, there", require1(store.Absent, there), exists(there)},
		{"absent, same id of another kind", require1(store.Absent, key("profile", "there")), nil},
		{"exists, there", require1(store.Exists, there), nil},
		{"exists, never there", require1(store.Exists, never), missing(never)},
		{"exists, deleted", require1(store.Exists, gone), missing(gone)},
		{"exists, same id of another kind", require1(store.Exists, key("profile", "there")), missing(key("profile", "there"))},
		{"version, right", atVersion(there, 2), nil},
		{"version, old", atVersion(there, 1), mismatch(there)},
		{"version, future", atVersion(there, 3), mismatch(there)},
		{"version, zero", atVersion(there, 0), mismatch(there)},
		{"version, huge", atVersion(there, 1<<63), mismatch(there)},
		{"version and revision, right", written(atVersion(there, 2), 2), nil},
		{"version right, revision another", written(atVersion(there, 2), 1), mismatch(there)},
		{"version another, revision right", written(atVersion(there, 1), 2), mismatch(there)},
		{"version and the beginning of the revision", written(atVersion(again, 1), 1), mismatch(again)},
		{"version, made again", atVersion(again, 1), nil},
		{"version and revision, made again", written(atVersion(again, 1), 14), nil},
		{"version and revision, as it was before it was made again", written(atVersion(again, 1), 3), mismatch(again)},
		{"version, never there", atVersion(never, 1), missing(never)},
		{"version, zero, never there", atVersion(never, 0), missing(never)},
		{"version, deleted", atVersion(gone, 1), missing(gone)},
		{"unreferenced, no reference", require1(store.Unreferenced, user), nil},
		{"unreferenced, nothing there", require1(store.Unreferenced, gone), nil},
		{"unreferenced, in use", require1(store.Unreferenced, there), inUse(there)},
		{"unreferenced, in use and not there", require1(store.Unreferenced, never), inUse(never)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := provided(changes(put(key("mark", "m"), tt.name)), tt.cond)
			if tt.want == nil {
				mustCommit(t, s, c)
				return
			}
			mustRefuse(t, s, c, tt.want)
			mustRefuse(t, s, store.Commit{ID: uuid.New(), Conditions: c.Conditions}, tt.want)
		})
	}
}

func testFirstFailureDecides(t *testing.T, s store.Store) {
	a, b, c := key("role", "a"), key("role", "b"), key("role", "c")
	mustCommit(t, s, changes(put(a, "a"), put(b, "b", a)))

	mark := changes(put(key("mark", "m"), ""))
	mustRefuse(t, s, provided(mark, require1(store.Exists, c), require1(store.Absent, a)), missing(c))
	mustRefuse(t, s, provided(mark, require1(store.Absent, a), require1(store.Exists, c)), exists(a))
	mustRefuse(t, s, provided(mark, require1(store.Exists, a), atVersion(b, 7), require1(store.Unreferenced, a)), mismatch(b))
	mustRefuse(t, s, provided(mark, require1(store.Exists, b), require1(store.Unreferenced, a), atVersion(b, 7)), inUse(a))
	// Several conditions may be about one record.
	mustRefuse(t, s, provided(mark, atVersion(a, 1), require1(store.Unreferenced, a)), inUse(a))
	mustCommit(t, s, provided(mark, atVersion(b, 1), require1(store.Exists, b), require1(store.Unreferenced, b)))
}

func testAllOrNothing(t *testing.T, s store.Store) {
	a, b, role := key("profile", "a"), key("profile", "b"), key("role", "r")
	mustCommit(t, s, changes(put(a, "a"), put(role, "r")))

	last := provided(changes(put(a, "changed", role), put(b, "new", role), del(role)), require1(store.Exists, a), require1(store.Absent, role))
	mustRefuse(t, s, last, exists(role))
	mustCommit(t, s, provided(changes(del(role)), require1(store.Unreferenced, role)))
}

func testJudgedBeforeChanges(t *testing.T, s store.Store) {
	role, user := key("role", "r"), key("profile", "p")
	mustCommit(t, s, changes(put(role, "r"), put(user, "p", role)))

	// The commit would release the reference, but it is judged on what was there before it.
	mustRefuse(t, s, provided(changes(del(user), del(role)), require1(store.Unreferenced, role)), inUse(role))
	// And it does not see what it is about to write.
	fresh := key("role", "fresh")
	mustRefuse(t, s, provided(changes(put(fresh, "f")), require1(store.Exists, fresh)), missing(fresh))
	mustCommit(t, s, provided(changes(put(fresh, "f", fresh)), require1(store.Absent, fresh), require1(store.Unreferenced, fresh)))
}

func testEmptyCommit(t *testing.T, s store.Store) {
	e := mustCommit(t, s, changes())
	require.Equal(t, store.Head{}, e.Head, "an empty commit on an empty history")

	a := key("role", "a")
	first := mustCommit(t, s, changes(put(a, "a")))
	empty := provided(changes(), require1(store.Exists, a))
	e = mustCommit(t, s, empty)
	require.Equal(t, first.Head, e.Head)
	require.Empty(t, e.Puts)
	require.Empty(t, e.Deletions)
	require.Equal(t, first.Head, mustHead(t, s))

	// It is in no log, so it is judged anew each time.
	gone := mustCommit(t, s, changes(del(a)))
	mustRefuse(t, s, empty, missing(a))
	require.Equal(t, gone.Head, mustHead(t, s))
}

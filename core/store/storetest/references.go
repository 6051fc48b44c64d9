package storetest

import (
	"testing"

	"github.com/profilegate/profilegate/core/store"
)

var referenceTests = []test{
	{"Counted", on(testReferencesCounted)},
	{"Replaced", on(testReferencesReplaced)},
	{"OfItself", on(testReferenceOfItself)},
	{"Repeated", on(testReferencesRepeated)},
	{"Dangling", on(testReferenceDangling)},
	{"MovedInOneCommit", on(testReferenceMoved)},
}

// free and used see whether a record is referred to, without a change.
func free(t *testing.T, s store.Store, ks ...store.Key) {
	t.Helper()
	for _, k := range ks {
		mustCommit(t, s, provided(changes(), require1(store.Unreferenced, k)))
	}
}

func used(t *testing.T, s store.Store, ks ...store.Key) {
	t.Helper()
	for _, k := range ks {
		mustRefuse(t, s, provided(changes(), require1(store.Unreferenced, k)), inUse(k))
	}
}

func testReferencesCounted(t *testing.T, s store.Store) {
	role := key("role", "r")
	p, q := key("profile", "p"), key("profile", "q")
	mustCommit(t, s, changes(put(role, "r")))
	free(t, s, role)
	mustCommit(t, s, changes(put(p, "", role)))
	mustCommit(t, s, changes(put(q, "", role)))
	used(t, s, role)
	mustCommit(t, s, changes(del(p)))
	used(t, s, role)
	mustCommit(t, s, changes(del(p))) // not there any more: releases nothing
	used(t, s, role)
	mustCommit(t, s, changes(del(q)))
	free(t, s, role)
	// The same id as another kind is another record.
	mustCommit(t, s, changes(put(p, "", key("profile", "r"))))
	free(t, s, role)
}

func testReferencesReplaced(t *testing.T, s store.Store) {
	p := key("profile", "p")
	a, b, c := key("role", "a"), key("role", "b"), key("role", "c")
	mustCommit(t, s, changes(put(p, "1", a, b)))
	used(t, s, a, b)
	free(t, s, c)
	mustCommit(t, s, changes(put(p, "2", b, c)))
	free(t, s, a)
	used(t, s, b, c)
	mustCommit(t, s, changes(put(p, "3", c, b)))
	used(t, s, b, c)
	mustCommit(t, s, changes(put(p, "4")))
	free(t, s, a, b, c)
}

func testReferenceOfItself(t *testing.T, s store.Store) {
	p := key("profile", "p")
	mustCommit(t, s, changes(put(p, "", p)))
	mustRefuse(t, s, provided(changes(del(p)), require1(store.Unreferenced, p)), inUse(p))
	mustCommit(t, s, changes(del(p)))
	free(t, s, p)
}

func testReferencesRepeated(t *testing.T, s store.Store) {
	p, q := key("profile", "p"), key("profile", "q")
	a, b := key("role", "a"), key("role", "b")
	mustCommit(t, s, changes(put(p, "", a, a, b, a), put(q, "", b, b)))
	used(t, s, a, b)
	mustCommit(t, s, changes(put(p, "", b, b)))
	free(t, s, a)
	mustCommit(t, s, changes(put(p, "", b)))
	mustCommit(t, s, changes(del(q)))
	used(t, s, b)
	mustCommit(t, s, changes(del(p)))
	free(t, s, a, b)
}

func testReferenceDangling(t *testing.T, s store.Store) {
	p, role := key("profile", "p"), key("role", "r")
	mustCommit(t, s, changes(put(p, "", role)))
	used(t, s, role)
	mustCommit(t, s, changes(put(role, "late")))
	used(t, s, role)
	mustCommit(t, s, changes(del(role))) // nobody asked whether it is in use
	used(t, s, role)
	mustCommit(t, s, changes(del(p)))
	free(t, s, role)
}

func testReferenceMoved(t *testing.T, s store.Store) {
	p, q, role := key("profile", "p"), key("profile", "q"), key("role", "r")
	mustCommit(t, s, changes(put(p, "", role)))
	mustCommit(t, s, changes(del(p), put(q, "", role)))
	used(t, s, role)
	mustCommit(t, s, changes(put(p, "", role), del(q)))
	used(t, s, role)
	mustCommit(t, s, changes(put(q, "", p), put(p, "", q)))
	used(t, s, p, q)
	free(t, s, role)
	mustCommit(t, s, changes(del(p), del(q)))
	free(t, s, p, q, role)
}

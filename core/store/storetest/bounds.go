package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var boundTests = []test{
	{"Refused", on(testBoundsRefused)},
	{"LargestRecord", on(testLargestRecord)},
	{"MostChanges", on(testMostChanges)},
	{"MostReferences", on(testMostReferences)},
	{"Limits", on(testLimits)},
}

func testBoundsRefused(t *testing.T, s store.Store) {
	k := key("profile", "p")
	mustCommit(t, s, changes(put(k, "there")))
	long := strings.Repeat("x", store.MaxIDBytes+1)
	many := make([]store.Change, store.MaxOpsPerCommit+1)
	conds := make([]store.Condition, store.MaxOpsPerCommit+1)
	for i := range many {
		many[i] = put(key("profile", fmt.Sprint(i)), "")
		conds[i] = require1(store.Exists, k)
	}
	for _, tt := range []struct {
		name   string
		commit store.Commit
	}{
		{"no commit id", store.Commit{Changes: []store.Change{put(k, "")}}},
		{"key twice", changes(put(k, "a"), put(key("role", "r"), ""), del(k))},
		{"key twice among many", changes(append(many[:20:20], many[7])...)},
		{"empty id", changes(put(key("profile", ""), ""))},
		{"empty kind", changes(put(key("", "p"), ""))},
		{"kind with a separator", changes(put(key("a:b", "p"), ""))},
		{"kind in upper case", changes(put(key("Profile", "p"), ""))},
		{"long id", changes(put(key("profile", long), ""))},
		{"id not UTF-8", changes(put(key("profile", "\xff"), ""))},
		{"delete with data", changes(store.Change{Key: k, Delete: true, Data: []byte("x")})},
		{"delete with references", changes(store.Change{Key: k, Delete: true, Refs: []store.Key{k}})},
		{"large record", changes(store.Change{Key: k, Data: make([]byte, store.MaxRecordBytes+1)})},
		{"many references", changes(store.Change{Key: k, Refs: make([]store.Key, store.MaxRefsPerRecord+1)})},
		{"empty id in a reference", changes(put(k, "", key("role", "")))},
		{"long id in a reference", changes(put(k, "", key("role", long)))},
		{"many changes", changes(many...)},
		{"many conditions", provided(changes(put(k, "")), conds...)},
		{"no requirement", provided(changes(put(k, "")), store.Condition{Key: k})},
		{"unknown requirement", provided(changes(put(k, "")), store.Condition{Key: k, Require: 99})},
		{"empty id in a condition", provided(changes(put(k, "")), require1(store.Absent, key("profile", "")))},
		{"long id in a condition", provided(changes(put(k, "")), require1(store.Absent, key("profile", long)))},
		{"condition of an empty commit", provided(changes(), require1(store.Absent, key("profile", long)))},
	} {
		t.Run(tt.name, func(t *testing.T) { mustRefuse(t, s, tt.commit, &fault.Error{Kind: fault.Invalid}) })
	}
}

func testLargestRecord(t *testing.T, s store.Store) {
	k := key("profile", strings.Repeat("k", store.MaxIDBytes))
	data := bytes.Repeat([]byte("\x00\xffdata"), store.MaxRecordBytes/6+1)[:store.MaxRecordBytes]
	e := mustCommit(t, s, store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: k, Data: data}}})
	require.True(t, bytes.Equal(data, e.Puts[0].Data))
	require.True(t, bytes.Equal(data, mustRead(t, s)[k].Data))
	es, err := s.Events(bounded(t), store.Head{}, 10)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, es[0].Puts[0].Data))
}

func testMostChanges(t *testing.T, s store.Store) {
	role := key("role", "r")
	puts, dels := make([]store.Change, store.MaxOpsPerCommit), make([]store.Change, store.MaxOpsPerCommit)
	absent, there := make([]store.Condition, store.MaxOpsPerCommit), make([]store.Condition, store.MaxOpsPerCommit)
	for i := range puts {
		k := key("profile", fmt.Sprintf("p-%04d", i))
		puts[i], dels[i] = put(k, k.ID, role), del(k)
		absent[i], there[i] = require1(store.Absent, k), atVersion(k, 1)
	}
	e := mustCommit(t, s, provided(changes(puts...), absent...))
	require.Len(t, e.Puts, store.MaxOpsPerCommit)
	require.Len(t, mustRead(t, s), store.MaxOpsPerCommit)
	used(t, s, role)
	e = mustCommit(t, s, provided(changes(dels...), there...))
	require.Len(t, e.Deletions, store.MaxOpsPerCommit)
	require.Empty(t, mustRead(t, s))
	free(t, s, role)
	es, err := follow(bounded(t), s, store.Head{}, 2, 10)
	require.NoError(t, err)
	requireChain(t, store.Head{}, es)
}

func testMostReferences(t *testing.T, s store.Store) {
	refs := make([]store.Key, store.MaxRefsPerRecord)
	for i := range refs {
		refs[i] = key("role", fmt.Sprint(i))
	}
	first, middle, last := refs[0], refs[len(refs)/2], refs[len(refs)-1]
	p := key("profile", "p")
	mustCommit(t, s, changes(put(p, "all", refs...)))
	used(t, s, first, middle, last)
	mustCommit(t, s, changes(put(p, "all but one", refs[1:]...)))
	free(t, s, first)
	used(t, s, middle, last)
	mustCommit(t, s, changes(del(p)))
	free(t, s, first, middle, last)
}

func testLimits(t *testing.T, s store.Store) {
	mustCommit(t, s, changes(put(key("profile", "p"), "")))
	for _, limit := range []int{-1, 0, store.MaxChangesPerFetch + 1} {
		_, err := s.Events(bounded(t), store.Head{}, limit)
		requireFault(t, err, &fault.Error{Kind: fault.Invalid})
	}
	es, err := s.Events(bounded(t), store.Head{}, store.MaxChangesPerFetch)
	require.NoError(t, err)
	require.Len(t, es, 1)
}

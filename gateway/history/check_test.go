package history

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// did is an operation that was answered OK. Times are in milliseconds, and its number is when it began.
func did(kind Kind, key Key, begin, end int, more ...func(*Operation)) Operation {
	o := Operation{
		Number: begin, Client: "someone", Node: "one", Kind: kind, Key: key,
		Begin: time.Duration(begin) * time.Millisecond, End: time.Duration(end) * time.Millisecond, Answer: Answer{Result: OK},
	}
	for _, m := range more {
		m(&o)
	}
	return o
}

func told(r Result) func(*Operation)      { return func(o *Operation) { o.Answer.Result = r } }
func shown(s State) func(*Operation)      { return func(o *Operation) { o.Answer.State = s } }
func at(revision uint64) func(*Operation) { return func(o *Operation) { o.Answer.Revision = revision } }
func on(node string) func(*Operation)     { return func(o *Operation) { o.Node = node } }
func of(role string) func(*Operation)     { return func(o *Operation) { o.Role = role } }
func waited(o *Operation)                 { o.Wait = true }
func final(o *Operation)                  { o.Final = true }
func unconfirmed(o *Operation)            { o.Answer.Unconfirmed = true }

// found is a search that watched one record.
func found(k Key, s State) func(*Operation) {
	return func(o *Operation) {
		o.Key, o.Watch, o.Answer.Found = "", []Key{k}, map[Key]State{k: s}
	}
}

func TestCheck(t *testing.T) {
	const k, r = Key("policy/p"), Key("role/r")
	absent := State{}
	tests := []struct {
		name string
		ops  []Operation
		cuts []Cut
		want []Promise
	}{
		{name: "nothing happened"},
		{name: "a life", ops: []Operation{
			did(Create, k, 1, 2, at(1)), did(Get, k, 3, 4, shown(Present(1))), did(Update, k, 5, 6, shown(Present(1, 5)), at(2)),
			did(Replace, k, 7, 8, at(3)), did(Get, k, 9, 10, shown(Present(7))), did(Delete, k, 11, 12, at(4)), did(Get, k, 13, 14, told(Missing)),
			did(Create, k, 15, 16, at(5)),
		}},
		{name: "a read of what is being written may be either", ops: []Operation{
			did(Create, k, 1, 10), did(Get, k, 2, 3, told(Missing)), did(Get, k, 4, 5, shown(Present(1))),
		}},
		{name: "a write without an answer may come later", ops: []Operation{
			did(Create, k, 1, 2, told(Unknown)), did(Get, k, 3, 4, told(Missing)), did(Get, k, 5, 6, shown(Present(1))),
		}},
		{name: "or never", ops: []Operation{did(Create, k, 1, 2, told(Unknown)), did(Get, k, 3, 4, told(Missing), final)}},
		{name: "but not be undone", ops: []Operation{
			did(Create, k, 1, 2, told(Unknown)), did(Get, k, 3, 4, shown(Present(1))), did(Get, k, 5, 6, told(Missing)),
		}, want: []Promise{Linearizable}},
		{name: "a stale read", ops: []Operation{did(Create, k, 1, 2), did(Get, k, 3, 4, told(Missing)), did(Get, k, 5, 6, shown(Present(1)), final)}, want: []Promise{Linearizable}},
		{name: "a write that was refused is seen", ops: []Operation{did(Create, k, 1, 2, told(Refused)), did(Get, k, 3, 4, shown(Present(1)))}, want: []Promise{Linearizable}},
		{name: "an acknowledged create is lost", ops: []Operation{did(Create, k, 1, 2), did(Get, k, 3, 4, told(Missing), final)}, want: []Promise{Linearizable, NothingLost}},
		{name: "an acknowledged update is lost", ops: []Operation{
			did(Create, k, 1, 2), did(Update, k, 3, 4, shown(Present(1, 3))), did(Get, k, 5, 6, shown(Present(1)), final),
		}, want: []Promise{Linearizable, NothingLost}},
		{name: "an acknowledged deletion is lost", ops: []Operation{
			did(Create, k, 1, 2), did(Delete, k, 3, 4), did(Get, k, 5, 6, shown(Present(1)), final),
		}, want: []Promise{Linearizable, NothingLost}},
		{name: "two creators", ops: []Operation{did(Create, k, 1, 4), did(Create, k, 2, 3)}, want: []Promise{Linearizable, OneCreator}},
		{name: "two creators and a deletion", ops: []Operation{did(Create, k, 1, 2), did(Delete, k, 3, 4), did(Create, k, 5, 6)}},
		{name: "a creator and one who is refused", ops: []Operation{did(Create, k, 1, 4), did(Create, k, 2, 3, told(Exists))}},
		{name: "two updates take each other's place", ops: []Operation{
			did(Create, k, 1, 2), did(Update, k, 3, 6, shown(Present(1, 3))), did(Update, k, 4, 7, shown(Present(1, 4))),
		}, want: []Promise{Linearizable, NoLostUpdate}},
		{name: "two updates follow each other", ops: []Operation{
			did(Create, k, 1, 2), did(Update, k, 3, 6, shown(Present(1, 3))), did(Update, k, 4, 7, shown(Present(1, 3, 4))),
		}},
		{name: "a search misses what waited", ops: []Operation{
			did(Create, k, 1, 2, waited), did(Search, k, 3, 4, on("two"), found(k, absent)),
		}, want: []Promise{WaitFor}},
		{name: "a search misses what did not wait", ops: []Operation{did(Create, k, 1, 2), did(Search, k, 3, 4, found(k, absent))}},
		{name: "a search misses what was not confirmed", ops: []Operation{did(Create, k, 1, 2, waited, unconfirmed), did(Search, k, 3, 4, found(k, absent))}},
		{name: "a search that began before the answer", ops: []Operation{did(Create, k, 1, 4, waited), did(Search, k, 3, 5, found(k, absent))}},
		{name: "a node refuses to search", ops: []Operation{did(Create, k, 1, 2, waited), did(Search, k, 3, 4, told(Refused), found(k, absent))}},
		{name: "a search finds what came later", ops: []Operation{
			did(Create, k, 1, 2, waited), did(Replace, k, 3, 5), did(Search, k, 4, 6, found(k, Present(3))),
		}},
		{name: "a search finds what may have been deleted", ops: []Operation{
			did(Create, k, 1, 2, waited), did(Delete, k, 3, 5, told(Unknown)), did(Search, k, 6, 7, found(k, absent)),
		}},
		{name: "a search finds an update without the one before", ops: []Operation{
			did(Create, k, 1, 2, waited), did(Update, k, 3, 4, waited, shown(Present(1, 3))), did(Update, k, 5, 6, shown(Present(1, 3, 5))),
			did(Search, k, 7, 8, found(k, Present(1, 5))),
		}, want: []Promise{WaitFor}},
		{name: "a role that is gone", ops: []Operation{
			did(Create, k, 1, 2, of("r")), did(Get, k, 3, 4, of("r"), shown(Present(1)), final), did(Get, r, 5, 6, told(Missing), final),
		}, want: []Promise{NoDangling}},
		{name: "a role that is there", ops: []Operation{
			did(Create, r, 1, 2), did(Create, k, 3, 4, of("r")),
			did(Get, k, 5, 6, of("r"), shown(Present(3)), final), did(Get, r, 7, 8, shown(Present(0)), final),
		}},
		{name: "revisions go back", ops: []Operation{did(Create, k, 1, 2, at(7)), did(Delete, k, 3, 4, at(6))}, want: []Promise{Revisions}},
		{name: "a revision is told twice", ops: []Operation{did(Create, k, 1, 4, at(7)), did(Create, "policy/q", 2, 3, at(7))}, want: []Promise{Revisions}},
		{name: "revisions of concurrent writes", ops: []Operation{did(Create, k, 1, 4, at(7)), did(Create, "policy/q", 2, 3, at(6))}},
		{name: "a cut-off node answers after its lease", ops: []Operation{did(Search, k, 3001, 3002, found(k, absent))}, cuts: []Cut{{"one", time.Second, 4 * time.Second}}, want: []Promise{Lease}},
		{name: "a cut-off node answers within its lease", ops: []Operation{did(Search, k, 2999, 3002, found(k, absent))}, cuts: []Cut{{"one", time.Second, 4 * time.Second}}},
		{name: "a node is back", ops: []Operation{did(Search, k, 3999, 4002, found(k, absent))}, cuts: []Cut{{"one", time.Second, 4 * time.Second}}},
		{name: "another node is cut off", ops: []Operation{did(Search, k, 3001, 3002, found(k, absent))}, cuts: []Cut{{"two", time.Second, 4 * time.Second}}},
		{name: "nodes tell two histories", ops: []Operation{
			did(Create, k, 1, 2), did(Get, k, 3, 4, shown(Present(1)), final), did(Search, k, 5, 6, on("two"), found(k, absent), final),
		}, want: []Promise{OneHistory}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Check(History{Operations: tt.ops, Cuts: tt.cuts}, Options{})
			require.Equal(t, cmp.Or(len(tt.want), 0), len(got.Broken()), got)
			require.ElementsMatch(t, tt.want, got.Broken(), got)
			require.Empty(t, got.Undecided)
		})
	}
}

// TestHonestRegisterPasses plays random operations on a register that is what the model says, with answers that come some time after it and
// some that never come: no promise is broken.
func TestHonestRegisterPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const key = Key("policy/p")
		var state State
		var ops []Operation
		kinds := []Kind{Create, Replace, Update, Delete, Get, Search}
		for n := range rapid.IntRange(0, 60).Draw(t, "operations") {
			// Carried out at instant 10n: begun up to four operations before, answered up to four later.
			o := did(rapid.SampledFrom(kinds).Draw(t, "kind"), key, 0, 0)
			o.Number, o.Client = n+1, string(rune('a'+n%5))
			o.Begin = time.Duration(10*n - rapid.IntRange(1, 45).Draw(t, "before"))
			o.End = time.Duration(10*n + rapid.IntRange(1, 45).Draw(t, "after"))
			carryOut(&state, &o, uint64(n+1))
			if o.Kind.writes() && rapid.IntRange(0, 9).Draw(t, "lost") == 0 {
				o.Answer = Answer{Result: Unknown}
			}
			ops = append(ops, o)
		}
		last := did(Get, key, 0, 0, shown(state), final)
		last.Begin, last.End = time.Hour, time.Hour
		if !state.Exists {
			last.Answer.Result = Missing
		}
		got := Check(History{Operations: append(ops, last)}, Options{Patience: time.Minute})
		require.Empty(t, got.Violations, got)
	})
}

// carryOut applies an operation to a register, and answers it.
func carryOut(state *State, o *Operation, revision uint64) {
	o.Wait = true
	next, can := effect(*state, o)
	switch {
	case o.Kind == Search:
		found(o.Key, *state)(o)
	case o.Kind == Get && state.Exists:
		o.Answer.State = *state
	case o.Kind == Create && !can:
		o.Answer.Result = Exists
	case !can || o.Kind == Get:
		o.Answer.Result = Missing
	default:
		*state, o.Answer.State, o.Answer.Revision = next, next, revision
	}
}

func TestStates(t *testing.T) {
	s := Present(7).Marked(12).Marked(3)
	require.Equal(t, State{Exists: true, Value: 7, Marks: ",3,12"}, s)
	require.True(t, s.Has(12))
	require.False(t, s.Has(1))
	require.Equal(t, "7+3,12", s.String())
	require.Equal(t, "absent", State{}.String())
}

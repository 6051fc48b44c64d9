package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var modelTests = []test{
	{"SameAsMemory", testSameAsMemory},
}

// testSameAsMemory sends random commits to the store and to the model and compares every answer, and in the end the log and the records.
func testSameAsMemory(t *testing.T, h Harness) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		name := fmt.Sprint("model-", n)
		s, model := h.Open(t, name), NewMemory()
		defer func() {
			if err := s.Close(); err != nil {
				rt.Errorf("close: %v", err)
			}
		}()
		var sent []store.Commit
		for _, c := range rapid.SliceOfN(genCommit(), 1, 25).Draw(rt, "commits") {
			if again := rapid.IntRange(0, 5).Draw(rt, "again"); again == 0 && len(sent) > 0 {
				c = rapid.SampledFrom(sent).Draw(rt, "resent")
			}
			sent = append(sent, c)
			compareCommit(t, rt, s, model, c)
		}
		compareLogs(t, rt, s, model)
	})
}

func compareCommit(t *testing.T, rt *rapid.T, s store.Store, model *Memory, c store.Commit) {
	got, gotErr := s.Commit(t.Context(), c)
	want, wantErr := model.Commit(t.Context(), c)
	if diff := cmp.Diff(want, got, alike...); diff != "" {
		rt.Fatalf("event of %+v (-want +got)\n%s", c, diff)
	}
	if diff := cmp.Diff(verdictOf(wantErr), verdictOf(gotErr)); diff != "" {
		rt.Fatalf("verdict on %+v (-want +got)\n%s", c, diff)
	}
	gotHead, err := s.Head(t.Context())
	if err != nil {
		rt.Fatalf("head: %v", err)
	}
	if wantHead := model.m.head(); gotHead != wantHead {
		rt.Fatalf("head after %+v: got %v, want %v", c, gotHead, wantHead)
	}
}

func compareLogs(t *testing.T, rt *rapid.T, s store.Store, model *Memory) {
	wantHead, want, err := snapshot(t.Context(), model)
	if err != nil {
		rt.Fatalf("snapshot of the model: %v", err)
	}
	gotHead, got, err := snapshot(t.Context(), s)
	if err != nil {
		rt.Fatalf("snapshot: %v", err)
	}
	if diff := cmp.Diff(want, got, alike...); diff != "" || gotHead != wantHead {
		rt.Fatalf("records at %v and %v (-want +got)\n%s", wantHead, gotHead, diff)
	}
	log, err := follow(t.Context(), s, store.Head{}, wantHead.Revision, 10)
	if err != nil {
		rt.Fatalf("events: %v", err)
	}
	if diff := cmp.Diff(model.m.log, log, alike...); diff != "" {
		rt.Fatalf("log (-want +got)\n%s", diff)
	}
}

// verdict is what the port promises of a fault.
type verdict struct {
	Kind    fault.Kind
	Code    fault.Code
	Subject fault.Subject
}

func verdictOf(err error) verdict {
	if err == nil {
		return verdict{}
	}
	f := fault.As(err)
	return verdict{f.Kind, f.Code, f.Subject}
}

// genKey draws from few keys, so that commits meet.
func genKey() *rapid.Generator[store.Key] {
	return rapid.Custom(func(t *rapid.T) store.Key {
		return key(rapid.SampledFrom([]string{"profile", "role"}).Draw(t, "kind"), rapid.SampledFrom([]string{"a", "b", "a:b"}).Draw(t, "id"))
	})
}

func genCommit() *rapid.Generator[store.Commit] {
	return rapid.Custom(func(t *rapid.T) store.Commit {
		c := store.Commit{ID: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "commit id"))}
		c.ID[0] |= 1 // the zero id is no id
		c.Conditions = rapid.SliceOfN(genCondition(), 0, 2).Draw(t, "conditions")
		c.Changes = rapid.SliceOfNDistinct(genChange(), 0, 4, func(c store.Change) store.Key { return c.Key }).Draw(t, "changes")
		return c
	})
}

func genCondition() *rapid.Generator[store.Condition] {
	return rapid.Custom(func(t *rapid.T) store.Condition {
		return store.Condition{
			Key:     genKey().Draw(t, "key"),
			Require: rapid.SampledFrom([]store.Requirement{store.Absent, store.Exists, store.AtVersion, store.Unreferenced}).Draw(t, "require"),
			Version: rapid.Uint64Range(0, 4).Draw(t, "version"), Revision: rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64Range(1, 8)).Draw(t, "revision"),
		}
	})
}

func genChange() *rapid.Generator[store.Change] {
	return rapid.Custom(func(t *rapid.T) store.Change {
		k := genKey().Draw(t, "key")
		if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
			return del(k)
		}
		return store.Change{
			Key: k, Data: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "data"),
			Refs: rapid.SliceOfN(genKey(), 0, 3).Draw(t, "refs"),
		}
	})
}

package jsonvalue_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

func genNumber() *rapid.Generator[jsonvalue.Value] {
	literal := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,3})?`)
	return rapid.Map(literal, func(s string) jsonvalue.Value {
		v, err := jsonvalue.Number(s)
		if err != nil {
			panic(err)
		}
		return v
	})
}

func genText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"", "a", "b", "0", "7", "10", "\xed\xa0\x80", "\xed\xbf\xbf", "x\xed\xa0\x80\xed\xb0\x80", "\xff\"\\\n<"}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) }),
	)
}

func genValue(depth int) *rapid.Generator[jsonvalue.Value] {
	kinds := []*rapid.Generator[jsonvalue.Value]{
		rapid.Just(jsonvalue.Null()),
		rapid.Map(rapid.Bool(), jsonvalue.Bool),
		genNumber(),
		rapid.Map(genText(), jsonvalue.String),
	}
	if depth > 0 {
		child := genValue(depth - 1)
		member := rapid.Custom(func(t *rapid.T) jsonvalue.Member {
			return jsonvalue.Member{Name: genText().Draw(t, "name"), Value: child.Draw(t, "value")}
		})
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(child, 0, 5), func(vs []jsonvalue.Value) jsonvalue.Value { return jsonvalue.Array(vs...) }),
			rapid.Map(rapid.SliceOfN(member, 0, 40), func(ms []jsonvalue.Member) jsonvalue.Value { return jsonvalue.Object(ms...) }),
		)
	}
	return rapid.OneOf(kinds...)
}

func mustParse(t *rapid.T, data []byte) jsonvalue.Value {
	v, err := jsonvalue.Parse(data, jsonvalue.Limits{})
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return v
}

func TestPropertyWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := genValue(3).Draw(t, "value")
		data := v.AppendTo(nil)
		if !utf8.Valid(data) || !json.Valid(data) {
			t.Fatalf("not JSON: %q", data)
		}
		back := mustParse(t, data)
		if !jsonvalue.Equal(v, back) || string(back.AppendTo(nil)) != string(data) {
			t.Fatalf("%s read back as %s", data, back)
		}
	})
}

func TestPropertyJavaScriptIsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := genValue(3).Draw(t, "value").JavaScript()
		if twice := once.JavaScript(); twice.String() != once.String() {
			t.Fatalf("%s, then %s", once, twice)
		}
	})
}

func TestPropertyEqualIsAnEquivalence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := genValue(2).Draw(t, "a"), genValue(2).Draw(t, "b")
		if !jsonvalue.Equal(a, a) {
			t.Fatalf("%s is not itself", a)
		}
		if jsonvalue.Equal(a, b) != jsonvalue.Equal(b, a) {
			t.Fatalf("not symmetric: %s, %s", a, b)
		}
		if i, ok := a.Int64(); ok && !jsonvalue.Equal(a, jsonvalue.Int(i)) {
			t.Fatalf("%s is not %d", a, i)
		}
	})
}

// TestPropertyObjectIsAMap holds an object against the plain model of what its members mean.
func TestPropertyObjectIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[a-e]{1,2}`), 0, 60).Draw(t, "names")
		members := make([]jsonvalue.Member, len(names))
		model := map[string]int64{}
		var order []string
		for i, name := range names {
			members[i] = jsonvalue.Member{Name: name, Value: jsonvalue.Int(int64(i))}
			if _, seen := model[name]; !seen {
				order = append(order, name)
			}
			model[name] = int64(i)
		}
		v := jsonvalue.Object(members...)
		if v.Len() != len(order) {
			t.Fatalf("%d members, want %d", v.Len(), len(order))
		}
		for i, m := range v.Members() {
			if got, _ := v.Get(m.Name).Int64(); m.Name != order[i] || got != model[m.Name] {
				t.Fatalf("member %d is %s=%d", i, m.Name, got)
			}
		}
		name := rapid.StringMatching(`[a-f]{1,2}`).Draw(t, "name")
		if with := v.With(name, jsonvalue.Null()); !with.Get(name).IsNull() || !jsonvalue.Equal(with.Without(name), v.Without(name)) {
			t.Fatalf("With and Without disagree on %q", name)
		}
	})
}

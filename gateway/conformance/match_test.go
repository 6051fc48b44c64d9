package conformance

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func differences(t *testing.T, want, got string, vars Vars) []string {
	t.Helper()
	pattern, err := ParsePattern([]byte(want), vars)
	require.NoError(t, err)
	doc, err := Decode([]byte(got))
	require.NoError(t, err)
	var out []string
	for _, d := range Match(pattern, doc) {
		out = append(out, d.String())
	}
	return out
}

func TestMatch(t *testing.T) {
	vars := Vars{"id": "abc", "n": json.Number("7"), "odd": "{{any}}"}
	tests := []struct {
		name, want, got string
		diffs           []string
	}{
		{"equal", `{"a":[1,"x",null,true]}`, `{"a":[1,"x",null,true]}`, nil},
		{"key order is free", `{"a":1,"b":2}`, `{"b":2,"a":1}`, nil},
		{"numbers by value", `[1,1.0,100,0,-0.0]`, `[1.0,1e0,1E+2,-0,0.00]`, nil},
		{"numbers that differ", `[1,10,-1]`, `[1.1,1,1]`, []string{"/0: want 1, got 1.1", "/1: want 10, got 1", "/2: want -1, got 1"}},
		{"huge exponents", `[1e999999999999999999999]`, `[10e999999999999999999998]`, nil},
		{"big integers", `9007199254740993`, `9007199254740992`, []string{"(the document): want 9007199254740993, got 9007199254740992"}},
		{"number is no text", `1`, `"1"`, []string{`(the document): want 1, got "1"`}},
		{"null is no absence", `{"a":null}`, `{}`, []string{"/a: missing, want null"}},
		{"key too many", `{}`, `{"a/b~":1}`, []string{"/a~1b~0: not expected, got 1"}},
		{"array too short", `[1,2]`, `[1]`, []string{"/1: missing, want 2"}},
		{"array too long", `[1]`, `[1,2]`, []string{"/1: not expected, got 2"}},
		{"array order counts", `[1,2]`, `[2,1]`, []string{"/0: want 1, got 2", "/1: want 2, got 1"}},
		{"deep", `{"a":{"b":[{"c":1}]}}`, `{"a":{"b":[{"c":2}]}}`, []string{"/a/b/0/c: want 1, got 2"}},
		{"other type", `{"a":{}}`, `{"a":[]}`, []string{"/a: want {}, got []"}},

		{"any", `{"a":"{{any}}"}`, `{"a":null}`, nil},
		{"any is there", `{"a":"{{any}}"}`, `{}`, []string{"/a: missing, want {{any}}"}},
		{"absent-or-any, absent", `{"a":"{{absent-or-any}}"}`, `{}`, nil},
		{"absent-or-any, there", `{"a":"{{absent-or-any}}"}`, `{"a":[1]}`, nil},
		{"string", `"{{string}}"`, `""`, nil},
		{"no string", `"{{string}}"`, `1`, []string{"(the document): want {{string}}, got 1"}},
		{"number", `["{{number}}","{{number}}"]`, `[1,"1"]`, []string{`/1: want {{number}}, got "1"`}},
		{"bool", `["{{bool}}","{{bool}}"]`, `[false,0]`, []string{`/1: want {{bool}}, got 0`}},
		{"uuid", `"{{uuid}}"`, `"0b7ac1e8-7f0a-4d3e-9d2c-2f7a3b8c9d01"`, nil},
		{"uuid without dashes", `"{{uuid}}"`, `"0b7ac1e87f0a4d3e9d2c2f7a3b8c9d01"`, []string{`(the document): want {{uuid}}, got "0b7ac1e87f0a4d3e9d2c2f7a3b8c9d01"`}},
		{"time", `"{{time}}"`, `"2026-11-21T18:20:00Z"`, nil},
		{"time without zone", `"{{time}}"`, `"2026-11-21T18:20:00"`, []string{`(the document): want {{time}}, got "2026-11-21T18:20:00"`}},
		{"time with a fraction", `"{{time}}"`, `"2026-11-21T18:20:00.5Z"`, []string{`(the document): want {{time}}, got "2026-11-21T18:20:00.5Z"`}},
		{"time of no day", `"{{time}}"`, `"2026-02-30T18:20:00Z"`, []string{`(the document): want {{time}}, got "2026-02-30T18:20:00Z"`}},

		{"saved value", `{"a":"{{id}}","b":"x-{{id}}-{{n}}","c":"{{n}}"}`, `{"a":"abc","b":"x-abc-7","c":7.0}`, nil},
		{"saved value differs", `"{{id}}"`, `"abd"`, []string{`(the document): want "abc", got "abd"`}},
		{"saved value that looks like a matcher", `"{{odd}}"`, `"x"`, []string{`(the document): want "{{any}}", got "x"`}},

		{"unordered", `{"{{unordered}}":[1,2,2]}`, `[2,1,2]`, nil},
		{"unordered counts", `{"{{unordered}}":[1,2,2]}`, `[2,1,1]`, []string{"/2: want 2, got 1"}},
		{"unordered, one missing", `{"{{unordered}}":[1,2]}`, `[2]`, []string{"/(any place): missing, want 1"}},
		{"unordered, one too many", `{"{{unordered}}":[1]}`, `[2,1]`, []string{"/0: not expected, got 2"}},
		{"unordered pairs where greed fails", `{"{{unordered}}":["{{any}}","{{string}}",1]}`, `["x",1,"y"]`, nil},
		{"unordered is an array", `{"{{unordered}}":[]}`, `{}`, []string{"(the document): want {{unordered}}[], got {}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := differences(t, tt.want, tt.got, vars)
			require.Empty(t, cmp.Diff(tt.diffs, got))
		})
	}
}

func TestParsePatternRefuses(t *testing.T) {
	for _, doc := range []string{
		`"{{nobody}}"`, `"a{{any}}"`, `"{{unordered}}"`, `{"{{unordered}}":1}`,
		`{"{{unordered}}":[],"a":1}`, `{"{{any}}":1}`, `{"a":1,"a":2}`, `[1] 2`, `{`, ``,
	} {
		_, err := ParsePattern([]byte(doc), nil)
		require.Error(t, err, doc)
	}
}

// document draws a JSON document without {{names}}, in Decode's types.
func document() *rapid.Generator[any] {
	text := rapid.String().Filter(func(s string) bool { return !strings.Contains(s, "{{") })
	leaf := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Map(rapid.Float64(), func(f float64) any { return json.Number(strconv.FormatFloat(f, 'g', -1, 64)) }),
		rapid.Map(rapid.Int64(), func(i int64) any { return json.Number(strconv.FormatInt(i, 10)) }),
		text.AsAny(),
	)
	var node func(depth int) *rapid.Generator[any]
	node = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return leaf
		}
		inner := node(depth - 1)
		return rapid.OneOf(leaf,
			rapid.Map(rapid.SliceOfN(inner, 0, 4), func(s []any) any { return append([]any{}, s...) }),
			rapid.MapOfN(text, inner, 0, 4).AsAny())
	}
	return node(3)
}

// valid tells a document that JSON can write: it has no infinite numbers.
func valid(doc any) bool {
	_, err := Decode(encode(doc))
	return err == nil
}

func TestDocumentMatchesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := document().Filter(valid).Draw(t, "doc")
		pattern, err := ParsePattern(encode(doc), nil)
		require.NoError(t, err)
		got, err := Decode(encode(doc))
		require.NoError(t, err)
		require.Empty(t, Match(pattern, got))
	})
}

func TestChangedLeafIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := document().Filter(valid).Draw(t, "doc")
		pattern, err := ParsePattern(encode(doc), nil)
		require.NoError(t, err)
		at, changed := change(t, doc, "")
		require.Equal(t, []string{at}, pointers(Match(pattern, changed)))
	})
}

func pointers(diffs []Difference) []string {
	var out []string
	for _, d := range diffs {
		out = append(out, d.Pointer)
	}
	return out
}

// change returns a copy of doc with one leaf, or empty container, made another
// value, and where that is.
func change(t *rapid.T, doc any, at string) (string, any) {
	switch d := doc.(type) {
	case map[string]any:
		if len(d) == 0 {
			return at, "changed"
		}
		keys := make([]string, 0, len(d))
		out := map[string]any{}
		for k, v := range d {
			keys = append(keys, k)
			out[k] = v
		}
		key := rapid.SampledFrom(slices.Sorted(slices.Values(keys))).Draw(t, "key")
		var where string
		where, out[key] = change(t, d[key], join(at, key))
		return where, out
	case []any:
		if len(d) == 0 {
			return at, "changed"
		}
		i := rapid.IntRange(0, len(d)-1).Draw(t, "i")
		out := append([]any{}, d...)
		var where string
		where, out[i] = change(t, d[i], join(at, strconv.Itoa(i)))
		return where, out
	case string:
		return at, d + "."
	case json.Number:
		return at, string(d)
	case bool:
		return at, !d
	default:
		return at, false
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte(`{"a":[1,"{{any}}",{"{{unordered}}":[1,2]}]}`), []byte(`{"a":[1.0,2,[2,1]]}`))
	f.Add([]byte(`"{{absent-or-any}}"`), []byte(`null`))
	f.Add([]byte(`1e999999999999`), []byte(`10e999999999998`))
	f.Fuzz(func(t *testing.T, want, got []byte) {
		pattern, err := ParsePattern(want, Vars{"id": "x"})
		if err != nil {
			return
		}
		if doc, err := Decode(got); err == nil {
			Match(pattern, doc)
		}
		if doc, err := Decode(want); err == nil && !strings.Contains(string(want), "{{") && !strings.Contains(string(want), `\u007b`) && !strings.Contains(string(want), `\u007B`) {
			require.Empty(t, Match(pattern, doc))
		}
	})
}

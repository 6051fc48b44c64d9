package query_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
)

// The model: a document is its texts and numbers by path, and a query is evaluated by its JSON as it stands.

type flat struct {
	id      string
	tags    []string
	roles   []string
	rates   []int
	members []map[string][]string // of restrictedTo
}

func drawFlat(t *rapid.T, id string) flat {
	word := rapid.SampledFrom([]string{"a", "b", "ab", "B", ""})
	d := flat{
		id: id, tags: rapid.SliceOfN(word, 0, 3).Draw(t, "tags"), roles: rapid.SliceOfN(word, 0, 2).Draw(t, "roles"),
		rates: rapid.SliceOfN(rapid.IntRange(0, 4), 0, 2).Draw(t, "rates"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "restrictions") {
		d.members = append(d.members, map[string][]string{"index": {word.Draw(t, "index")}, "collections": rapid.SliceOfN(word, 0, 2).Draw(t, "collections")})
	}
	return d
}

func (d flat) tree(t testing.TB) query.Tree {
	policies := []map[string]any{}
	for _, r := range d.roles {
		policies = append(policies, map[string]any{"roleId": r})
	}
	policies = append(policies, map[string]any{"restrictedTo": d.members})
	text, err := json.Marshal(map[string]any{"tags": d.tags, "policies": policies, "rate": d.rates})
	require.NoError(t, err)
	return query.Tree{Key: d.id, Root: value(t, string(text))}
}

type object = map[string]any

func drawQuery(t *rapid.T, depth int) object {
	word := rapid.SampledFrom([]string{"a", "b", "ab", "B", "", "x"})
	field := rapid.SampledFrom([]string{"tags", "policies.roleId"}).Draw(t, "field")
	kinds := []string{"term", "terms", "prefix", "wildcard", "range", "rate", "exists", "ids", "match_all", "match_none", "nested"}
	if depth > 0 {
		kinds = append(kinds, "bool", "bool", "bool", "bool")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "term", "prefix":
		return object{kind: object{field: word.Draw(t, "value")}}
	case "terms":
		return object{kind: object{field: rapid.SliceOfN(word, 0, 3).Draw(t, "values")}}
	case "wildcard":
		return object{kind: object{field: rapid.SampledFrom([]string{"*", "?", "a*", "*b", "?b", "a?*", ""}).Draw(t, "pattern")}}
	case "range":
		return object{"range": object{field: object{"gte": word.Draw(t, "low"), "lt": word.Draw(t, "top")}}}
	case "rate":
		return object{"range": object{"rate": object{"gt": rapid.IntRange(-1, 4).Draw(t, "low"), "lte": rapid.IntRange(0, 5).Draw(t, "top")}}}
	case "exists":
		return object{kind: object{"field": field}}
	case "ids":
		return object{kind: object{"values": rapid.SliceOfN(rapid.SampledFrom([]string{"d0", "d1", "d9"}), 0, 2).Draw(t, "ids")}}
	case "nested":
		both := []object{{"term": object{"policies.restrictedTo.index": word.Draw(t, "index")}}, {"term": object{"policies.restrictedTo.collections": word.Draw(t, "coll")}}}
		return object{kind: object{"path": "policies.restrictedTo", "query": object{"bool": object{"filter": both}}}}
	case "bool":
		b := object{}
		for _, part := range []string{"must", "filter", "should", "must_not"} {
			if n := rapid.IntRange(0, 2).Draw(t, part); n > 0 {
				list := make([]object, n)
				for i := range list {
					list[i] = drawQuery(t, depth-1)
				}
				b[part] = list
			}
		}
		if rapid.Bool().Draw(t, "with minimum") {
			b["minimum_should_match"] = rapid.IntRange(0, 3).Draw(t, "minimum")
		}
		return object{"bool": b}
	default:
		return object{kind: object{}}
	}
}

// holds is the slow, obvious evaluator.
func holds(d flat, q object) bool {
	name, content := only(q)
	switch name {
	case "match_all":
		return true
	case "match_none":
		return false
	case "ids":
		return slices.Contains(content["values"].([]string), d.id)
	case "bool":
		return holdsBool(d, content)
	case "nested":
		both := content["query"].(object)["bool"].(object)["filter"].([]object)
		_, index := only(both[0]["term"].(object))
		_, collection := only(both[1]["term"].(object))
		return slices.ContainsFunc(d.members, func(m map[string][]string) bool {
			return slices.Contains(m["index"], index[""].(string)) && slices.Contains(m["collections"], collection[""].(string))
		})
	case "exists":
		return len(d.texts(content["field"].(string))) > 0
	}
	field, _ := only(content)
	if field == "rate" {
		bounds := content["rate"].(object)
		return slices.ContainsFunc(d.rates, func(n int) bool { return n > bounds["gt"].(int) && n <= bounds["lte"].(int) })
	}
	return slices.ContainsFunc(d.texts(field), func(s string) bool { return textHolds(s, name, content[field]) })
}

func textHolds(s, name string, v any) bool {
	switch name {
	case "term":
		return s == v
	case "terms":
		return slices.Contains(v.([]string), s)
	case "prefix":
		return strings.HasPrefix(s, v.(string))
	case "range":
		return s >= v.(object)["gte"].(string) && s < v.(object)["lt"].(string)
	default:
		return globHolds([]rune(v.(string)), []rune(s))
	}
}

func globHolds(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return globHolds(pattern[1:], s) || len(s) > 0 && globHolds(pattern, s[1:])
	default:
		return len(s) > 0 && (pattern[0] == '?' || pattern[0] == s[0]) && globHolds(pattern[1:], s[1:])
	}
}

func holdsBool(d flat, b object) bool {
	count := func(part string) (yes, all int) {
		list, _ := b[part].([]object)
		for _, q := range list {
			if holds(d, q) {
				yes++
			}
		}
		return yes, len(list)
	}
	must, musts := count("must")
	filter, filters := count("filter")
	should, shoulds := count("should")
	not, _ := count("must_not")
	least, given := b["minimum_should_match"].(int)
	if musts+filters == 0 && shoulds > 0 && least < 1 {
		least, given = 1, true
	}
	return must == musts && filter == filters && not == 0 && (!given || should >= least)
}

// only gives the one member of an object; a text as if it were one named "".
func only(q object) (string, object) {
	for name, v := range q {
		if o, ok := v.(object); ok {
			return name, o
		}
		return name, object{"": v}
	}
	return "", nil
}

func (d flat) texts(field string) []string {
	if field == "tags" {
		return d.tags
	}
	return d.roles
}

func TestQueriesAreTheModel(t *testing.T) {
	o := options(t)
	rapid.Check(t, func(rt *rapid.T) {
		var flats []flat
		var ds []query.Tree
		for i := range rapid.IntRange(0, 6).Draw(rt, "documents") {
			d := drawFlat(rt, fmt.Sprintf("d%d", i))
			flats, ds = append(flats, d), append(ds, d.tree(t))
		}
		q := drawQuery(rt, 3)
		text, err := json.Marshal(object{"query": q})
		require.NoError(rt, err)
		s, err := query.Parse(value(t, string(text)), o)
		require.NoError(rt, err, string(text))
		want := []string{}
		for _, d := range flats {
			if holds(d, q) {
				want = append(want, d.id)
			}
		}
		got, total := find(t, s, ds)
		require.Equal(rt, want, got, string(text))
		require.Equal(rt, len(want), total)
		requirePins(rt, s, flats, got)
	})
}

// requirePins holds that an index of the pinned values knows all hits, and, where the pin says so, nothing but hits.
func requirePins(t *rapid.T, s *query.Search, all []flat, hits []string) {
	for _, field := range []string{"tags", "policies.roleId", "_id"} {
		p, ok := s.Pin(field)
		if !ok {
			continue
		}
		for _, d := range all {
			values := d.texts(field)
			if field == "_id" {
				values = []string{d.id}
			}
			candidate := slices.ContainsFunc(values, func(v string) bool { return slices.Contains(p.Values, v) })
			hit := slices.Contains(hits, d.id)
			require.True(t, !hit || candidate, "%+v loses %s", p, d.id)
			require.True(t, !p.Exact || candidate == hit, "%+v is not exact for %s", p, d.id)
		}
	}
}

// Paging with search_after sees every hit once, in the order of the whole search.
func TestSearchAfterIsTheRest(t *testing.T) {
	o := options(t)
	rapid.Check(t, func(rt *rapid.T) {
		var ds []query.Tree
		tags := map[string]string{}
		for i := range rapid.IntRange(0, 8).Draw(rt, "documents") {
			id := fmt.Sprintf("d%d", i)
			text := rapid.SampledFrom([]string{`{}`, `{"tags":"a"}`, `{"tags":["b","a"]}`, `{"tags":"b"}`, `{"tags":""}`}).Draw(rt, "document")
			ds = append(ds, query.Tree{Key: id, Root: value(t, text)})
			tags[id] = text
		}
		order := rapid.SampledFrom([]string{"asc", "desc"}).Draw(rt, "order")
		missing := rapid.SampledFrom([]string{"_first", "_last"}).Draw(rt, "missing")
		sorted := fmt.Sprintf(`{"sort":[{"tags":{"order":%q,"missing":%q,"mode":"min"}},{"_id":%q}]`, order, missing, order)
		whole, err := query.Parse(value(t, sorted+`}`), o)
		require.NoError(rt, err)
		want, _ := find(t, whole, ds)
		got := []string{}
		for after := ""; ; {
			s, err := query.Parse(value(t, sorted+after+`}`), o)
			require.NoError(rt, err)
			rest, total := find(t, s, ds)
			require.Equal(rt, len(ds), total)
			if len(rest) == 0 {
				break
			}
			got = append(got, rest[0])
			after = fmt.Sprintf(`,"search_after":[%s,%q]`, least(t, tags[rest[0]]), rest[0])
		}
		require.Equal(rt, want, got)
	})
}

// least is the least tag of a document, or null, as JSON.
func least(t testing.TB, text string) string {
	v := value(t, text).Get("tags")
	list := v.Items()
	if v.Kind() == jsonvalue.KindString {
		list = []jsonvalue.Value{v}
	}
	texts := []string{}
	for _, x := range list {
		texts = append(texts, x.String())
	}
	sort.Strings(texts)
	if len(texts) == 0 {
		return "null"
	}
	return texts[0]
}

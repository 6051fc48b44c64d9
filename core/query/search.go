package query

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Search says which documents are wanted, and in which order.
type Search struct {
	Filter Filter
	Sort   []Key // none: as the documents come
	after  []rank
}

// bodyKeys are the members that the body of a search may have, as Kuzzle has them.
var bodyKeys = []string{
	"aggregations", "aggs", "collapse", "explain", "fields", "from", "highlight", "post_filter", "query", "search_after", "search_timeout",
	"size", "sort", "suggest", "_name", "_source", "_source_excludes", "_source_includes",
}

// Options says what a search is read against.
type Options struct {
	Mapping *Mapping
	Now     time.Time // what "now" means in dates
}

// Parse reads the body of a search in Elasticsearch's words: query, post_filter, sort and search_after. Its from and size do not count: who
// searches gives them beside the body, as Kuzzle does. An absent or empty query finds everything. Members that would change what a client
// sees of the hits are refused.
func Parse(body jsonvalue.Value, o Options) (*Search, error) {
	if err := checkBody(body); err != nil {
		return nil, err
	}
	p := &parser{mapping: o.Mapping, now: o.Now.UTC()}
	filter, err := p.whole("query", body.Get("query"))
	if err != nil {
		return nil, err
	}
	post, err := p.whole("post_filter", body.Get("post_filter"))
	if err != nil {
		return nil, err
	}
	s := &Search{Filter: both(filter, post)}
	if s.Sort, err = p.sort(body.Get("sort")); err != nil {
		return nil, err
	}
	s.after, err = p.after(body.Get("search_after"), s.Sort)
	return s, err
}

// Continues tells whether the search begins behind a hit that was seen: it has a search_after.
func (s *Search) Continues() bool { return s.after != nil }

// checkBody refuses what no search may have, then what this one does not carry out.
func checkBody(body jsonvalue.Value) error {
	if body.Kind() == jsonvalue.KindArray && body.Len() > 0 {
		return unknownKey("0") // to JavaScript the items of an array are its members
	}
	for _, m := range body.Members() {
		if !slices.Contains(bodyKeys, m.Name) {
			return unknownKey(m.Name)
		}
	}
	if err := checkScripts(body); err != nil {
		return err
	}
	for _, m := range body.Members() {
		if err := checkMember(m); err != nil {
			return err
		}
	}
	return nil
}

func checkMember(m jsonvalue.Member) error {
	switch m.Name {
	case "query", "post_filter", "sort", "search_after", "from", "size":
		return nil
	case "explain":
		if m.Value.Kind() == jsonvalue.KindBool {
			return nil
		}
		return unknownToken(m.Value, m.Name)
	case "search_timeout", "_name":
		return refusef("request [/_search] contains unrecognized parameter: [%s]", m.Name)
	case "_source":
		if m.Value.Bool() {
			return nil
		}
	}
	if m.Value.Kind() == jsonvalue.KindObject && m.Value.Len() == 0 {
		return nil
	}
	return unsupported(m.Name)
}

// checkScripts looks for scripts at any depth: their source is forbidden, and there are no stored ones here.
func checkScripts(v jsonvalue.Value) error {
	for _, item := range v.Items() {
		if err := checkScripts(item); err != nil {
			return err
		}
	}
	for _, m := range v.Members() {
		if m.Name != "script" && m.Name != "_script" {
			if err := checkScripts(m.Value); err != nil {
				return err
			}
			continue
		}
		for _, arg := range m.Value.Members() {
			if arg.Name != "id" && arg.Name != "params" {
				return forbiddenKeyword(m.Name + "." + arg.Name)
			}
		}
	}
	return nil
}

// whole reads a query that may be missing or empty.
func (p *parser) whole(name string, v jsonvalue.Value) (Filter, error) {
	switch v.Kind() {
	case jsonvalue.KindObject:
		if v.Len() == 0 {
			return All{}, nil
		}
		return p.query(v, place{})
	case jsonvalue.KindString, jsonvalue.KindArray:
		if v.Kind() == jsonvalue.KindString && v.Text() == "" || v.Kind() == jsonvalue.KindArray && v.Len() == 0 {
			return All{}, nil
		}
		return nil, unknownToken(v, name)
	default:
		return All{}, nil // to JavaScript numbers and booleans are empty
	}
}

func both(a, b Filter) Filter {
	if _, ok := b.(All); ok {
		return a
	}
	return Bool{Must: []Filter{a, b}}
}

// Match tells whether a document is a hit, wherever it stands in the order.
func (s *Search) Match(d Document) bool { return s.Filter.match(subject{doc: d}) }

// Found are the hits of a search.
type Found[T any] struct {
	Hits  []T // in their order, without those that search_after leaves behind
	Total int // all
}

// checkEvery is how many documents are looked at between two looks at the context.
const checkEvery = 256

// Find tries all documents. of makes the document of one; docs come in the order that settles draws. The error is that of a context that
// ended.
func Find[T any](ctx context.Context, s *Search, docs iter.Seq[T], of func(T) Document) (Found[T], error) {
	var f Found[T]
	var ranked []rankedHit[T]
	seen := 0
	for x := range docs {
		if seen++; seen%checkEvery == 0 && ctx.Err() != nil {
			return Found[T]{}, fault.As(ctx.Err())
		}
		d := of(x)
		if !s.Match(d) {
			continue
		}
		f.Total++
		if len(s.Sort) == 0 {
			f.Hits = append(f.Hits, x)
			continue
		}
		if ranks := s.ranks(d); passed(s.Sort, ranks, s.after) {
			ranked = append(ranked, rankedHit[T]{x, ranks})
		}
	}
	if len(s.Sort) == 0 {
		return f, nil
	}
	slices.SortStableFunc(ranked, func(a, b rankedHit[T]) int { return compareRanks(s.Sort, a.ranks, b.ranks) })
	f.Hits = make([]T, len(ranked))
	for i, r := range ranked {
		f.Hits[i] = r.hit
	}
	return f, nil
}

type rankedHit[T any] struct {
	hit   T
	ranks []rank
}

func (s *Search) ranks(d Document) []rank {
	ranks := make([]rank, len(s.Sort))
	for i, k := range s.Sort {
		ranks[i] = k.rank(d)
	}
	return ranks
}

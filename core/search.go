package core

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/view"
)

// SearchWindow is how far into a search one can page with From and Size: further on there are scrolls and search_after.
const SearchWindow = 10_000

// Search asks for documents of one kind in the words of a query language. The zero value, with a Size, asks for all of them.
type Search struct {
	Body     jsonvalue.Value // query, sort, search_after; see query.Parse
	Koncorde bool            // the body's query is a filter of Koncorde's
	From     int             // how many hits to skip
	Size     int             // how many hits to return at most; together with From within SearchWindow
	Scroll   string          // how long a scroll over the rest is kept open: "30s"; empty: none
}

// Hits is one page of a search.
type Hits[T any] struct {
	Hits   []T
	Total  int    // of all pages
	Scroll string // the id by which the next page can be had; empty: no scroll was asked for
}

// searchable is a kind of records that can be searched.
type searchable[T comparable] struct {
	collection catalog.Collection            // its mapping says what can be searched
	all        func(*view.State) iter.Seq[T] // in the order of their ids
	count      func(*view.State) int
	get        func(*view.State, string) (T, bool)
	having     map[string]func(*view.State, string) iter.Seq[T] // by keyword field, an index: those that have a value in it, in the order of ids
	id         func(T) string
	document   func(T) query.Document
}

// search finds records in one state of the view, in the order that the search asks for, else in that of their ids.
func search[T comparable](ctx context.Context, t *Tenant, kind searchable[T], q Search, r Read) (Hits[T], error) {
	if err := q.checkPage(); err != nil {
		return Hits[T]{}, err
	}
	return again(t, r, func() (Hits[T], error) { return searchOnce(ctx, t, kind, q, r) })
}

func searchOnce[T comparable](ctx context.Context, t *Tenant, kind searchable[T], q Search, r Read) (Hits[T], error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return Hits[T]{}, err
	}
	parsed, err := t.parseSearch(s, kind.collection, q)
	if err != nil {
		return Hits[T]{}, err
	}
	if err := q.checkWindow(parsed.Continues()); err != nil {
		return Hits[T]{}, err
	}
	if q.Scroll != "" {
		return startScroll(ctx, t, kind, s, parsed, q)
	}
	if parsed.Everything() && len(parsed.Sort) == 0 {
		return Hits[T]{Hits: slices.Collect(paged(kind.all(s), q)), Total: kind.count(s)}, nil
	}
	found, err := kind.find(ctx, s, parsed)
	return Hits[T]{Hits: slices.Collect(paged(slices.Values(found.Hits), q)), Total: found.Total}, err
}

// parseSearch reads the body of a search against the mapping that the collection has in a state.
func (t *Tenant) parseSearch(s *view.State, c catalog.Collection, q Search) (*query.Search, error) {
	mapping, err := t.searchMappings.of(s, c)
	if err != nil {
		return nil, err
	}
	body := q.Body
	if q.Koncorde {
		translated, err := query.Koncorde(body.Get("query"))
		if err != nil {
			return nil, err
		}
		body = body.With("query", translated)
	}
	return query.Parse(body, query.Options{Mapping: mapping, Now: t.options.Now()})
}

// find gives all hits. An index that knows the candidates spares the look at all other records.
func (k searchable[T]) find(ctx context.Context, s *view.State, q *query.Search) (query.Found[T], error) {
	candidates, exact := k.candidates(s, q)
	if exact && len(q.Sort) == 0 {
		hits := slices.Collect(candidates)
		return query.Found[T]{Hits: hits, Total: len(hits)}, nil
	}
	return query.Find(ctx, q, candidates, k.document)
}

// candidates gives the records among which the hits are, in the order of their ids; exact says that all of them are hits.
func (k searchable[T]) candidates(s *view.State, q *query.Search) (candidates iter.Seq[T], exact bool) {
	if p, ok := q.Pin("_id"); ok {
		return k.named(s, p.Values), p.Exact
	}
	if among := k.narrowest(s, q); among != nil {
		return k.united(s, among.having, among.pin.Values), among.pin.Exact
	}
	return k.all(s), q.Everything()
}

// narrowed is an index that knows the candidates, and the values by which it does.
type narrowed[T comparable] struct {
	pin    query.Pin
	having func(*view.State, string) iter.Seq[T]
}

// narrowest finds the index that leaves the fewest candidates; nil where none helps. They are counted in steps, all indexes to the same number,
// so that it costs a few times the candidates that are left in the end.
func (k searchable[T]) narrowest(s *view.State, q *query.Search) *narrowed[T] {
	var indexes []narrowed[T]
	for field, having := range k.having {
		if p, ok := q.Pin(field); ok {
			indexes = append(indexes, narrowed[T]{p, having})
		}
	}
	if len(indexes) == 1 {
		return &indexes[0]
	}
	for limit := 64; len(indexes) > 0; limit *= 4 {
		for i := range indexes {
			if indexes[i].fewer(s, limit) {
				return &indexes[i]
			}
		}
	}
	return nil
}

// fewer tells whether there are fewer candidates than limit.
func (n narrowed[T]) fewer(s *view.State, limit int) bool {
	for _, v := range n.pin.Values {
		for range n.having(s, v) {
			if limit--; limit <= 0 {
				return false
			}
		}
	}
	return true
}

// named gives the records of these ids, which are in order.
func (k searchable[T]) named(s *view.State, ids []string) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range ids {
			if x, ok := k.get(s, id); ok && !yield(x) {
				return
			}
		}
	}
}

// united gives the records that have one of the values, each once.
func (k searchable[T]) united(s *view.State, having func(*view.State, string) iter.Seq[T], values []string) iter.Seq[T] {
	if len(values) == 1 {
		return having(s, values[0])
	}
	var list []T
	for _, v := range values {
		list = slices.AppendSeq(list, having(s, v))
	}
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(k.id(a), k.id(b)) })
	return slices.Values(slices.Compact(list))
}

// paged stops at the end of the page.
func paged[T any](all iter.Seq[T], q Search) iter.Seq[T] {
	return func(yield func(T) bool) {
		at := 0
		if q.Size == 0 {
			return
		}
		for x := range all {
			if at >= q.From && !yield(x) {
				return
			}
			if at++; at == q.From+q.Size {
				return
			}
		}
	}
}

// checkPage speaks as the store behind Kuzzle does.
func (q Search) checkPage() error {
	switch {
	case q.Size < 0:
		return badSearch("[size] parameter cannot be negative, found [%d]", q.Size)
	case q.From < 0:
		return badSearch("[from] parameter cannot be negative but was [%d]", q.From)
	}
	return nil
}

func (q Search) checkWindow(continues bool) error {
	switch scrolls := q.Scroll != ""; {
	case scrolls && q.From > 0:
		return badSearch("Validation Failed: 1: using [from] is not allowed in a scroll context;")
	case scrolls && q.Size == 0:
		return badSearch("Validation Failed: 1: [size] cannot be [0] in a scroll context;")
	case scrolls && continues:
		return badSearch("`search_after` cannot be used in a scroll context.")
	case continues && q.From > 0:
		return badSearch("`from` parameter must be set to 0 when `search_after` is used.")
	case q.Size > SearchWindow || q.From > SearchWindow-q.Size:
		return badSearch("Result window is too large, from + size must be less than or equal to: [%d] but was [%d]. "+
			"See the scroll api for a more efficient way to request large data sets. "+
			"This limit can be set by changing the [index.max_result_window] index level setting.", SearchWindow, sum(q.From, q.Size))
	}
	return nil
}

// sum adds without a sign that turns.
func sum(a, b int) uint64 { return uint64(a) + uint64(b) }

func badSearch(format string, args ...any) error {
	return fault.Invalidf(fault.CodeInvalidSearch, fault.Field{Path: "body"}, format, args...)
}

package query

import (
	"maps"
	"slices"
)

// Pin says that every hit has one of some values in a keyword field, or one of some ids: an index of that field knows all candidates.
type Pin struct {
	Field  string // "_id" for ids
	Values []string
	Exact  bool // and whoever has one of the values is a hit
}

// Pin finds the values to which the search pins a field. False: it may find documents without any of them.
func (s *Search) Pin(field string) (Pin, bool) { return pin(s.Filter, field) }

// Everything tells whether the search finds every document.
func (s *Search) Everything() bool {
	_, all := s.Filter.(All)
	return all
}

func pin(f Filter, field string) (Pin, bool) {
	p := Pin{Field: field, Exact: true}
	switch f := f.(type) {
	case None:
		return p, true
	case IDs:
		p.Values = slices.Sorted(maps.Keys(f.Values))
		return p, field == idField
	case Terms:
		for x := range f.Values {
			p.Values = append(p.Values, x.text)
		}
		slices.Sort(p.Values)
		return p, f.Field.Name == field && f.Field.Type == TypeKeyword && f.Field.scope == "" && !f.Fold
	case Bool:
		return pinBool(f, field)
	case All, Exists, Geo, Nested, Pattern, Phrase, Range:
	}
	return Pin{}, false
}

// pinBool takes the narrowest pin of what must be, or, where nothing must, those of all that should.
func pinBool(f Bool, field string) (Pin, bool) {
	var best Pin
	found := false
	for _, m := range f.Must {
		if p, ok := pin(m, field); ok && (!found || len(p.Values) < len(best.Values)) {
			best, found = p, true
			best.Exact = best.Exact && len(f.Must) == 1 && len(f.MustNot) == 0 && f.MinShould <= 0
		}
	}
	if found || f.MinShould < 1 {
		return best, found
	}
	union := Pin{Field: field, Exact: f.MinShould == 1 && len(f.Must) == 0 && len(f.MustNot) == 0}
	for _, m := range f.Should {
		p, ok := pin(m, field)
		if !ok {
			return Pin{}, false
		}
		union.Values = append(union.Values, p.Values...)
		union.Exact = union.Exact && p.Exact
	}
	slices.Sort(union.Values)
	union.Values = slices.Compact(union.Values)
	return union, true
}

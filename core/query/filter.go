package query

import "github.com/profilegate/profilegate/core/jsonvalue"

// Filter says which documents are hits. Filters are immutable and may be used from many goroutines. The parsers make them.
//
//sumtype:decl
type Filter interface{ match(subject) bool }

// All finds every document.
type All struct{}

// None finds no document.
type None struct{}

// IDs finds the documents with one of these ids.
type IDs struct{ Values map[string]struct{} }

// Bool combines filters.
type Bool struct {
	Must      []Filter // all of them
	Should    []Filter // MinShould of them
	MustNot   []Filter // none of them
	MinShould int
}

// Nested finds documents of which one object of a nested field passes the filter.
type Nested struct {
	Path   string
	Scope  string   // the nested field around it; empty: the document
	Along  []string // the members that lead to the objects from there
	Filter Filter
}

// Exists finds documents that have a value in one of the fields.
type Exists struct{ Fields []*Field }

// Terms finds documents that have one of the values in a field.
type Terms struct {
	Field  *Field
	Values map[scalar]struct{}
	Fold   bool // without regard to case; Values are folded
}

// Range finds documents that have a value between two in a field.
type Range struct {
	Field    *Field
	Low, Top *Bound // nil: open
}

// Bound is one end of a Range.
type Bound struct {
	Value     scalar
	Inclusive bool
}

// Pattern finds documents that have a text in a field which passes a test: a prefix, a wildcard pattern or a regular expression.
type Pattern struct {
	Field *Field
	Test  func(string) bool
}

// Phrase finds documents that have these words in a field, one behind the other.
type Phrase struct {
	Field  *Field
	Words  []string
	Prefix bool // the last one may go on
}

func (All) match(subject) bool  { return true }
func (None) match(subject) bool { return false }

func (f IDs) match(s subject) bool {
	_, ok := f.Values[s.doc.ID()]
	return ok
}

func (f Bool) match(s subject) bool {
	for _, m := range f.Must {
		if !m.match(s) {
			return false
		}
	}
	for _, m := range f.MustNot {
		if m.match(s) {
			return false
		}
	}
	missing := f.MinShould
	for i := 0; i < len(f.Should) && missing > 0; i++ {
		if f.Should[i].match(s) {
			missing--
		}
	}
	return missing <= 0
}

func (f Nested) match(s subject) bool {
	return s.scope == f.Scope && !s.objects(f.Path, f.Along, func(o subject) bool { return !f.Filter.match(o) })
}

func (f Exists) match(s subject) bool {
	for _, field := range f.Fields {
		if s.any(field, func(scalar) bool { return true }) {
			return true
		}
	}
	return false
}

func (f Terms) match(s subject) bool {
	return s.any(f.Field, func(x scalar) bool {
		if f.Fold {
			x.text = fold(x.text)
		}
		_, ok := f.Values[x]
		return ok
	})
}

func (f Range) match(s subject) bool {
	return s.any(f.Field, func(x scalar) bool {
		return f.Low.passes(x, 1) && f.Top.passes(x, -1)
	})
}

// passes tells whether a value is on the bound's good side: 1 for above, -1 for below.
func (b *Bound) passes(x scalar, side int) bool {
	if b == nil {
		return true
	}
	n := x.compare(b.Value) * side
	return n > 0 || n == 0 && b.Inclusive
}

func (f Pattern) match(s subject) bool {
	return s.any(f.Field, func(x scalar) bool { return f.Test(x.text) })
}

func (f Phrase) match(s subject) bool {
	if f.Field.scope != s.scope {
		return false
	}
	return !s.values(f.Field.path, func(v jsonvalue.Value) bool {
		text, ok := plainText(v)
		return !ok || !f.in(text)
	})
}

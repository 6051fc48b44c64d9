package query

import (
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Document is what a filter looks at. A document that is costly to read may wait with it until Member asks.
type Document interface {
	ID() string
	// Member gives a member of the document's first level; absent where there is none.
	Member(name string) jsonvalue.Value
}

// Tree is a document that is at hand as a whole.
type Tree struct {
	Key  string
	Root jsonvalue.Value
}

// ID implements Document.
func (t Tree) ID() string { return t.Key }

// Member implements Document.
func (t Tree) Member(name string) jsonvalue.Value { return t.Root.Get(name) }

// subject is what a filter is tried on: a document, or one of the objects of a nested field of it.
type subject struct {
	doc    Document
	scope  string          // the path of the nested field; empty: the document itself
	object jsonvalue.Value // the nested object
}

func (s subject) member(name string) jsonvalue.Value {
	if s.scope == "" {
		return s.doc.Member(name)
	}
	return s.object.Get(name)
}

// values calls yield with all values that stand at a path, those of arrays one by one, until it returns false. A member's name may itself
// hold dots: to Elasticsearch {"a.b": 1} is {"a": {"b": 1}}.
func (s subject) values(path []string, yield func(jsonvalue.Value) bool) bool {
	for n := 1; n <= len(path); n++ {
		if v := s.member(strings.Join(path[:n], ".")); !v.IsAbsent() && !descend(v, path[n:], yield) {
			return false
		}
	}
	return true
}

func descend(v jsonvalue.Value, path []string, yield func(jsonvalue.Value) bool) bool {
	if v.Kind() == jsonvalue.KindArray {
		for _, item := range v.Items() {
			if !descend(item, path, yield) {
				return false
			}
		}
		return true
	}
	if len(path) == 0 {
		return yield(v)
	}
	for n := 1; n <= len(path); n++ {
		if x := v.Get(strings.Join(path[:n], ".")); !x.IsAbsent() && !descend(x, path[n:], yield) {
			return false
		}
	}
	return true
}

// any tells whether one of a field's values passes.
func (s subject) any(f *Field, pass func(scalar) bool) bool {
	if f.scope != s.scope {
		return false
	}
	return !s.values(f.path, func(v jsonvalue.Value) bool {
		return !f.scalars(v, pass)
	})
}

// objects calls yield with the objects of a nested field, until it returns false.
func (s subject) objects(scope string, path []string, yield func(subject) bool) bool {
	return s.values(path, func(v jsonvalue.Value) bool {
		return v.Kind() != jsonvalue.KindObject || yield(subject{doc: s.doc, scope: scope, object: v})
	})
}

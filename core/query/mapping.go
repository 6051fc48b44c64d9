package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Type is what the values of a field are taken for.
type Type uint8

// The types. A field of TypeOther is known, and cannot be searched.
const (
	TypeOther    Type = iota
	TypeKeyword       // text, found as a whole
	TypeText          // text, found by its words
	TypeDate          // milliseconds since 1970, or text in ISO 8601
	TypeInteger       // whole numbers of 64 bits
	TypeFloat         // numbers
	TypeBoolean       // true and false
	TypeGeoPoint      // a latitude and a longitude
)

// typeNames maps Elasticsearch's names. Types that differ only in how they are stored are one here.
var typeNames = map[string]Type{
	"keyword": TypeKeyword, "constant_keyword": TypeOther, "wildcard": TypeKeyword,
	"text": TypeText, "match_only_text": TypeText,
	"date": TypeDate,
	"long": TypeInteger, "integer": TypeInteger, "short": TypeInteger, "byte": TypeInteger,
	"double": TypeFloat, "float": TypeFloat, "half_float": TypeFloat,
	"boolean":   TypeBoolean,
	"geo_point": TypeGeoPoint,
}

// maxMappingDepth bounds how deep a mapping is followed.
const maxMappingDepth = 20

// Field is one field of a mapping.
type Field struct {
	Name   string // its whole path: "policies.restrictedTo.index"
	Type   Type
	kind   string   // the type as the mapping names it
	scope  string   // the path of the nested objects it stands in; empty: the document itself
	path   []string // the members that lead to its values from there
	parent string   // of a multi-field ("tags.raw") the field whose values it has
}

// Mapping says which fields can be searched, and as what. It is immutable.
type Mapping struct {
	fields map[string]*Field
	nested map[string][]string // the paths of nested objects, and the members that lead there from the scope around them
	open   map[string]bool     // the paths of objects, and whether fields come into being there as documents need them
	names  []string            // of the fields, sorted
}

// ParseMapping reads a mapping, such as {"dynamic": "false", "properties": {"tags": {"type": "keyword"}}}. What it does not understand becomes
// a field that cannot be searched, so a mapping that was accepted elsewhere can always be read. So does, where "dynamic" lets fields come into
// being, every field that is not mapped.
func ParseMapping(mapping jsonvalue.Value) *Mapping {
	m := &Mapping{fields: make(map[string]*Field), nested: make(map[string][]string), open: make(map[string]bool)}
	m.addObject(mapping, mappingPoint{}, 0)
	m.names = slices.Sorted(maps.Keys(m.fields))
	return m
}

// mappingPoint is where in a mapping the properties stand that are read.
type mappingPoint struct {
	name  string   // the whole path
	scope string   // the nested path around it
	path  []string // from there
}

func (p mappingPoint) child(name string) mappingPoint {
	c := mappingPoint{name: name, scope: p.scope, path: append(slices.Clone(p.path), strings.Split(name, ".")...)}
	if p.name != "" {
		c.name = p.name + "." + name
	}
	return c
}

// addObject adds the fields of an object, or of the whole document.
func (m *Mapping) addObject(object jsonvalue.Value, at mappingPoint, depth int) {
	if depth >= maxMappingDepth {
		return
	}
	if dynamic, ok := plainText(object.Get("dynamic")); ok {
		m.open[at.name] = dynamic == "true" || dynamic == "runtime"
	}
	for _, p := range object.Get("properties").Members() {
		point, kind := at.child(p.Name), p.Value.Get("type").Text()
		switch {
		case kind == "nested":
			m.nested[point.name] = point.path
			point.scope, point.path = point.name, nil
			m.addObject(p.Value, point, depth+1)
		case kind == "object" || kind == "" && p.Value.Has("properties"):
			m.addObject(p.Value, point, depth+1)
		default:
			m.addField(p.Value, point, kind)
		}
	}
}

func (m *Mapping) addField(definition jsonvalue.Value, at mappingPoint, kind string) {
	f := &Field{Name: at.name, Type: typeOf(definition, kind), kind: kind, scope: at.scope, path: at.path}
	m.fields[f.Name] = f
	for _, sub := range definition.Get("fields").Members() {
		kind := sub.Value.Get("type").Text()
		name := at.name + "." + sub.Name
		m.fields[name] = &Field{
			Name: name, Type: typeOf(sub.Value, kind), kind: kind, scope: at.scope, path: at.path, parent: at.name,
		}
	}
}

// changing are the parameters of a field that would change what is found in it.
var changing = []string{"normalizer", "null_value", "copy_to", "scaling_factor", "locale", "ignore_above", "search_analyzer"}

func typeOf(definition jsonvalue.Value, kind string) Type {
	t := typeNames[kind]
	if slices.ContainsFunc(changing, definition.Has) {
		return TypeOther
	}
	if index := definition.Get("index"); index.Kind() == jsonvalue.KindBool && !index.Bool() || index.Text() == "false" {
		return TypeOther
	}
	if format := definition.Get("format"); t == TypeDate && !format.IsAbsent() && !knownDateFormat(format.Text()) {
		return TypeOther
	}
	if analyzer := definition.Get("analyzer"); !analyzer.IsAbsent() && analyzer.Text() != "standard" {
		return TypeOther
	}
	return t
}

// field finds a field by its path. Nil: it is not mapped.
func (m *Mapping) field(name string) *Field {
	f := m.fields[name]
	if f == nil && m.mayBe(name) {
		return &Field{Name: name, kind: "dynamic"}
	}
	return f
}

// mayBe tells whether a field that is not mapped may have come into being: whether the innermost object around it that says so is dynamic.
func (m *Mapping) mayBe(name string) bool {
	for at := name; at != ""; {
		at = at[:max(strings.LastIndexByte(at, '.'), 0)]
		if open, ok := m.open[at]; ok {
			return open
		}
	}
	return false
}

// under gives the fields that an "exists" on a name or a pattern is about: the field, or all fields of the object.
func (m *Mapping) under(name string) []*Field {
	if f := m.fields[name]; f != nil {
		return []*Field{f}
	}
	var found []*Field
	for _, n := range m.names {
		if strings.HasPrefix(n, name+".") || strings.Contains(name, "*") && matchWildcard(wildcardOf(name, false), n) {
			found = append(found, m.fields[n])
		}
	}
	inside := name
	if _, object := m.open[name]; object || len(found) > 0 {
		inside = name + "."
	}
	if m.mayBe(inside) {
		found = append(found, &Field{Name: name, kind: "dynamic"})
	}
	return found
}

package query

import (
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Koncorde translates a Koncorde filter into a query of Elasticsearch's, as Kuzzle's QueryTranslator does: the operators and, or and not;
// the clauses equals, in, range, exists, missing, ids and geo…; all other clauses stay as they are and mean what Elasticsearch takes them
// for. No filter, or an empty one, is a query for everything.
//
// Where Kuzzle drops a part of the filter without a word, or finds something else than Koncorde would, this does not: a second member
// beside the first is refused, an "exists" with a value that JavaScript takes for false looks for that value, and "missing" understands
// what "exists" does.
func Koncorde(filter jsonvalue.Value) (jsonvalue.Value, error) {
	switch {
	case filter.Kind() == jsonvalue.KindObject && filter.Len() > 0:
		return koncorde(filter, 0)
	case filter.IsAbsent(), filter.IsNull(), filter.Kind() == jsonvalue.KindObject:
		return jsonvalue.Object(), nil
	}
	return jsonvalue.Value{}, fault.InvalidType("body.query", "object")
}

func koncorde(filter jsonvalue.Value, depth int) (jsonvalue.Value, error) {
	if depth > maxDepth {
		return jsonvalue.Value{}, refusef("The filter nests too deeply.")
	}
	if filter.Kind() != jsonvalue.KindObject {
		return jsonvalue.Value{}, refusef("[_na] query malformed, must start with start_object")
	}
	if filter.Len() == 0 {
		return jsonvalue.Value{}, refusef("query malformed, empty clause found")
	}
	name, content := filter.Members()[0].Name, filter.Members()[0].Value
	if filter.Len() > 1 {
		return jsonvalue.Value{}, refusef("[%s] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", name)
	}
	switch name {
	case "and":
		return koncordeList(name, "filter", content, depth)
	case "or":
		return koncordeList(name, "should", content, depth)
	case "not":
		inner, err := koncorde(content, depth+1)
		return wrap("bool", wrap("must_not", jsonvalue.Array(inner))), err
	case "bool":
		return jsonvalue.Value{}, &fault.Error{
			Kind: fault.Invalid, Code: fault.CodeKoncordeKeyword, Message: `The operator "bool" of Koncorde DSL is not supported for search queries.`,
			Fields: []fault.Field{{Path: "body.query", Values: []string{"operator", "bool"}}},
		}
	}
	return koncordeClause(name, content)
}

func wrap(name string, v jsonvalue.Value) jsonvalue.Value {
	return jsonvalue.Object(jsonvalue.Member{Name: name, Value: v})
}

func koncordeList(name, part string, operands jsonvalue.Value, depth int) (jsonvalue.Value, error) {
	if operands.Kind() != jsonvalue.KindArray {
		return jsonvalue.Value{}, fault.InvalidType("body.query."+name, "array")
	}
	list := make([]jsonvalue.Value, operands.Len())
	for i, operand := range operands.Items() {
		var err error
		if list[i], err = koncorde(operand, depth+1); err != nil {
			return jsonvalue.Value{}, err
		}
	}
	return wrap("bool", wrap(part, jsonvalue.Array(list...))), nil
}

// koncordeNames are the clauses that Elasticsearch has under another name.
var koncordeNames = map[string]string{
	"equals": "term", "in": "terms",
	"geoBoundingBox": "geo_bounding_box", "geoDistance": "geo_distance", "geoDistanceRange": "geo_distance_range", "geoPolygon": "geo_polygon",
}

func koncordeClause(name string, content jsonvalue.Value) (jsonvalue.Value, error) {
	switch name {
	case "exists":
		return koncordeExists(content)
	case "missing":
		there, err := koncordeExists(content)
		return wrap("bool", wrap("must_not", jsonvalue.Array(there))), err
	}
	if other, ok := koncordeNames[name]; ok {
		name = other
	}
	return wrap(name, content), nil
}

// koncordeExists translates "path", {"field": "path"} and "path[value]".
func koncordeExists(content jsonvalue.Value) (jsonvalue.Value, error) {
	if field := content.Get("field"); !field.IsAbsent() {
		content = field
	}
	if content.Kind() != jsonvalue.KindString {
		return jsonvalue.Value{}, refusef("[exists] must be provided with a [field]")
	}
	path, rest, valued := strings.Cut(content.Text(), "[")
	exists := wrap("exists", wrap("field", jsonvalue.String(path)))
	if !valued {
		return exists, nil
	}
	end := strings.LastIndexByte(rest, ']')
	if end < 0 {
		return jsonvalue.Value{}, badExists(content.Text(), "missing closing bracket")
	}
	value, err := jsonvalue.Parse([]byte(rest[:end]), jsonvalue.Limits{})
	if err != nil || !slices.Contains([]jsonvalue.Kind{jsonvalue.KindString, jsonvalue.KindNumber, jsonvalue.KindBool}, value.Kind()) {
		return jsonvalue.Value{}, badExists(content.Text(), "the value must be a string, a number or a boolean")
	}
	same := jsonvalue.Object(jsonvalue.Member{Name: "gte", Value: value}, jsonvalue.Member{Name: "lte", Value: value})
	return wrap("bool", wrap("filter", jsonvalue.Array(exists, wrap("range", wrap(path, same))))), nil
}

func badExists(path, problem string) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeKoncordeExists, Message: `Invalid exists path "` + path + `": ` + problem,
		Fields: []fault.Field{{Path: "body.query", Expected: "path[value]"}},
	}
}

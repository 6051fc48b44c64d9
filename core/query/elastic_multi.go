package query

import (
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// multiMatch reads a query for words in several fields: {"multi_match": {"query": "x", "fields": ["a", "b^2", "c.*"]}}. Without fields, and with
// the field "*", it is about all of them, and those that cannot hold the value are passed over, as the console's quick search counts on.
func (p *parser) multiMatch(content jsonvalue.Value) (Filter, error) {
	if err := onlyKeys("multi_match", content, multiMatchKeys...); err != nil {
		return nil, err
	}
	name, err := multiMatchQuery(content.Get("type"))
	if err != nil {
		return nil, err
	}
	fields, all, err := p.multiMatchFields(content.Get("fields"))
	if err != nil {
		return nil, err
	}
	passOver := all
	if given := content.Get("lenient"); !given.IsAbsent() {
		passOver = given.Bool() || given.Text() == "true"
	}
	options := content.Without("fields", "type", "tie_breaker", "boost", "_name")
	if name != "match" {
		options = options.Without("operator", "minimum_should_match", "lenient")
	}
	any := Bool{MinShould: 1}
	for _, path := range fields {
		f, err := p.onField(name, jsonvalue.Object(jsonvalue.Member{Name: path, Value: options}))
		switch {
		case err == nil:
			any.Should = append(any.Should, f)
		case !passOver:
			return nil, err
		}
	}
	if len(any.Should) == 0 {
		return None{}, nil
	}
	return any, nil
}

var multiMatchKeys = []string{
	"query", "fields", "type", "operator", "minimum_should_match", "tie_breaker", "lenient", "max_expansions", "zero_terms_query",
}

// multiMatchQuery is the query that a multi_match of some type makes of each field.
func multiMatchQuery(kind jsonvalue.Value) (string, error) {
	if kind.IsAbsent() {
		return "match", nil
	}
	switch kind.Text() {
	case "best_fields", "most_fields":
		return "match", nil
	case "phrase":
		return "match_phrase", nil
	case "phrase_prefix":
		return "match_phrase_prefix", nil
	case "":
		return "", refusef("failed to parse [multi_match] query type [%s]. unknown type.", shown(kind))
	}
	return "", refusef("[multi_match] queries of the type [%s] are not supported here", kind.Text())
}

// multiMatchFields are the paths that a list of names, patterns and boosts is about, and whether that is all there are.
func (p *parser) multiMatchFields(given jsonvalue.Value) (paths []string, all bool, err error) {
	list := given.Items()
	if given.Kind() == jsonvalue.KindString {
		list = []jsonvalue.Value{given}
	}
	if len(list) == 0 {
		list = []jsonvalue.Value{jsonvalue.String("*")}
	}
	for _, field := range list {
		path, _, _ := strings.Cut(field.Text(), "^")
		switch {
		case path == "":
			return nil, false, refusef("[multi_match] the field [%s] is not supported here", shown(field))
		case !strings.Contains(path, "*"):
			paths = append(paths, path)
			continue
		}
		all = all || path == "*"
		for _, f := range p.mapping.under(path) {
			if p.mapping.fields[f.Name] != nil && f.Type != TypeOther && f.Type != TypeGeoPoint {
				paths = append(paths, f.Name)
			}
		}
	}
	if len(paths) > maxClauses {
		return nil, false, refusef("field expansion matches too many fields, limit: %d, got: %d", maxClauses, len(paths))
	}
	return paths, all, nil
}

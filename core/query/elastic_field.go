package query

import (
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// fieldQuery is the content of a query on one field: {"tags": "x"} or {"tags": {"value": "x", …}}.
type fieldQuery struct {
	name    string // of the query
	field   string
	value   jsonvalue.Value
	options jsonvalue.Value // the object around the value; absent in the short form
}

// valueKeys are the members that hold a query's value in its long form.
var valueKeys = map[string][]string{
	"term": {"value"}, "prefix": {"value"}, "wildcard": {"value", "wildcard"}, "regexp": {"value"},
	"match": {"query"}, "match_phrase": {"query"}, "match_phrase_prefix": {"query"},
}

// optionKeys are the other members of the long form that are understood. Those that say only how to go about it are passed over.
var optionKeys = map[string][]string{
	"term":                {"case_insensitive"},
	"prefix":              {"case_insensitive", "rewrite"},
	"wildcard":            {"case_insensitive", "rewrite"},
	"regexp":              {"case_insensitive", "rewrite", "flags", "max_determinized_states"},
	"match":               {"operator", "minimum_should_match", "zero_terms_query", "lenient", "max_expansions", "prefix_length"},
	"match_phrase":        {"zero_terms_query"},
	"match_phrase_prefix": {"zero_terms_query", "max_expansions"},
	"range":               {"gte", "gt", "lte", "lt", "from", "to", "include_lower", "include_upper", "format"},
}

// onField reads a query on one field.
func (p *parser) onField(name string, content jsonvalue.Value) (Filter, error) {
	q, err := readFieldQuery(name, content)
	if err != nil {
		return nil, err
	}
	f, err := p.search(q.field)
	switch {
	case err != nil:
		return nil, err
	case q.field == idField:
		return p.onID(q)
	case f == nil:
		return None{}, nil
	case f.Type == TypeGeoPoint:
		return nil, refusef("Geometry fields do not support exact searching, use dedicated geometry queries instead: [%s]", f.Name)
	}
	switch name {
	case "term":
		return p.termOn(f, q)
	case "range":
		return p.rangeOn(f, q)
	case "prefix", "wildcard", "regexp":
		return p.patternOn(f, q)
	default:
		return p.matchOn(f, q)
	}
}

func readFieldQuery(name string, content jsonvalue.Value) (fieldQuery, error) {
	q := fieldQuery{name: name}
	for i, m := range content.Members() {
		switch {
		case i > 0:
			return q, refusef("[%s] query doesn't support multiple fields, found [%s] and [%s]", name, q.field, m.Name)
		case m.Value.Kind() == jsonvalue.KindArray:
			return q, refusef("[%s] query does not support array of values", name)
		}
		q.field, q.value = m.Name, m.Value
	}
	if q.field == "" {
		return q, refusef("field name is null or empty")
	}
	if q.value.Kind() != jsonvalue.KindObject {
		if q.value.IsNull() || name == "range" {
			return q, noValue(q)
		}
		return q, nil
	}
	q.options, q.value = q.value, jsonvalue.Value{}
	for _, m := range q.options.Members() {
		known := slices.Contains(optionKeys[name], m.Name)
		switch {
		case slices.Contains(valueKeys[name], m.Name):
			q.value = m.Value
		case !known && !slices.Contains(free, m.Name):
			return q, refusef("[%s] query does not support [%s]", name, m.Name)
		}
		if err := checkFree(name, m); err != nil {
			return q, err
		}
	}
	return q, q.check()
}

func (q fieldQuery) check() error {
	if q.name == "range" {
		return nil
	}
	switch q.value.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return noValue(q)
	case jsonvalue.KindArray, jsonvalue.KindObject:
		return refusef("[%s] query does not support array of values", q.name)
	default:
		return nil
	}
}

func noValue(q fieldQuery) error {
	switch q.name {
	case "range":
		return refusef("[range] query does not support [%s]", q.field)
	case "match", "match_phrase", "match_phrase_prefix":
		return refusef("No text specified for text query")
	}
	return refusef("value cannot be null")
}

// foldsCase reads the option case_insensitive.
func (q fieldQuery) foldsCase() (bool, error) {
	v := q.options.Get("case_insensitive")
	switch {
	case v.IsAbsent():
		return false, nil
	case v.Kind() != jsonvalue.KindBool:
		return false, refusef("Failed to parse value [%s] as only [true] or [false] are allowed.", shown(v))
	}
	return v.Bool(), nil
}

// onID reads a query on the document's id.
func (p *parser) onID(q fieldQuery) (Filter, error) {
	id, _ := plainText(q.value)
	switch q.name {
	case "term", "match", "match_phrase":
		folds, err := q.foldsCase()
		if err == nil && folds {
			err = refusef("[_id] field which is of type [_id], does not support case insensitive term queries")
		}
		return IDs{Values: map[string]struct{}{id: {}}}, err
	case "range":
		return nil, refusef("Field [_id] of type [_id] does not support range queries")
	}
	return nil, wrongField(q.name, "_id", "_id")
}

func wrongField(query, field, kind string) error {
	fields := "keyword, text and wildcard"
	if query == "regexp" {
		fields = "keyword and text"
	}
	return refusef("Can only use %s queries on %s fields - not on [%s] which is of type [%s]", query, fields, field, kind)
}

func (p *parser) termOn(f *Field, q fieldQuery) (Filter, error) {
	folds, err := q.foldsCase()
	if err != nil {
		return nil, err
	}
	if folds && f.Type != TypeKeyword && f.Type != TypeText {
		return nil, refusef("[%s] field which is of type [%s], does not support case insensitive term queries", f.Name, f.kind)
	}
	return p.equals(f, []jsonvalue.Value{q.value}, folds)
}

// equals finds one of some values.
func (p *parser) equals(f *Field, values []jsonvalue.Value, folds bool) (Filter, error) {
	terms := Terms{Field: f, Values: make(map[scalar]struct{}, len(values)), Fold: folds}
	for _, v := range values {
		if f.Type == TypeDate { // a date may be a whole day
			return p.dates(f, values)
		}
		x, possible, err := p.term(f, v)
		if err != nil {
			return nil, err
		}
		if folds {
			x.text = fold(x.text)
		}
		if possible {
			terms.Values[x] = struct{}{}
		}
	}
	return terms, nil
}

func (p *parser) dates(f *Field, values []jsonvalue.Value) (Filter, error) {
	any := Bool{MinShould: 1}
	for _, v := range values {
		low, err := p.bound(f, v, true, true)
		if err != nil {
			return nil, err
		}
		top, err := p.bound(f, v, false, true)
		if err != nil {
			return nil, err
		}
		any.Should = append(any.Should, Range{Field: f, Low: low, Top: top})
	}
	return any, nil
}

// terms reads {"terms": {"tags": ["x", "y"]}}.
func (p *parser) terms(content jsonvalue.Value) (Filter, error) {
	var name string
	var values []jsonvalue.Value
	for _, m := range content.Members() {
		switch {
		case slices.Contains(free, m.Name):
			if err := checkFree("terms", m); err != nil {
				return nil, err
			}
		case m.Value.Kind() == jsonvalue.KindObject:
			return nil, unsupported("terms lookup")
		case m.Value.Kind() != jsonvalue.KindArray:
			return nil, refusef("[terms] query does not support [%s]", m.Name)
		case name != "":
			return nil, refusef("[terms] query does not support multiple fields")
		default:
			name, values = m.Name, m.Value.Items()
		}
	}
	if name == "" {
		return nil, refusef("[terms] query requires a field name, followed by array of terms or a document lookup specification")
	}
	if err := tooManyTerms("Terms", len(values)); err != nil {
		return nil, err
	}
	for _, v := range values {
		if v.IsNull() {
			return nil, refusef("No value specified for terms query")
		}
		if _, ok := plainText(v); !ok {
			return nil, refusef("[terms] query on [%s] does not support %s values", name, v.Kind())
		}
	}
	f, err := p.search(name)
	switch {
	case err != nil:
		return nil, err
	case name == idField:
		return p.ids(jsonvalue.Object(jsonvalue.Member{Name: "values", Value: jsonvalue.Array(values...)}))
	case f == nil:
		return None{}, nil
	}
	return p.equals(f, values, false)
}

// rangeOn reads the bounds of {"range": {"age": {"gte": 1, "lt": 9}}}.
func (p *parser) rangeOn(f *Field, q fieldQuery) (Filter, error) {
	if format := q.options.Get("format"); !format.IsAbsent() && !knownDateFormat(format.Text()) {
		return nil, unsupported("format of a range")
	}
	r := Range{Field: f}
	lower, upper := true, true
	for _, m := range q.options.Members() {
		switch m.Name {
		case "include_lower":
			lower = m.Value.Bool()
		case "include_upper":
			upper = m.Value.Bool()
		}
	}
	for _, m := range q.options.Members() {
		var err error
		switch m.Name {
		case "gte", "gt", "from":
			r.Low, err = p.bound(f, m.Value, true, m.Name == "gte" || m.Name == "from" && lower)
		case "lte", "lt", "to":
			r.Top, err = p.bound(f, m.Value, false, m.Name == "lte" || m.Name == "to" && upper)
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// patternOn reads a prefix, a wildcard pattern or a regular expression.
func (p *parser) patternOn(f *Field, q fieldQuery) (Filter, error) {
	if f.Type != TypeKeyword && f.Type != TypeText {
		return nil, wrongField(q.name, f.Name, f.kind)
	}
	folds, err := q.foldsCase()
	if err != nil {
		return nil, err
	}
	text, _ := plainText(q.value)
	test, err := q.test(text, folds)
	return Pattern{Field: f, Test: test}, err
}

func (q fieldQuery) test(text string, folds bool) (func(string) bool, error) {
	switch q.name {
	case "prefix":
		if folds {
			text = fold(text)
			return func(s string) bool { return strings.HasPrefix(fold(s), text) }, nil
		}
		return func(s string) bool { return strings.HasPrefix(s, text) }, nil
	case "wildcard":
		w := wildcardOf(text, folds)
		if len(w) > maxRegexp {
			return nil, refusef("The length of the wildcard pattern [%d] has exceeded the allowed maximum of [%d].", len(w), maxRegexp)
		}
		if folds {
			return func(s string) bool { return matchWildcard(w, fold(s)) }, nil
		}
		return func(s string) bool { return matchWildcard(w, s) }, nil
	default:
		return q.regexp(text, folds)
	}
}

func (q fieldQuery) regexp(text string, folds bool) (func(string) bool, error) {
	flags := allRegexpFlags
	if given := q.options.Get("flags"); !given.IsAbsent() {
		var err error
		if flags, err = parseRegexpFlags(given.Text()); err != nil {
			return nil, err
		}
	}
	re, err := compileRegexp(text, flags, folds)
	if err != nil {
		return nil, err
	}
	return re.MatchString, nil
}

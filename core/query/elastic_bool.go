package query

import (
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// compound reads a query that holds others.
func (p *parser) compound(name string, content jsonvalue.Value, in place) (Filter, error) {
	switch name {
	case "bool":
		return p.boolean(content, in)
	case "constant_score":
		if err := onlyKeys(name, content, "filter"); err != nil {
			return nil, err
		}
		if !content.Has("filter") {
			return nil, refusef("[constant_score] requires a 'filter' element")
		}
		return p.query(content.Get("filter"), in)
	case "dis_max":
		return p.disMax(content, in)
	case "boosting":
		return p.boosting(content, in)
	default:
		return p.nested(content, in)
	}
}

func (p *parser) boolean(content jsonvalue.Value, in place) (Filter, error) {
	if err := onlyKeys("bool", content, "must", "filter", "should", "must_not", "minimum_should_match", "adjust_pure_negative"); err != nil {
		return nil, err
	}
	var f Bool
	for _, m := range content.Members() {
		var err error
		switch m.Name {
		case "must", "filter":
			f.Must, err = p.queries(f.Must, m.Value, in)
		case "should":
			f.Should, err = p.queries(f.Should, m.Value, in)
		case "must_not":
			f.MustNot, err = p.queries(f.MustNot, m.Value, in)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(f.Should) > 0 && len(f.Must) == 0 {
		f.MinShould = 1
	}
	if given := content.Get("minimum_should_match"); !given.IsAbsent() && !given.IsNull() {
		n, err := minimum(given, len(f.Should))
		if err != nil {
			return nil, err
		}
		if n > 0 || len(f.Must) > 0 { // without anything that must be, something should
			f.MinShould = n
		}
	}
	return f, nil
}

// queries reads one query or an array of them.
func (p *parser) queries(fs []Filter, v jsonvalue.Value, in place) ([]Filter, error) {
	list := []jsonvalue.Value{v}
	if v.Kind() == jsonvalue.KindArray {
		list = v.Items()
	}
	for _, q := range list {
		f, err := p.query(q, in)
		if err != nil {
			return nil, err
		}
		fs = append(fs, f)
	}
	return fs, nil
}

func (p *parser) disMax(content jsonvalue.Value, in place) (Filter, error) {
	if err := onlyKeys("dis_max", content, "queries", "tie_breaker"); err != nil {
		return nil, err
	}
	if content.Get("queries").Len() == 0 {
		return nil, refusef("[dis_max] requires 'queries' field with at least one clause")
	}
	fs, err := p.queries(nil, content.Get("queries"), in)
	return Bool{Should: fs, MinShould: 1}, err
}

// boosting finds what its positive query finds; the negative one only makes hits count less, which the order of hits here disregards.
func (p *parser) boosting(content jsonvalue.Value, in place) (Filter, error) {
	if err := onlyKeys("boosting", content, "positive", "negative", "negative_boost"); err != nil {
		return nil, err
	}
	for _, name := range []string{"positive", "negative"} {
		if !content.Has(name) {
			return nil, refusef("[boosting] query requires '%s' query to be set'", name)
		}
	}
	if n, ok := numberOf(content.Get("negative_boost")); !ok || n.Float() < 0 {
		return nil, refusef("[boosting] query requires 'negative_boost' to be set to be a positive value'")
	}
	if _, err := p.query(content.Get("negative"), in); err != nil {
		return nil, err
	}
	return p.query(content.Get("positive"), in)
}

func (p *parser) nested(content jsonvalue.Value, in place) (Filter, error) {
	if err := onlyKeys("nested", content, "path", "query", "score_mode", "ignore_unmapped"); err != nil {
		return nil, err
	}
	path := content.Get("path").Text()
	if path == "" {
		return nil, refusef("[nested] requires 'path' field")
	}
	if !content.Has("query") {
		return nil, refusef("[nested] requires 'query' field")
	}
	along, known := p.mapping.nested[path]
	inside := place{depth: in.depth, scope: path}
	f, err := p.query(content.Get("query"), inside)
	switch {
	case err != nil:
		return nil, err
	case known && p.mapping.around(path) == in.scope:
		return Nested{Path: path, Scope: in.scope, Along: along, Filter: f}, nil
	case known:
		return p.between(path, in.scope, f)
	case content.Get("ignore_unmapped").Bool():
		return None{}, nil
	}
	return nil, refusef("[nested] failed to find nested object under path [%s]", path)
}

// between puts the nested fields that stand between a scope and a path around a filter.
func (p *parser) between(path, scope string, f Filter) (Filter, error) {
	for at := path; ; {
		around := p.mapping.around(at)
		f = Nested{Path: at, Scope: around, Along: p.mapping.nested[at], Filter: f}
		if around == scope {
			return f, nil
		}
		if around == "" {
			return nil, refusef("[nested] the path [%s] does not stand in [%s]", path, scope)
		}
		at = around
	}
}

// around gives the nested path that a nested path stands in; empty: the document.
func (m *Mapping) around(path string) string {
	found := ""
	for other := range m.nested {
		if strings.HasPrefix(path, other+".") && len(other) > len(found) {
			found = other
		}
	}
	return found
}

// minimum reads minimum_should_match: "2", "-1", "75%", "-25%", or conditions such as "2<75% 9<-3".
func minimum(v jsonvalue.Value, optional int) (int, error) {
	text, ok := plainText(v)
	if !ok || v.Kind() == jsonvalue.KindBool {
		return 0, refusef("[bool] failed to parse field [minimum_should_match]")
	}
	spec := strings.TrimSpace(text)
	if strings.Contains(spec, "<") {
		rest := spec
		spec = strconv.Itoa(optional)
		for condition := range strings.FieldsSeq(rest) {
			above, then, ok := strings.Cut(condition, "<")
			limit, err := strconv.Atoi(above)
			if !ok || err != nil {
				return 0, refusef("For input string: \"%s\"", text)
			}
			if optional <= limit {
				break
			}
			spec = then
		}
	}
	number, percent := strings.CutSuffix(spec, "%")
	n, err := strconv.Atoi(number)
	if err != nil || n > maxClauses || n < -maxClauses {
		return 0, refusef("For input string: \"%s\"", text)
	}
	if percent {
		n = optional * n / 100
	}
	if n < 0 {
		n += optional
	}
	return max(n, 0), nil
}

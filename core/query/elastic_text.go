package query

import (
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// maxWords bounds how many words a query for words may have.
const maxWords = maxClauses

// matchOn reads a query for words. In a field that has no words it is one for the value as a whole.
func (p *parser) matchOn(f *Field, q fieldQuery) (Filter, error) {
	nothing, err := q.zeroTerms()
	if err != nil {
		return nil, err
	}
	conjunct, err := q.operator()
	if err != nil {
		return nil, err
	}
	text, _ := plainText(q.value)
	if f.Type != TypeText {
		return p.matchValue(f, q, text)
	}
	list := slices.Collect(words(text))
	if len(list) > maxWords {
		return nil, refusef("Query contains too many nested clauses; maxClauseCount is set to %d", maxClauses)
	}
	switch {
	case len(list) == 0:
		return nothing, nil
	case q.name == "match_phrase":
		return Phrase{Field: f, Words: list}, nil
	case q.name == "match_phrase_prefix":
		return Phrase{Field: f, Words: list, Prefix: true}, nil
	}
	return q.words(f, list, conjunct)
}

func (p *parser) matchValue(f *Field, q fieldQuery, text string) (Filter, error) {
	if q.name != "match_phrase_prefix" {
		filter, err := p.equals(f, []jsonvalue.Value{q.value}, false)
		if err != nil && q.options.Get("lenient").Bool() {
			return None{}, nil
		}
		return filter, err
	}
	if f.Type != TypeKeyword {
		return nil, refusef("Can only use phrase prefix queries on text fields - not on [%s] which is of type [%s]", f.Name, f.kind)
	}
	return Pattern{Field: f, Test: func(s string) bool { return strings.HasPrefix(s, text) }}, nil
}

// words finds some, or all, of the words.
func (q fieldQuery) words(f *Field, list []string, conjunct bool) (Filter, error) {
	b := Bool{MinShould: 1}
	for _, w := range list {
		b.Should = append(b.Should, Terms{Field: f, Values: map[scalar]struct{}{{text: w}: {}}})
	}
	if conjunct {
		return Bool{Must: b.Should}, nil
	}
	if given := q.options.Get("minimum_should_match"); !given.IsAbsent() {
		n, err := minimum(given, len(list))
		if err != nil {
			return nil, err
		}
		b.MinShould = max(n, 1)
	}
	return b, nil
}

// zeroTerms is what a query finds that has no words.
func (q fieldQuery) zeroTerms() (Filter, error) {
	v := q.options.Get("zero_terms_query")
	switch strings.ToLower(v.Text()) {
	case "none":
		return None{}, nil
	case "all":
		return All{}, nil
	}
	if v.IsAbsent() {
		return None{}, nil
	}
	return nil, refusef("Unsupported zero_terms_query value [%s]", shown(v))
}

func (q fieldQuery) operator() (conjunct bool, err error) {
	v := q.options.Get("operator")
	switch strings.ToLower(v.Text()) {
	case "and":
		return true, nil
	case "or":
		return false, nil
	}
	if v.IsAbsent() {
		return false, nil
	}
	return false, refusef("operator needs to be either OR or AND, but not [%s]", shown(v))
}

package query

import (
	"slices"
	"time"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// The bounds of a query, as Elasticsearch has them.
const (
	maxDepth   = 30    // how deep queries stand in queries
	maxClauses = 1024  // how many queries there are in one
	maxTerms   = 65536 // how many values a query lists
)

// parser reads a query of Elasticsearch's DSL.
type parser struct {
	mapping *Mapping
	now     time.Time
	clauses int
}

// place is where a query stands.
type place struct {
	depth int
	scope string // the nested field whose objects it is about; empty: the document
}

// query reads an object of one member: the query's name and content.
func (p *parser) query(v jsonvalue.Value, in place) (Filter, error) {
	if v.Kind() != jsonvalue.KindObject {
		return nil, refusef("[_na] query malformed, must start with start_object")
	}
	if v.Len() == 0 {
		return nil, refusef("query malformed, empty clause found")
	}
	name, content := v.Members()[0].Name, v.Members()[0].Value
	if content.Kind() != jsonvalue.KindObject {
		return nil, notAQuery(name)
	}
	if p.clauses++; p.clauses > maxClauses {
		return nil, refusef("Query contains too many nested clauses; maxClauseCount is set to %d", maxClauses)
	}
	if in.depth++; in.depth > maxDepth {
		return nil, refusef("The nested depth of the query exceeds the maximum nested depth for queries set in [indices.query.bool.max_nested_depth]")
	}
	f, err := p.named(name, content, in)
	if err == nil && v.Len() > 1 {
		err = refusef("[%s] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", name)
	}
	return f, err
}

// named reads the content of a query.
func (p *parser) named(name string, content jsonvalue.Value, in place) (Filter, error) {
	switch name {
	case "match_all":
		return All{}, onlyKeys(name, content)
	case "match_none":
		return None{}, onlyKeys(name, content)
	case "ids":
		return p.ids(content)
	case "exists":
		return p.exists(content)
	case "term", "prefix", "wildcard", "regexp", "range", "match", "match_phrase", "match_phrase_prefix":
		return p.onField(name, content)
	case "terms":
		return p.terms(content)
	case "multi_match":
		return p.multiMatch(content)
	case "bool", "constant_score", "dis_max", "boosting", "nested":
		return p.compound(name, content, in)
	case "geo_bounding_box", "geo_distance", "geo_polygon":
		return p.geo(name, content)
	}
	if slices.Contains(elsewhere, name) {
		return nil, refusef("[%s] query is not supported here", name)
	}
	return nil, refusef("unknown query [%s]", name)
}

// elsewhere are the queries that Elasticsearch has and this package has not.
var elsewhere = []string{
	"combined_fields", "distance_feature", "function_score", "fuzzy", "geo_shape", "has_child", "has_parent", "intervals", "knn",
	"match_bool_prefix", "more_like_this", "parent_id", "percolate", "pinned", "query_string", "rank_feature", "rule", "script", "script_score",
	"semantic", "shape", "simple_query_string", "span_containing", "span_field_masking", "span_first", "span_multi", "span_near", "span_not",
	"span_or", "span_term", "span_within", "sparse_vector", "terms_set", "text_expansion", "type", "weighted_tokens", "wrapper",
}

// free are the members that any query may have and that do not change what it finds.
var free = []string{"boost", "_name"}

// onlyKeys refuses members that a query does not have.
func onlyKeys(name string, content jsonvalue.Value, keys ...string) error {
	for _, m := range content.Members() {
		if !slices.Contains(keys, m.Name) && !slices.Contains(free, m.Name) {
			return refusef("[%s] unknown field [%s]", name, m.Name)
		}
		if err := checkFree(name, m); err != nil {
			return err
		}
	}
	return nil
}

// checkFree looks at members that do not change what is found, but must be in order all the same.
func checkFree(name string, m jsonvalue.Member) error {
	switch m.Name {
	case "boost":
		if n, ok := numberOf(m.Value); !ok || n.Float() < 0 {
			return refusef("negative [boost] are not allowed in [%s], use a value between 0 and 1 to deboost", shown(m.Value))
		}
	case "_name":
		if m.Value.Kind() != jsonvalue.KindString {
			return refusef("[%s] failed to parse field [_name]", name)
		}
	}
	return nil
}

func (p *parser) ids(content jsonvalue.Value) (Filter, error) {
	if err := onlyKeys("ids", content, "values", "type"); err != nil {
		return nil, err
	}
	values := content.Get("values")
	list := values.Items()
	switch values.Kind() {
	case jsonvalue.KindArray, jsonvalue.KindAbsent:
	default:
		list = []jsonvalue.Value{values}
	}
	f := IDs{Values: make(map[string]struct{}, len(list))}
	for _, v := range list {
		id, ok := plainText(v)
		if !ok {
			return nil, refusef("[ids] failed to parse field [values]")
		}
		f.Values[id] = struct{}{}
	}
	return f, tooManyTerms("Ids", len(list))
}

func tooManyTerms(query string, n int) error {
	if n <= maxTerms {
		return nil
	}
	return refusef("The number of terms [%d] used in the %s Query request has exceeded the allowed maximum of [%d]. "+
		"This maximum can be set by changing the [index.max_terms_count] index level setting.", n, query, maxTerms)
}

func (p *parser) exists(content jsonvalue.Value) (Filter, error) {
	for _, m := range content.Members() {
		if m.Name != "field" && !slices.Contains(free, m.Name) {
			return nil, refusef("[exists] query does not support [%s]", m.Name)
		}
		if err := checkFree("exists", m); err != nil {
			return nil, err
		}
	}
	field := content.Get("field")
	name, ok := plainText(field)
	switch {
	case field.IsAbsent():
		return nil, refusef("[exists] must be provided with a [field]")
	case !ok:
		return nil, refusef("[exists] unknown token after [field]")
	case name == "":
		return nil, refusef("field name is null or empty")
	case name == idField:
		return All{}, nil
	case metadata(name):
		return nil, unsupported(name)
	}
	fields := p.mapping.under(name)
	for _, f := range fields {
		if f.Type == TypeOther || f.Type == TypeGeoPoint {
			return nil, unsearchable(f)
		}
	}
	return Exists{Fields: fields}, nil
}

// idField is the document's id, which queries and sort keys may name as if it were a field.
const idField = "_id"

// metadata tells whether a name is one of Elasticsearch's own, which no document here has.
func metadata(name string) bool {
	return slices.Contains([]string{
		"_index", "_source", "_size", "_doc_count", "_field_names", "_ignored", "_routing", "_meta", "_tier", "_seq_no", "_version",
		"_primary_term", "_type", "_uid", "_all", "_feature", "_nested_path",
	}, name)
}

// search finds the field that a query names. Nil without an error: it is not mapped, so it is found by nothing.
func (p *parser) search(name string) (*Field, error) {
	if name == "" {
		return nil, refusef("field name is null or empty")
	}
	if metadata(name) {
		return nil, unsupported(name)
	}
	f := p.mapping.field(name)
	if f != nil && f.Type == TypeOther {
		return nil, unsearchable(f)
	}
	return f, nil
}

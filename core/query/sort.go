package query

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Key is one sort key. Documents that are equal by all keys stay in the order in which they came.
type Key struct {
	field      *Field // nil: by the document's id, or by nothing
	byID       bool
	descending bool
	mode       sortMode
	firstIf    bool   // documents without a value come first
	missing    scalar // the value of those that have none, where replaced
	replaced   bool
	along      []Nested // the nested fields that lead to the values, from the outside in, each with the filter its objects pass
}

// sortMode says which of several values counts.
type sortMode uint8

// The modes.
const (
	modeLeast sortMode = iota
	modeMost
	modeSum
	modeAverage
	modeMedian
)

// rank is what a document is sorted by under one key.
type rank struct {
	value scalar
	none  bool // it has no value
}

// compare orders two ranks of a key.
func (k Key) compare(a, b rank) int {
	switch {
	case a.none && b.none:
		return 0
	case a.none:
		return k.side()
	case b.none:
		return -k.side()
	}
	n := a.value.compare(b.value)
	if k.descending {
		return -n
	}
	return n
}

// side is where documents without a value go: 1 is behind.
func (k Key) side() int {
	if k.firstIf {
		return -1
	}
	return 1
}

// rank finds what a document is sorted by.
func (k Key) rank(d Document) rank {
	switch {
	case k.byID:
		return rank{value: scalar{text: d.ID()}}
	case k.field == nil:
		return rank{}
	}
	var found []scalar
	k.collect(subject{doc: d}, k.along, &found)
	if len(found) == 0 {
		return rank{value: k.missing, none: !k.replaced}
	}
	return rank{value: k.pick(found)}
}

func (k Key) collect(s subject, along []Nested, found *[]scalar) {
	if len(along) > 0 {
		s.objects(along[0].Path, along[0].Along, func(o subject) bool {
			if along[0].Filter.match(o) {
				k.collect(o, along[1:], found)
			}
			return true
		})
		return
	}
	s.any(k.field, func(x scalar) bool {
		*found = append(*found, x)
		return false
	})
}

func (k Key) pick(found []scalar) scalar {
	switch k.mode {
	case modeMost:
		return slices.MaxFunc(found, scalar.compare)
	case modeSum, modeAverage:
		return k.total(found)
	case modeMedian:
		slices.SortFunc(found, scalar.compare)
		half := len(found) / 2
		if len(found)%2 == 1 {
			return found[half]
		}
		return Key{field: k.field, mode: modeAverage}.total(found[half-1 : half+1])
	default:
		return slices.MinFunc(found, scalar.compare)
	}
}

func (k Key) total(found []scalar) scalar {
	sum := 0.0
	for _, x := range found {
		sum += float64(x.whole) + x.part
	}
	if k.mode == modeAverage {
		sum /= float64(len(found))
	}
	if k.field.Type == TypeFloat {
		return scalar{part: sum}
	}
	return scalar{whole: clamp(math.Round(sum))}
}

func clamp(x float64) int64 {
	switch {
	case x >= 1<<63:
		return math.MaxInt64
	case x < -(1 << 63):
		return math.MinInt64
	default:
		return int64(x)
	}
}

// maxKeys bounds how many sort keys a search has.
const maxKeys = 64

// sort reads the member "sort": a name, an object of names, or an array of both.
func (p *parser) sort(v jsonvalue.Value) ([]Key, error) {
	list := v.Items()
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindArray:
	case jsonvalue.KindString, jsonvalue.KindObject:
		list = []jsonvalue.Value{v}
	default:
		return nil, unknownToken(v, "sort")
	}
	var keys []Key
	for _, item := range list {
		if item.Kind() == jsonvalue.KindString {
			item = wrap(item.Text(), jsonvalue.Object())
		}
		if item.Kind() != jsonvalue.KindObject {
			return nil, refusef("malformed sort format, within the sort array, an object, or an actual string are allowed")
		}
		for _, m := range item.Members() {
			k, err := p.key(m.Name, m.Value)
			if err != nil {
				return nil, err
			}
			if keys = append(keys, k); len(keys) > maxKeys {
				return nil, refusef("Too many sort keys: at most %d are accepted.", maxKeys)
			}
		}
	}
	return keys, nil
}

// tokens are the names of Elasticsearch's parser for the beginnings of values.
var tokens = map[jsonvalue.Kind]string{
	jsonvalue.KindNull: "VALUE_NULL", jsonvalue.KindBool: "VALUE_BOOLEAN", jsonvalue.KindNumber: "VALUE_NUMBER",
	jsonvalue.KindString: "VALUE_STRING", jsonvalue.KindArray: "START_ARRAY", jsonvalue.KindObject: "START_OBJECT",
}

func unknownToken(v jsonvalue.Value, name string) error {
	return refusef("Unknown key for a %s in [%s].", tokens[v.Kind()], name)
}

// sortOptions are the members of a sort key's long form.
var sortOptions = []string{"order", "missing", "mode", "nested", "unmapped_type", "numeric_type", "format"}

// key reads {"tags": "desc"} or {"tags": {"order": "desc", …}}.
func (p *parser) key(name string, v jsonvalue.Value) (Key, error) {
	options := v
	if v.Kind() == jsonvalue.KindString {
		options = wrap("order", v)
	}
	if options.Kind() != jsonvalue.KindObject {
		return Key{}, unknownToken(v, name)
	}
	for _, m := range options.Members() {
		if !slices.Contains(sortOptions, m.Name) {
			return Key{}, refusef("[field_sort] unknown field [%s]", m.Name)
		}
	}
	k := Key{descending: name == "_score"}
	if err := k.readOrder(options.Get("order")); err != nil {
		return Key{}, err
	}
	switch {
	case name == "_score", name == "_doc":
		return Key{}, nil // all hits here weigh the same, and they come in one order
	case name == idField:
		k.byID = true
		return k, nil
	case name == "_geo_distance", name == "_script", metadata(name):
		return Key{}, unsupported(name)
	}
	return p.fieldKey(k, name, options)
}

func (k *Key) readOrder(v jsonvalue.Value) error {
	switch strings.ToLower(v.Text()) {
	case "asc":
		k.descending = false
	case "desc":
		k.descending, k.mode = true, modeMost
	default:
		if !v.IsAbsent() {
			return refusef("No enum constant org.elasticsearch.search.sort.SortOrder.%s", strings.ToUpper(shown(v)))
		}
	}
	return nil
}

func (p *parser) fieldKey(k Key, name string, options jsonvalue.Value) (Key, error) {
	k.field = p.mapping.field(name)
	if k.field == nil {
		if options.Has("unmapped_type") {
			return Key{}, nil
		}
		return Key{}, refusef("No mapping found for [%s] in order to sort on", name)
	}
	switch k.field.Type {
	case TypeText:
		return Key{}, refusef("Fielddata is disabled on [%s]. Text fields are not optimised for operations that require per-document field data "+
			"like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead.", name)
	case TypeOther, TypeGeoPoint:
		return Key{}, refusef("can't sort on field [%s] of type [%s] here", name, k.field.kind)
	default:
	}
	for _, o := range []string{"numeric_type", "format"} {
		if options.Has(o) {
			return Key{}, unsupported(o + " of a sort key")
		}
	}
	if err := k.readMode(options.Get("mode")); err != nil {
		return Key{}, err
	}
	if err := p.readMissing(&k, options.Get("missing")); err != nil {
		return Key{}, err
	}
	return k, p.readNested(&k, options.Get("nested"))
}

func (k *Key) readMode(v jsonvalue.Value) error {
	if v.IsAbsent() {
		return nil
	}
	modes := []string{"min", "max", "sum", "avg", "median"}
	at := slices.Index(modes, strings.ToLower(v.Text()))
	if at < 0 {
		return refusef("Unknown SortMode [%s]", shown(v))
	}
	if k.mode = sortMode(at); k.mode > modeMost && k.field.Type == TypeKeyword {
		return refusef("we only support AVG, MEDIAN and SUM on number based fields")
	}
	return nil
}

func (p *parser) readMissing(k *Key, v jsonvalue.Value) error {
	switch {
	case v.IsAbsent(), v.Text() == "_last":
		return nil
	case v.Text() == "_first":
		k.firstIf = true
		return nil
	}
	x, err := p.sortValue(k.field, v)
	k.missing, k.replaced = x, true
	return err
}

// sortValue reads a value that stands for a document's in a sort key.
func (p *parser) sortValue(f *Field, v jsonvalue.Value) (scalar, error) {
	x, exact, err := p.term(f, v)
	if err == nil && !exact {
		n, _ := numberOf(v)
		x.whole = clamp(math.Trunc(n.Float()))
	}
	return x, err
}

// readNested finds the way to the values: through the nested fields around the field, filtered where the key says so.
func (p *parser) readNested(k *Key, v jsonvalue.Value) error {
	for at := k.field.scope; at != ""; at = p.mapping.around(at) {
		k.along = append(k.along, Nested{Path: at, Along: p.mapping.nested[at], Filter: All{}})
	}
	slices.Reverse(k.along)
	for level := v; !level.IsAbsent(); level = level.Get("nested") {
		if level.Kind() != jsonvalue.KindObject {
			return unknownToken(level, "nested")
		}
		if err := onlyKeys("nested", level, "path", "filter", "nested"); err != nil {
			return err
		}
		path := level.Get("path").Text()
		at := slices.IndexFunc(k.along, func(n Nested) bool { return n.Path == path })
		if at < 0 {
			return refusef("[nested] failed to find nested object under path [%s]", path)
		}
		filter := level.Get("filter")
		if filter.IsAbsent() {
			continue
		}
		f, err := p.query(filter, place{scope: path})
		if err != nil {
			return err
		}
		k.along[at].Filter = f
	}
	return nil
}

// after reads the member "search_after": what the last hit seen is sorted by.
func (p *parser) after(v jsonvalue.Value, keys []Key) ([]rank, error) {
	switch {
	case v.IsAbsent():
		return nil, nil
	case v.Kind() != jsonvalue.KindArray:
		return nil, unknownToken(v, "search_after")
	case v.Len() == 0:
		return nil, refusef("Values must contains at least one value.")
	case len(keys) == 0:
		return nil, refusef("Sort must contain at least one field.")
	case v.Len() != len(keys):
		return nil, refusef("search_after has %d value(s) but sort has %d.", v.Len(), len(keys))
	}
	ranks := make([]rank, len(keys))
	for i, x := range v.Items() {
		var err error
		if ranks[i], err = p.afterKey(keys[i], x); err != nil {
			return nil, err
		}
	}
	return ranks, nil
}

func (p *parser) afterKey(k Key, v jsonvalue.Value) (rank, error) {
	switch v.Kind() {
	case jsonvalue.KindArray, jsonvalue.KindObject:
		return rank{}, refusef("Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found [%s] inside search_after.",
			tokens[v.Kind()])
	case jsonvalue.KindNull:
		return rank{none: true}, nil
	default:
	}
	switch {
	case k.byID:
		text, _ := plainText(v)
		return rank{value: scalar{text: text}}, nil
	case k.field == nil:
		return rank{}, nil
	}
	x, err := p.sortValue(k.field, v)
	return rank{value: x}, err
}

func compareRanks(keys []Key, a, b []rank) int {
	for i, k := range keys {
		if n := k.compare(a[i], b[i]); n != 0 {
			return n
		}
	}
	return 0
}

// passed tells whether what is ranked so comes behind the ranks of search_after.
func passed(keys []Key, ranks, after []rank) bool {
	return after == nil || cmp.Compare(compareRanks(keys, ranks, after), 0) > 0
}

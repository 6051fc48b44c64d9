package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Mapping is how the storage behind Kuzzle would index a collection's documents. No documents are stored here, so it is only kept and told.
type Mapping struct {
	Collection Collection
	Version    uint64
	Revision   uint64
	Source     []byte // one JSON object: _meta (perhaps), dynamic and properties
}

// internalIndex is the index of Kuzzle's own collections. No client can name it: a percent sign is forbidden in names.
const internalIndex = "%kuzzle"

// Users, Profiles, Roles and APIKeys are the collections in which Kuzzle keeps them. They always exist, if only by their mappings.
var (
	Users    = Collection{Index: internalIndex, Name: "users"}
	Profiles = Collection{Index: internalIndex, Name: "profiles"}
	Roles    = Collection{Index: internalIndex, Name: "roles"}
	APIKeys  = Collection{Index: internalIndex, Name: "api-keys"}

	// Credentials are what users log in with. Kuzzle's plugin keeps them in an index of its own.
	Credentials = Collection{Index: internalIndex, Name: "credentials"}
)

// IsInternal tells whether a collection is one of Kuzzle's own.
func (c Collection) IsInternal() bool { return c.Index == internalIndex }

// InfoField is the field in which Kuzzle notes who wrote a document and when.
const InfoField = "_kuzzle_info"

// DefaultMapping is the mapping of a collection that was never given one.
func DefaultMapping(c Collection) jsonvalue.Value {
	var properties []jsonvalue.Member
	switch c {
	case Users:
		properties = []jsonvalue.Member{field("profileIds", "keyword")}
	case Profiles:
		restrictions := object(jsonvalue.Member{Name: "type", Value: jsonvalue.String(typeNested)},
			jsonvalue.Member{Name: "properties", Value: object(field("index", "keyword"), field("collections", "keyword"))})
		policies := object(field("roleId", "keyword"), jsonvalue.Member{Name: "restrictedTo", Value: restrictions})
		properties = []jsonvalue.Member{
			field("tags", "keyword"), {Name: "policies", Value: object(jsonvalue.Member{Name: "properties", Value: policies})},
		}
	case APIKeys:
		properties = []jsonvalue.Member{
			field("userId", "keyword"), field("hash", "keyword"), field("description", "text"), field("expiresAt", "long"),
			field("ttl", "keyword"), field("token", "keyword"),
		}
	case Credentials:
		properties = []jsonvalue.Member{field("username", "keyword"), field("kuid", "keyword")}
	case Roles:
		properties = []jsonvalue.Member{field("tags", "keyword"), {Name: "controllers", Value: object(
			jsonvalue.Member{Name: "dynamic", Value: jsonvalue.String("false")}, jsonvalue.Member{Name: "properties", Value: object()},
		)}}
	}
	return object(
		jsonvalue.Member{Name: "dynamic", Value: jsonvalue.String("false")},
		jsonvalue.Member{Name: "properties", Value: object(append(properties, jsonvalue.Member{Name: InfoField, Value: infoMapping()})...)},
	)
}

func infoMapping() jsonvalue.Value {
	return object(jsonvalue.Member{Name: "properties", Value: object(
		field("author", "keyword"), field("createdAt", "date"), field("updater", "keyword"), field("updatedAt", "date"),
	)})
}

func field(name, kind string) jsonvalue.Member {
	return jsonvalue.Member{Name: name, Value: object(jsonvalue.Member{Name: "type", Value: jsonvalue.String(kind)})}
}

func object(members ...jsonvalue.Member) jsonvalue.Value { return jsonvalue.Object(members...) }

// MergeMapping checks what is to change of a mapping as Kuzzle and the storage behind it do, and lays it over the old one: fields are added,
// those that are there keep their types.
func MergeMapping(old, change jsonvalue.Value) (jsonvalue.Value, error) {
	if change.Kind() != jsonvalue.KindObject {
		return jsonvalue.Value{}, fault.InvalidType("mappings", "object")
	}
	change, err := textDynamics(change, nil)
	if err != nil {
		return jsonvalue.Value{}, err
	}
	if err := checkNames(change, nil, true); err != nil {
		return jsonvalue.Value{}, err
	}
	given := change.Get("properties")
	if !given.IsAbsent() {
		if err := checkFields("properties", old.Get("properties"), given); err != nil {
			return jsonvalue.Value{}, err
		}
	}
	merged := old
	for _, name := range [...]string{"_meta", "dynamic"} {
		if v := change.Get(name); !v.IsAbsent() && !v.IsNull() {
			merged = merged.With(name, v)
		}
	}
	return merged.With("properties", merge(old.Get("properties"), given)), nil
}

// textDynamics puts text in the place of booleans in every member "dynamic", and refuses what none can be.
func textDynamics(v jsonvalue.Value, path []string) (jsonvalue.Value, error) {
	members := make([]jsonvalue.Member, 0, v.Len())
	for _, m := range v.Members() {
		at := append(slices.Clone(path), m.Name)
		var err error
		switch {
		case m.Name == "dynamic":
			m.Value, err = dynamic(m.Value, at)
		case m.Value.Kind() == jsonvalue.KindObject:
			m.Value, err = textDynamics(m.Value, at)
		}
		if err != nil {
			return jsonvalue.Value{}, err
		}
		members = append(members, m)
	}
	return object(members...), nil
}

func dynamic(v jsonvalue.Value, path []string) (jsonvalue.Value, error) {
	if v.Kind() == jsonvalue.KindBool {
		return jsonvalue.String(fmt.Sprint(v.Bool())), nil
	}
	if v.Kind() != jsonvalue.KindString {
		return v, invalidMapping(path, "Dynamic property value should be a string.")
	}
	switch v.Text() {
	case "true", "false", "strict":
		return v, nil
	default:
		return v, invalidMapping(path,
			fmt.Sprintf(`Incorrect dynamic property value (%s). Should be one of "true", "false", "strict"`, v.Text()))
	}
}

// checkNames refuses members that no mapping has. Below "properties" all names are those of fields.
func checkNames(v jsonvalue.Value, path []string, check bool) error {
	for _, m := range v.Members() {
		at := append(slices.Clone(path), m.Name)
		if check && !isMappingMember(m.Name, len(path) > 0) {
			return invalidMapping(at, "")
		}
		var err error
		switch {
		case m.Name == "properties":
			err = checkNames(m.Value, at, false)
		case m.Value.Has("properties"):
			err = checkNames(m.Value, at, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isMappingMember(name string, ofField bool) bool {
	return name == "properties" || name == "_meta" || name == "dynamic" || name == "dynamic_templates" || ofField && name == "type"
}

// checkFields refuses fields whose type does not exist, or is another than they have.
func checkFields(path string, old, given jsonvalue.Value) error {
	if given.Kind() != jsonvalue.KindObject {
		return fault.InvalidType("mappings."+path, "object")
	}
	for _, m := range given.Members() {
		at := path + "." + m.Name
		if m.Value.Kind() != jsonvalue.KindObject {
			return fault.InvalidType("mappings."+at, "object")
		}
		kind, was := typeOf(m.Value), old.Get(m.Name)
		if !slices.Contains(fieldTypes, kind) {
			return fieldFault(fault.CodeMappingType, at, kind)
		}
		if !was.IsAbsent() && typeOf(was) != kind {
			return fieldFault(fault.CodeMappingFixed, at)
		}
		if properties := m.Value.Get("properties"); !properties.IsAbsent() {
			if err := checkFields(at+".properties", was.Get("properties"), properties); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	typeObject = "object"
	typeNested = "nested"
)

// typeOf is a field's type: one that does not say is an object.
func typeOf(mapping jsonvalue.Value) string {
	t := mapping.Get("type")
	switch t.Kind() {
	case jsonvalue.KindAbsent:
		return typeObject
	case jsonvalue.KindString:
		return t.Text()
	default:
		return string(t.AppendTo(nil))
	}
}

// fieldTypes are those of Elasticsearch 8.
var fieldTypes = []string{
	"aggregate_metric_double", "alias", "binary", "boolean", "byte", "completion", "constant_keyword", "date", "date_nanos", "date_range",
	"dense_vector", "double", "double_range", "flattened", "float", "float_range", "geo_point", "geo_shape", "half_float", "histogram", "integer",
	"integer_range", "ip", "ip_range", "join", "keyword", "long", "long_range", "match_only_text", "murmur3", typeNested, typeObject, "percolator",
	"point", "rank_feature", "rank_features", "scaled_float", "search_as_you_type", "semantic_text", "shape", "short", "sparse_vector", "text",
	"token_count", "unsigned_long", "version", "wildcard",
}

// merge lays one object over another, deeply.
func merge(old, change jsonvalue.Value) jsonvalue.Value {
	if change.IsAbsent() {
		return old
	}
	if old.Kind() != jsonvalue.KindObject || change.Kind() != jsonvalue.KindObject {
		return change
	}
	members := slices.Clone(old.Members())
	for _, m := range change.Members() {
		members = append(members, jsonvalue.Member{Name: m.Name, Value: merge(old.Get(m.Name), m.Value)})
	}
	return object(members...)
}

func invalidMapping(path []string, why string) error {
	at := strings.Join(path, ".")
	return fault.Invalidf(fault.CodeInvalidMapping, fault.Field{Path: at, Expected: why}, "Invalid mapping property %q. %s", "mappings."+at, why)
}

// fieldFault names the field as documents do, without the "properties" in between.
func fieldFault(code fault.Code, path string, values ...string) error {
	name := strings.ReplaceAll(strings.TrimPrefix(path, "properties."), ".properties.", ".")
	return fault.Invalidf(code, fault.Field{Path: name, Values: values}, "The mapping of the field %q cannot be accepted.", name)
}

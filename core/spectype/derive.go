package spectype

import (
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Clients of Senlin read what a type declares in Senlin's form, so a JSON Schema is told in it as far as the form goes. What it cannot say,
// such as patterns, is left out: it is checked all the same.

// deriveDepth bounds how deep parts of parts are told: a schema may contain itself.
const deriveDepth = 4

// propertiesOf gives the properties that a JSON Schema of an object declares, in its order.
func propertiesOf(schema jsonvalue.Value) []Property {
	return derivation{root: schema}.members(schema, deriveDepth)
}

type derivation struct{ root jsonvalue.Value }

func (d derivation) members(schema jsonvalue.Value, depth int) []Property {
	if depth == 0 {
		return nil
	}
	required := map[string]bool{}
	for _, name := range schema.Get("required").Items() {
		required[name.Text()] = true
	}
	var properties []Property
	for _, m := range schema.Get("properties").Members() {
		p := d.property(m.Name, m.Value, depth-1)
		p.Required = required[m.Name]
		properties = append(properties, p)
	}
	return properties
}

func (d derivation) property(name string, schema jsonvalue.Value, depth int) Property {
	schema = d.followed(schema)
	p := Property{
		Name: name, Type: typeOf(schema), Description: schema.Get("description").Text(), Default: schema.Get("default"),
		// A schema cannot say whether a property may change; the annotation is Senlin's word for it.
		Updatable: schema.Get("updatable").Bool(), Allowed: schema.Get("enum").Items(),
	}
	switch {
	case p.Type == Map:
		p.Members = d.members(schema, depth)
	case p.Type == List && schema.Get("items").Kind() == jsonvalue.KindObject && depth > 0:
		item := d.property("", schema.Get("items"), depth-1)
		p.Items = &item
	}
	return p
}

// followed resolves a reference within the schema, as far as it goes by names. What stands beside the reference counts, too.
func (d derivation) followed(schema jsonvalue.Value) jsonvalue.Value {
	for range deriveDepth {
		path, ok := strings.CutPrefix(schema.Get("$ref").Text(), "#/")
		if !ok {
			break
		}
		target := d.root
		for step := range strings.SplitSeq(path, "/") {
			target = target.Get(strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		}
		for _, m := range schema.Without("$ref").Members() {
			target = target.With(m.Name, m.Value)
		}
		schema = target
	}
	return schema
}

// typeOf is the type of a property that a schema lets through; of several, the first that is not null.
func typeOf(schema jsonvalue.Value) PropertyType {
	name := schema.Get("type").Text()
	for _, one := range schema.Get("type").Items() {
		if name == "" || name == "null" {
			name = one.Text()
		}
	}
	switch name {
	case "integer":
		return Integer
	case "number":
		return Number
	case "boolean":
		return Boolean
	case "object":
		return Map
	case "array":
		return List
	case "string":
		return String
	}
	switch {
	case schema.Has("properties"):
		return Map
	case schema.Has("items"):
		return List
	default:
		return String
	}
}

package spectype

import (
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// parseProperties reads declarations in Senlin's own form: {"flavor": {"type": "String", "required": true}, …}.
func parseProperties(path string, v jsonvalue.Value) ([]Property, *Problem) {
	if v.Kind() != jsonvalue.KindObject {
		return nil, problem(path, "an object is wanted: names of properties, and what each is")
	}
	properties := make([]Property, 0, v.Len())
	for _, m := range v.Members() {
		p, bad := parseProperty(path+"."+m.Name, m)
		if bad != nil {
			return nil, bad
		}
		properties = append(properties, p)
	}
	return properties, nil
}

// propertyTypes are all types of a property, in the order in which a refusal names them.
func propertyTypes() []PropertyType {
	return []PropertyType{String, Integer, Number, Boolean, Map, List}
}

func parseProperty(path string, m jsonvalue.Member) (Property, *Problem) {
	p := Property{Name: m.Name, Default: m.Value.Get("default")}
	bad := checkKeys(path, m.Value, "type", "description", "default", "required", "updatable", "schema", "constraints")
	if bad != nil {
		return p, bad
	}
	if p.Type = PropertyType(m.Value.Get("type").Text()); !slices.Contains(propertyTypes(), p.Type) {
		return p, problem(path+".type", "%q is no type of a property; String, Integer, Number, Boolean, Map or List is wanted", string(p.Type))
	}
	if p.Description, bad = textAt(path, m.Value, "description"); bad != nil {
		return p, bad
	}
	if p.Required, bad = flagAt(path, m.Value, "required"); bad != nil {
		return p, bad
	}
	if p.Updatable, bad = flagAt(path, m.Value, "updatable"); bad != nil {
		return p, bad
	}
	if bad = p.parseInner(path+".schema", m.Value.Get("schema")); bad != nil {
		return p, bad
	}
	if bad = p.parseConstraints(path+".constraints", m.Value.Get("constraints")); bad != nil {
		return p, bad
	}
	return p, p.checkDefault(path + ".default")
}

// parseInner reads what a list or a map declares of its parts.
func (p *Property) parseInner(path string, schema jsonvalue.Value) *Problem {
	var bad *Problem
	switch {
	case p.Type == List && (schema.Len() != 1 || !schema.Has("*")):
		return problem(path, `what the items of a List are is wanted, such as {"*": {"type": "String"}}`)
	case p.Type == List:
		item, bad := parseProperty(path+".*", jsonvalue.Member{Value: schema.Get("*")})
		p.Items = &item
		return bad
	case schema.IsAbsent():
		return nil
	case p.Type != Map:
		return problem(path, "only a Map or a List has one")
	}
	p.Members, bad = parseProperties(path, schema)
	return bad
}

// parseConstraints reads [{"type": "AllowedValues", "constraint": [values]}], the one constraint that Senlin has.
func (p *Property) parseConstraints(path string, v jsonvalue.Value) *Problem {
	const wanted = `[{"type": "AllowedValues", "constraint": [values]}] is wanted`
	if v.IsAbsent() {
		return nil
	}
	if p.Type != String && p.Type != Integer && p.Type != Number {
		return problem(path, "only a String, Integer or Number has them")
	}
	if v.Len() != 1 || v.Kind() != jsonvalue.KindArray {
		return problem(path, wanted)
	}
	only := v.Items()[0]
	values := only.Get("constraint")
	if only.Len() != 2 || only.Get("type").Text() != "AllowedValues" || values.Kind() != jsonvalue.KindArray || values.Len() == 0 {
		return problem(path, wanted)
	}
	for _, value := range values.Items() {
		if err := p.validateType(value); err != nil {
			return problem(path, "%s", err.Message)
		}
	}
	p.Allowed = values.Items()
	return nil
}

// checkDefault wants a default that fits what is declared.
func (p *Property) checkDefault(path string) *Problem {
	if p.Default.IsAbsent() {
		return nil
	}
	err := p.validate(p.Default)
	if err == nil {
		err = p.resolve(p.Default)
	}
	if err == nil {
		return nil
	}
	return problem(strings.TrimSuffix(path+"."+err.Fields[0].Path, "."), "%s", err.Message)
}

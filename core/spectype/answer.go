package spectype

import (
	"cmp"
	"slices"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// What the profile-type calls answer. Members are sorted by name at every level, as Senlin sorts them on the wire.

// SchemaJSON gives the whole answer about the type: {"profile_type": {"name", "schema", "support_status"}}. Below micro-version 1.5
// Senlin leaves support_status out.
func (t *Type) SchemaJSON() jsonvalue.Value {
	return jsonvalue.Object(pair("profile_type", jsonvalue.Object(
		pair("name", jsonvalue.String(t.FullName())),
		pair("schema", schemaOf(t.Properties)),
		pair("support_status", t.SupportJSON()),
	)))
}

// SupportJSON gives the support_status that the type list and the answer about the type carry: {"1.0": [{"since", "status"}]}.
func (t *Type) SupportJSON() jsonvalue.Value {
	states := make([]jsonvalue.Value, len(t.Support))
	for i, s := range t.Support {
		states[i] = jsonvalue.Object(pair("since", jsonvalue.String(s.Since)), pair("status", jsonvalue.String(s.Status)))
	}
	return jsonvalue.Object(pair(t.Version, jsonvalue.Array(states...)))
}

// OperationsJSON gives the whole answer about the operations of the type: {"operations": {…}}.
func (t *Type) OperationsJSON() jsonvalue.Value {
	return jsonvalue.Object(pair("operations", keyed(t.Operations, func(o Operation) jsonvalue.Member { return pair(o.Name, o.json()) })))
}

func schemaOf(properties []Property) jsonvalue.Value {
	return keyed(properties, func(p Property) jsonvalue.Member { return pair(p.Name, p.json()) })
}

func (p Property) json() jsonvalue.Value {
	return jsonvalue.Object(
		pair("constraints", allowed(p.Allowed)),
		pair("default", p.Default),
		pair("description", text(p.Description)),
		pair("required", jsonvalue.Bool(p.Required)),
		pair("schema", p.inner()),
		pair("type", jsonvalue.String(string(p.Type))),
		pair("updatable", jsonvalue.Bool(p.Updatable)),
	)
}

// inner gives what a list or map declares of its parts; absent where it declares nothing.
func (p Property) inner() jsonvalue.Value {
	switch {
	case p.Items != nil:
		return jsonvalue.Object(pair("*", p.Items.json()))
	case p.Members != nil:
		return schemaOf(p.Members)
	default:
		return jsonvalue.Value{}
	}
}

func (o Operation) json() jsonvalue.Value {
	if o.AsProperty {
		return Property{Type: Map, Description: o.Description}.json()
	}
	return jsonvalue.Object(
		pair("description", text(o.Description)),
		pair("parameters", keyed(o.Parameters, func(p Parameter) jsonvalue.Member { return pair(p.Name, p.json()) })),
	)
}

func (p Parameter) json() jsonvalue.Value {
	return jsonvalue.Object(
		pair("constraints", allowed(p.Allowed)),
		pair("default", p.Default),
		pair("description", text(p.Description)),
		pair("required", jsonvalue.Bool(p.Required)),
		pair("type", jsonvalue.String(string(p.Type))),
	)
}

// allowed gives the one constraint that there is; absent where there is none.
func allowed(values []jsonvalue.Value) jsonvalue.Value {
	if values == nil {
		return jsonvalue.Value{}
	}
	return jsonvalue.Array(jsonvalue.Object(
		pair("constraint", jsonvalue.Array(values...)),
		pair("type", jsonvalue.String("AllowedValues")),
	))
}

// text is absent where there is none.
func text(s string) jsonvalue.Value {
	if s == "" {
		return jsonvalue.Value{}
	}
	return jsonvalue.String(s)
}

// keyed makes an object of what member gives for each thing, sorted by name.
func keyed[T any](things []T, member func(T) jsonvalue.Member) jsonvalue.Value {
	members := make([]jsonvalue.Member, len(things))
	for i, thing := range things {
		members[i] = member(thing)
	}
	slices.SortFunc(members, func(a, b jsonvalue.Member) int { return cmp.Compare(a.Name, b.Name) })
	return jsonvalue.Object(members...)
}

func pair(name string, v jsonvalue.Value) jsonvalue.Member {
	return jsonvalue.Member{Name: name, Value: v}
}

package spectype

import "github.com/profilegate/profilegate/core/jsonvalue"

// The built-in types are written with these, so that a declaration reads as a table.

func declare(kind PropertyType, name, description string) Property {
	return Property{Name: name, Type: kind, Description: description}
}

func (p Property) required() Property {
	p.Required = true
	return p
}

func (p Property) updatable() Property {
	p.Updatable = true
	return p
}

func (p Property) byDefault(v jsonvalue.Value) Property {
	p.Default = v
	return p
}

func (p Property) of(item Property) Property {
	p.Items = &item
	return p
}

func (p Property) with(members ...Property) Property {
	p.Members = members
	return p
}

// isSet tells whether a String property counts as given for Senlin's own checks: text that is empty does not.
func isSet(v jsonvalue.Value) bool {
	return !v.IsAbsent() && (v.Kind() != jsonvalue.KindString || v.Text() != "")
}

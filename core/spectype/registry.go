package spectype

import (
	"fmt"
	"slices"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// Registry knows the types of a tenant. It never changes; With makes another.
type Registry struct {
	types  []*Type
	byName map[string]*Type // by full name
}

// NewBuiltin gives the three types that Senlin ships.
func NewBuiltin() *Registry {
	return newRegistry([]*Type{dockerContainer(), heatStack(), novaServer()})
}

func newRegistry(types []*Type) *Registry {
	r := &Registry{types: types, byName: make(map[string]*Type, len(types))}
	for _, t := range types {
		r.byName[t.FullName()] = t
	}
	return r
}

// With gives a registry that knows these types as well, after those that it had. A full name that is known already is an error: no type can
// take the place of another.
func (r *Registry) With(types ...*Type) (*Registry, error) {
	all := newRegistry(slices.Clone(r.types))
	for _, t := range types {
		if _, taken := all.byName[t.FullName()]; taken {
			return nil, fmt.Errorf("there is a type %s already", t.FullName())
		}
		all.types = append(all.types, t)
		all.byName[t.FullName()] = t
	}
	return all, nil
}

// Types lists the types in the order in which the type list answers them. The caller must not change it.
func (r *Registry) Types() []*Type { return r.types }

// Find gives the type with this name and version, both in exact case.
func (r *Registry) Find(name, version string) (*Type, bool) { return r.Lookup(name + "-" + version) }

// Lookup gives the type with this full name, in exact case.
func (r *Registry) Lookup(fullName string) (*Type, bool) {
	t, ok := r.byName[fullName]
	return t, ok
}

// Get is Lookup with the fault that Senlin answers: NotFound, CodeProfileTypeNotFound.
func (r *Registry) Get(fullName string) (*Type, error) {
	if t, ok := r.Lookup(fullName); ok {
		return t, nil
	}
	return nil, fault.NotFoundf(fault.CodeProfileTypeNotFound, fault.Subject{Kind: "profile_type", ID: fullName},
		"The profile_type '%s' could not be found.", fullName)
}

// Check finds the type that a spec asks for. Its faults: CodeSpecMalformed for a spec that is no object or a type that is no text,
// CodeSpecKeyMissing without type or version, and those of Get. Whether the spec fits is for Validate.
func (r *Registry) Check(spec jsonvalue.Value) (*Type, error) {
	if spec.Kind() != jsonvalue.KindObject {
		return nil, malformed("spec", "object")
	}
	name, version := spec.Get("type"), spec.Get("version")
	switch {
	case name.IsAbsent():
		return nil, keyMissing("type")
	case version.IsAbsent():
		return nil, keyMissing("version")
	case name.Kind() != jsonvalue.KindString:
		return nil, malformed("spec.type", "string")
	}
	return r.Get(name.Text() + "-" + pyrepr.Str(version))
}

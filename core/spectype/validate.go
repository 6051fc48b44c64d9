package spectype

import (
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// Validate tells whether a spec that Check found to ask for this type fits it. profileName is what a message calls the profile. Its
// faults: CodeSpecMalformed, CodeSpecInvalid (the schema) and CodeSpecCheckFailed (the type's rules beyond the schema), each with the
// path of the place in Fields[0]. Only the first one found is told, in Senlin's order.
func (t *Type) Validate(profileName string, spec jsonvalue.Value) error {
	if err := t.validateSchema(spec); err != nil {
		return err
	}
	if t.check == nil {
		return nil
	}
	return t.check(profileName, spec.Get("properties"))
}

func (t *Type) validateSchema(spec jsonvalue.Value) *fault.Error {
	root := path{name: "spec"}
	at := root.member("properties")
	properties := spec.Get("properties")
	if kind := properties.Kind(); kind == jsonvalue.KindNull || kind == jsonvalue.KindBool || kind == jsonvalue.KindNumber {
		return malformed(at.String(), string(Map))
	}
	if err := t.validateContext(properties, &at); err != nil {
		return err
	}
	if err := validateSpecKeys(spec, &root); err != nil {
		return err
	}
	if err := resolveMembers(t.Properties, properties, &at); err != nil {
		return err
	}
	return t.validateContextKeys(properties, &at)
}

// validateContext comes before all else: Senlin needs the context to make the profile that it then judges.
func (t *Type) validateContext(properties jsonvalue.Value, at *path) *fault.Error {
	i := slices.IndexFunc(t.Properties, func(p Property) bool { return p.Name == "context" })
	value := properties.Get("context")
	if i < 0 || value.IsAbsent() {
		return nil
	}
	place := at.member("context")
	return t.Properties[i].validate(value, &place)
}

func validateSpecKeys(spec jsonvalue.Value, root *path) *fault.Error {
	properties := spec.Get("properties")
	if properties.IsAbsent() {
		return notProvided(root, "properties")
	}
	if properties.Kind() != jsonvalue.KindObject {
		at := root.member("properties")
		return notA("Map", &at, properties)
	}
	for _, m := range spec.Members() {
		if m.Name != "type" && m.Name != "version" && m.Name != "properties" {
			return unrecognizable(root, m.Name)
		}
	}
	return nil
}

func (t *Type) validateContextKeys(properties jsonvalue.Value, at *path) *fault.Error {
	if t.contextKeys == nil {
		return nil
	}
	var bad []string
	for _, m := range properties.Get("context").Members() {
		if !slices.Contains(t.contextKeys, m.Name) {
			bad = append(bad, pyrepr.Quote(m.Name))
		}
	}
	if bad == nil {
		return nil
	}
	place := at.member("context")
	return invalid(&place, "keys of a request context", "Some keys in 'context' are invalid: ["+strings.Join(bad, ", ")+"]")
}

// requestContextKeys are the arguments of RequestContext.__init__ (senlin/common/context.py), its self among them.
func requestContextKeys() []string {
	return []string{
		"self", "auth_token", "user_id", "project_id", "domain_id", "user_domain_id", "project_domain_id", "is_admin", "read_only",
		"show_deleted", "request_id", "auth_url", "trusts", "user_name", "project_name", "domain_name", "user_domain_name",
		"project_domain_name", "auth_token_info", "region_name", "roles", "password", "api_version",
	}
}

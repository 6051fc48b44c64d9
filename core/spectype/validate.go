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
	properties := spec.Get("properties")
	if kind := properties.Kind(); kind == jsonvalue.KindNull || kind == jsonvalue.KindBool || kind == jsonvalue.KindNumber {
		return malformed("spec.properties", string(Map))
	}
	if err := t.validateContext(properties); err != nil {
		return inMember(err, "spec.properties")
	}
	if err := validateSpecKeys(spec, properties); err != nil {
		return inMember(err, "spec")
	}
	if err := t.validateProperties(properties); err != nil {
		return inMember(err, "spec.properties")
	}
	if err := t.validateContextKeys(properties.Get("context")); err != nil {
		return inMember(err, "spec.properties.context")
	}
	return nil
}

func (t *Type) validateProperties(properties jsonvalue.Value) *fault.Error {
	if t.document != nil {
		return t.document.validate(properties)
	}
	return resolveMembers(t.Properties, properties)
}

// validateContext comes before all else: Senlin needs the context to make the profile that it then judges.
func (t *Type) validateContext(properties jsonvalue.Value) *fault.Error {
	value, declared := properties.Get("context"), findProperty(t.Properties, "context")
	if value.IsAbsent() || declared == nil || t.document != nil {
		return nil
	}
	if err := declared.validate(value); err != nil {
		return inMember(err, "context")
	}
	return nil
}

func validateSpecKeys(spec, properties jsonvalue.Value) *fault.Error {
	if properties.IsAbsent() {
		return notProvided("properties")
	}
	if properties.Kind() != jsonvalue.KindObject {
		return inMember(notA("Map", properties), "properties")
	}
	for _, m := range spec.Members() {
		if m.Name != "type" && m.Name != "version" && m.Name != "properties" {
			return unrecognizable(m.Name)
		}
	}
	return nil
}

func (t *Type) validateContextKeys(context jsonvalue.Value) *fault.Error {
	if t.contextKeys == nil {
		return nil
	}
	var bad []string
	for _, m := range context.Members() {
		if !slices.Contains(t.contextKeys, m.Name) {
			bad = append(bad, pyrepr.Quote(m.Name))
		}
	}
	if bad == nil {
		return nil
	}
	return invalid("keys of a request context", "Some keys in 'context' are invalid: ["+strings.Join(bad, ", ")+"]")
}

// requestContextKeys are the arguments of RequestContext.__init__ (senlin/common/context.py), its self among them.
func requestContextKeys() []string {
	return []string{
		"self", "auth_token", "user_id", "project_id", "domain_id", "user_domain_id", "project_domain_id", "is_admin", "read_only",
		"show_deleted", "request_id", "auth_url", "trusts", "user_name", "project_name", "domain_name", "user_domain_name",
		"project_domain_name", "auth_token_info", "region_name", "roles", "password", "api_version",
	}
}

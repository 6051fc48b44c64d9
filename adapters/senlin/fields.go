package senlin

import (
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// field is one key that a profile in a request may have.
type field struct {
	name     string
	required bool
	check    func(jsonvalue.Value) error
}

var (
	createFields   = []field{{"name", true, checkName}, {"spec", true, checkSpec}, {"metadata", false, checkMetadata}}
	validateFields = []field{{"spec", true, checkSpec}}
)

// profileOf takes the profile out of a create or validate request and checks its keys as Senlin's request objects do: first the values, in
// the order in which the fields are declared, then missing keys, then unknown ones. Keys beside profile are ignored.
func profileOf(body jsonvalue.Value, fields []field) (jsonvalue.Value, error) {
	if body.IsAbsent() {
		return body, malformed()
	}
	p := body.Get("profile")
	switch p.Kind() {
	case jsonvalue.KindAbsent:
		return p, badRequest("Request body missing 'profile' key.")
	case jsonvalue.KindNull:
		return p, malformed()
	case jsonvalue.KindObject:
		return p, checkFields(p, fields)
	default:
		return p, badRequest(pyrepr.Repr(p) + " is not of type 'object'")
	}
}

func checkFields(p jsonvalue.Value, fields []field) error {
	for _, f := range fields {
		if v := p.Get(f.name); !v.IsAbsent() {
			if err := f.check(v); err != nil {
				return err
			}
		}
	}
	for _, f := range fields {
		if f.required && !p.Has(f.name) {
			return badRequestf("'%s' is a required property", f.name)
		}
	}
	return checkUnknown(p, fields)
}

func checkUnknown(p jsonvalue.Value, fields []field) error {
	var unknown []string
	for _, m := range p.Members() {
		if !declared(fields, m.Name) {
			unknown = append(unknown, pyrepr.Quote(m.Name))
		}
	}
	switch len(unknown) {
	case 0:
		return nil
	case 1:
		return badRequestf("Additional properties are not allowed (%s was unexpected)", unknown[0])
	default:
		return badRequestf("Additional properties are not allowed (%s were unexpected)", strings.Join(unknown, ", "))
	}
}

func declared(fields []field, name string) bool {
	for _, f := range fields {
		if f.name == name {
			return true
		}
	}
	return false
}

func checkName(v jsonvalue.Value) error {
	switch v.Kind() {
	case jsonvalue.KindNull:
		return badRequest("Field `name' cannot be None")
	case jsonvalue.KindString:
		return profile.CheckSpecName(v.Text())
	default:
		return malformed()
	}
}

func checkSpec(v jsonvalue.Value) error {
	if v.IsNull() {
		return badRequest("Field `spec' cannot be None")
	}
	return checkObject(v, "'object'")
}

func checkMetadata(v jsonvalue.Value) error {
	if v.IsNull() {
		return nil
	}
	return checkObject(v, "'object', 'null'")
}

// checkObject refuses what is no object. Text is taken for JSON first, and told as such when it is none.
func checkObject(v jsonvalue.Value, accepted string) error {
	if v.Kind() == jsonvalue.KindObject {
		return nil
	}
	if v.Kind() == jsonvalue.KindString {
		if _, err := jsonvalue.Parse([]byte(v.Text()), jsonvalue.Limits{}); err != nil {
			return badRequestf("The value (%s) is not a valid JSON.", v.Text())
		}
	}
	return badRequest(pyrepr.Repr(v) + " is not of type " + accepted)
}

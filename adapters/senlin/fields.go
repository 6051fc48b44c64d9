package senlin

import (
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// field is one key that a profile in a request may have.
type field struct {
	name     string
	required bool
	convert  func(jsonvalue.Value) error // refuses what Senlin's field cannot take in
	accepted string                      // the JSON types that its schema names in its message; "": convert has seen to it
}

var (
	nameField      = field{"name", true, convertName, ""}
	specField      = field{"spec", true, convertSpec, "'object'"}
	metadataField  = field{"metadata", false, convertMetadata, "'object', 'null'"}
	createFields   = []field{nameField, specField, metadataField}
	validateFields = []field{specField}
	updateFields   = []field{{"name", false, orNull(convertName), ""}, metadataField}
)

// profileOf takes the profile out of a create or validate request and checks its keys as Senlin's request objects do. Keys beside profile
// are ignored.
func profileOf(body jsonvalue.Value, fields []field) (jsonvalue.Value, error) {
	if !body.IsAbsent() && !body.Has("profile") {
		return body, badRequest("Request body missing 'profile' key.")
	}
	return checkedProfile(body, fields)
}

// changeOf takes the profile out of an update request. Senlin looks for it in another place there, where null counts as none.
func changeOf(body jsonvalue.Value) (jsonvalue.Value, error) {
	if p := body.Get("profile"); !body.IsAbsent() && (p.IsAbsent() || p.IsNull()) {
		return p, badRequest("Malformed request data, missing 'profile' key in request body.")
	}
	return checkedProfile(body, updateFields)
}

func checkedProfile(body jsonvalue.Value, fields []field) (jsonvalue.Value, error) {
	p := body.Get("profile")
	switch p.Kind() {
	case jsonvalue.KindObject:
		return p, checkFields(p, fields)
	case jsonvalue.KindArray, jsonvalue.KindString:
		if slices.ContainsFunc(fields, func(f field) bool { return seemsToHave(p, f.name) }) {
			return p, malformed()
		}
		return p, badRequest(pyrepr.Repr(p) + " is not of type 'object'")
	default: // no body; or null, numbers and booleans, which have no keys that Python could ask for
		return p, malformed()
	}
}

// seemsToHave is Python's `name in value` for what is no map: text that contains it, a list with that very text. Senlin then stumbles over
// value[name].
func seemsToHave(v jsonvalue.Value, name string) bool {
	return strings.Contains(v.Text(), name) ||
		slices.ContainsFunc(v.Items(), func(item jsonvalue.Value) bool { return item.Text() == name })
}

// checkFields goes through a profile's keys in Senlin's order: what the fields cannot take in, in the order of their declaration; then, as
// its JSON schema has it, missing keys, unknown ones, and at last values of the wrong type.
func checkFields(p jsonvalue.Value, fields []field) error {
	for _, f := range fields {
		if v := p.Get(f.name); !v.IsAbsent() {
			if err := f.convert(v); err != nil {
				return err
			}
		}
	}
	for _, f := range fields {
		if f.required && !p.Has(f.name) {
			return badRequestf("'%s' is a required property", f.name)
		}
	}
	if err := checkUnknown(p, fields); err != nil {
		return err
	}
	for _, f := range fields {
		if v := p.Get(f.name); f.accepted != "" && isWrongType(v) {
			return badRequest(pyrepr.Repr(v) + " is not of type " + f.accepted)
		}
	}
	return nil
}

// isWrongType tells whether a value that was taken in is no object after all. Null is not: a field that cannot be null has refused it.
func isWrongType(v jsonvalue.Value) bool {
	return !v.IsAbsent() && !v.IsNull() && v.Kind() != jsonvalue.KindObject
}

func checkUnknown(p jsonvalue.Value, fields []field) error {
	var unknown []string
	for _, m := range p.Members() {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == m.Name }) {
			unknown = append(unknown, m.Name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	for i := range unknown {
		unknown[i] = pyrepr.Quote(unknown[i])
	}
	verb := "was"
	if len(unknown) > 1 {
		verb = "were"
	}
	return badRequestf("Additional properties are not allowed (%s %s unexpected)", strings.Join(unknown, ", "), verb)
}

func convertName(v jsonvalue.Value) error {
	switch v.Kind() {
	case jsonvalue.KindNull:
		return cannotBeNull("name")
	case jsonvalue.KindString:
		return profile.CheckSpecName(v.Text())
	case jsonvalue.KindArray, jsonvalue.KindObject:
		// They have a length, which is what Senlin looks at first.
		if n := v.Len(); n == 0 || n > profile.MaxNameRunes {
			return profile.CheckSpecName(strings.Repeat("n", n))
		}
		return malformed()
	default:
		return malformed()
	}
}

// orNull lets null stand for a field that is not given.
func orNull(convert func(jsonvalue.Value) error) func(jsonvalue.Value) error {
	return func(v jsonvalue.Value) error {
		if v.IsNull() {
			return nil
		}
		return convert(v)
	}
}

func convertSpec(v jsonvalue.Value) error {
	v, err := loaded(v)
	if err == nil && v.IsNull() {
		return cannotBeNull("spec")
	}
	return err
}

func convertMetadata(v jsonvalue.Value) error {
	_, err := loaded(v)
	return err
}

// loaded takes text for JSON, as Senlin's JSON field does, twice: when it reads the request and when it sets the field.
func loaded(v jsonvalue.Value) (jsonvalue.Value, error) {
	for range 2 {
		if v.Kind() != jsonvalue.KindString {
			break
		}
		inner, err := jsonvalue.Parse([]byte(v.Text()), jsonvalue.Limits{})
		if err != nil {
			return v, badRequestf("The value (%s) is not a valid JSON.", v.Text())
		}
		v = inner
	}
	return v, nil
}

func cannotBeNull(name string) error { return badRequestf("Field `%s' cannot be None", name) }

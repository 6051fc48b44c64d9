package grpcapi

import (
	"errors"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
)

// The fields of the contract that faults name.
const (
	fieldID       = "id"
	fieldName     = "spec.name"
	fieldSpec     = "spec.spec_json"
	fieldMetadata = "spec.metadata_json"
	fieldPolicies = "policies.policies"
	fieldRate     = "policies.rate_limit"
	fieldFields   = "policies.fields_json"
)

// inRequest gives a fault of the core the contract's names for the fields that it is about, in its fields and, where the message holds a
// name, in the message. An error without fields stays as it is.
func inRequest(err error, place func(string) string) error {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	moved := *e
	moved.Fields = slices.Clone(e.Fields)
	for i := range moved.Fields {
		moved.Fields[i].Path = place(moved.Fields[i].Path)
	}
	moved.Message = reworded(&moved)
	return &moved
}

// reworded is the message of a fault whose own words name the field as its dialect does, or say nothing.
func reworded(e *fault.Error) string {
	f := e.Fields[0]
	switch e.Code {
	case fault.CodeMissingArgument:
		return f.Path + " is missing."
	case fault.CodeEmptyArgument:
		return f.Path + " is empty."
	case fault.CodeInvalidType, fault.CodeSpecMalformed:
		return f.Path + " has the wrong type; expected: " + f.Expected + "."
	case fault.CodeInvalidArgument:
		return f.Path + " is not accepted; expected: " + f.Expected + "."
	default:
		return e.Message
	}
}

// placeInSpec maps the core's paths for a spec profile. What stands within the spec or the metadata follows the field that holds the JSON:
// "spec.spec_json.properties.template".
func placeInSpec(path string) string {
	root, rest := path, ""
	if i := strings.IndexAny(path, ".["); i >= 0 {
		root, rest = path[:i], path[i:]
	}
	switch root {
	case "name":
		return fieldName
	case "metadata":
		return fieldMetadata + rest
	case "spec":
		return fieldSpec + rest
	default:
		return path
	}
}

// placeInSpecOnly maps the core's paths for a spec that stands alone.
func placeInSpecOnly(path string) string {
	if rest, ok := strings.CutPrefix(path, "spec"); ok {
		return fieldOfSpec + rest
	}
	return path
}

// asItIs is for requests whose fields are called as in the core.
func asItIs(path string) string { return path }

// placeInPolicies maps the core's paths for the policy profile with an id, by which Kuzzle begins them: "<id>.policies[0].roleId".
func placeInPolicies(id string) func(string) string {
	return func(path string) string {
		switch path {
		case "_id":
			return fieldID
		case "rateLimit":
			return fieldRate
		}
		rest, _ := strings.CutPrefix(path, id+".")
		rest, ok := strings.CutPrefix(rest, "policies")
		if !ok {
			return path
		}
		return fieldPolicies + inSnakeCase.Replace(rest)
	}
}

// inSnakeCase has all the names below policies: the request's messages have no other fields.
var inSnakeCase = strings.NewReplacer(".roleId", ".role_id", ".restrictedTo", ".restricted_to")

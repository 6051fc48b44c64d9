package spectype

import (
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// GeneralMessage is what Senlin says when it has nothing to say: the explanation of its status 400.
const GeneralMessage = "The server could not comply with the request since it is either malformed or otherwise incorrect."

// Faults are made with the place below the value that is judged, and get the rest of their path on the way out (inMember, inItem): so a
// spec without faults pays nothing for paths.

// inMember says that the fault lies in this member.
func inMember(f *fault.Error, name string) *fault.Error {
	place := &f.Fields[0].Path
	if *place != "" && !strings.HasPrefix(*place, "[") {
		name += "."
	}
	*place = name + *place
	return f
}

// inItem says that the fault lies in this item.
func inItem(f *fault.Error, index int) *fault.Error {
	place := &f.Fields[0].Path
	if *place != "" && !strings.HasPrefix(*place, "[") {
		*place = "." + *place
	}
	*place = "[" + strconv.Itoa(index) + "]" + *place
	return f
}

// invalid says that a value breaks the schema.
func invalid(expected, message string) *fault.Error {
	return specFault(fault.CodeSpecInvalid, "", expected, message)
}

// checkFailed says that a rule beyond the schema is broken.
func checkFailed(at, expected, message string) *fault.Error {
	return specFault(fault.CodeSpecCheckFailed, at, expected, message)
}

func malformed(at, expected string) *fault.Error {
	return specFault(fault.CodeSpecMalformed, at, expected, GeneralMessage)
}

func keyMissing(key string) *fault.Error {
	return specFault(fault.CodeSpecKeyMissing, "spec."+key, "", "The '"+key+"' key is missing from the provided spec map.")
}

func specFault(code fault.Code, at, expected, message string) *fault.Error {
	return &fault.Error{
		Kind: fault.Invalid, Code: code, Message: message,
		Fields: []fault.Field{{Path: at, Expected: expected}},
	}
}

func notA(what string, v jsonvalue.Value) *fault.Error {
	return invalid(what, "'"+pyrepr.Str(v)+"' is not a "+what)
}

func notValid(what, ending string, v jsonvalue.Value) *fault.Error {
	return invalid(what, "The value '"+pyrepr.Str(v)+"' is not a valid "+what+ending)
}

// notInteger is notValid, save that Senlin calls Python's int(), which has words of its own for what it cannot even try.
func notInteger(v jsonvalue.Value) *fault.Error {
	var class string
	switch v.Kind() {
	case jsonvalue.KindArray:
		class = "list"
	case jsonvalue.KindObject:
		class = "dict"
	default:
		return notValid("Integer", "", v)
	}
	return invalid("Integer", "int() argument must be a string, a bytes-like object or a real number, not '"+class+"'")
}

func notProvided(name string) *fault.Error {
	return inMember(invalid("", "Required spec item '"+name+"' not provided"), name)
}

func unrecognizable(name string) *fault.Error {
	return inMember(invalid("", "Unrecognizable spec item '"+name+"'"), name)
}

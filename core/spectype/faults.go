package spectype

import (
	"strconv"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// GeneralMessage is what Senlin says when it has nothing to say: the explanation of its status 400.
const GeneralMessage = "The server could not comply with the request since it is either malformed or otherwise incorrect."

// path names a place in a spec. It is a chain of parts on the stack, so that a spec without faults pays nothing for it.
type path struct {
	up    *path
	name  string // of a member; empty for an item
	index int    // of an item
}

func (p *path) member(name string) path { return path{up: p, name: name} }
func (p *path) item(index int) path     { return path{up: p, index: index} }

func (p *path) String() string {
	switch {
	case p.up == nil:
		return p.name
	case p.name == "":
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	default:
		return p.up.String() + "." + p.name
	}
}

// invalid says that what stands at a place breaks the schema.
func invalid(at *path, expected, message string) *fault.Error {
	return specFault(fault.CodeSpecInvalid, at.String(), expected, message)
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

func notA(what string, at *path, v jsonvalue.Value) *fault.Error {
	return invalid(at, what, "'"+pyrepr.Str(v)+"' is not a "+what)
}

func notValid(what, ending string, at *path, v jsonvalue.Value) *fault.Error {
	return invalid(at, what, "The value '"+pyrepr.Str(v)+"' is not a valid "+what+ending)
}

func notProvided(at *path, name string) *fault.Error {
	place := at.member(name)
	return invalid(&place, "", "Required spec item '"+name+"' not provided")
}

func unrecognizable(at *path, name string) *fault.Error {
	place := at.member(name)
	return invalid(&place, "", "Unrecognizable spec item '"+name+"'")
}

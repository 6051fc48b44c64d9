package spectype

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Declaration is a type that a tenant brings along. Its properties are declared in one of two ways: in Senlin's own form, as the answers
// about types have it, or by a JSON Schema.
type Declaration struct {
	Name       string          // "acme.db.postgres"
	Version    string          // "1.0"
	Support    []Support       // nil: none is told
	Properties jsonvalue.Value // an object of properties, in the order in which they are judged; absent: Schema says what fits
	Schema     jsonvalue.Value // a JSON Schema, draft 2020-12, of the object "properties" of a spec
	Operations jsonvalue.Value // an object of operations, as the answers about operations have it; absent: none
}

// Problem is a declaration that is no good.
type Problem struct {
	Path    string // of what is wrong: "properties.disks.schema.*.type"
	Message string
}

func (p *Problem) Error() string { return p.Path + ": " + p.Message }

func problem(path, format string, args ...any) *Problem {
	return &Problem{Path: path, Message: fmt.Sprintf(format, args...)}
}

var (
	typeName    = regexp.MustCompile(`^[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*$`)
	typeVersion = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*$`)
)

// Declare makes a type of a declaration. The error is a *Problem.
func Declare(d Declaration) (*Type, error) {
	switch {
	case !typeName.MatchString(d.Name):
		return nil, problem("name", "%q is no name of a type; letters, digits and '_' are wanted, in parts with '.' or '-' between them, such as acme.db.postgres", d.Name)
	case !typeVersion.MatchString(d.Version):
		return nil, problem("version", "%q is no version; numbers with dots between them are wanted, such as 1.0", d.Version)
	case d.Properties.IsAbsent() == d.Schema.IsAbsent():
		return nil, problem("properties", "either properties or a schema is wanted")
	}
	t := &Type{Name: d.Name, Version: d.Version, Support: d.Support}
	var p *Problem
	if d.Schema.IsAbsent() {
		t.Properties, p = parseProperties("properties", d.Properties)
	} else if t.document, p = compileDocument(d.Schema); p == nil {
		t.Properties = propertiesOf(d.Schema)
	}
	if p == nil {
		t.Operations, p = parseOperations("operations", d.Operations)
	}
	if p != nil {
		return nil, p
	}
	return t, nil
}

// parseOperations reads what can be done to what is made from a profile.
func parseOperations(path string, v jsonvalue.Value) ([]Operation, *Problem) {
	if v.IsAbsent() {
		return nil, nil
	}
	if v.Kind() != jsonvalue.KindObject {
		return nil, problem(path, "an object is wanted: names of operations, and what each is")
	}
	var operations []Operation
	for _, m := range v.Members() {
		o, p := parseOperation(path+"."+m.Name, m)
		if p != nil {
			return nil, p
		}
		operations = append(operations, o)
	}
	return operations, nil
}

func parseOperation(path string, m jsonvalue.Member) (Operation, *Problem) {
	o := Operation{Name: m.Name}
	if p := checkKeys(path, m.Value, "description", "parameters"); p != nil {
		return o, p
	}
	var p *Problem
	if o.Description, p = textAt(path, m.Value, "description"); p != nil {
		return o, p
	}
	parameters := m.Value.Get("parameters")
	if kind := parameters.Kind(); kind != jsonvalue.KindAbsent && kind != jsonvalue.KindObject {
		return o, problem(path+".parameters", "an object is wanted: names of parameters, and what each is")
	}
	for _, param := range parameters.Members() {
		declared, p := parseProperty(path+".parameters."+param.Name, param)
		if p != nil {
			return o, p
		}
		if declared.Updatable || declared.Members != nil || declared.Items != nil {
			return o, problem(path+".parameters."+param.Name, "a parameter has no updatable and no schema")
		}
		o.Parameters = append(o.Parameters, Parameter{
			Name: declared.Name, Type: declared.Type, Description: declared.Description, Required: declared.Required,
			Default: declared.Default, Allowed: declared.Allowed,
		})
	}
	return o, nil
}

// checkKeys wants an object that has no other members than these.
func checkKeys(path string, v jsonvalue.Value, known ...string) *Problem {
	if v.Kind() != jsonvalue.KindObject {
		return problem(path, "an object is wanted; it may have %s", strings.Join(known, ", "))
	}
	for _, m := range v.Members() {
		found := false
		for _, name := range known {
			found = found || m.Name == name
		}
		if !found {
			return problem(path+"."+m.Name, "unknown; accepted here: %s", strings.Join(known, ", "))
		}
	}
	return nil
}

func textAt(path string, v jsonvalue.Value, name string) (string, *Problem) {
	text := v.Get(name)
	if kind := text.Kind(); kind != jsonvalue.KindAbsent && kind != jsonvalue.KindString {
		return "", problem(path+"."+name, "a text is wanted")
	}
	return text.Text(), nil
}

func flagAt(path string, v jsonvalue.Value, name string) (bool, *Problem) {
	flag := v.Get(name)
	if kind := flag.Kind(); kind != jsonvalue.KindAbsent && kind != jsonvalue.KindBool {
		return false, problem(path+"."+name, "true or false is wanted")
	}
	return flag.Bool(), nil
}

package spectype

import (
	"math"
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// Senlin judges a property in two passes. validate looks at the value's own type and, in a map with fixed keys, at those values that
// Python counts as true. resolve then looks at such a map as at a spec of its own: every declared key in turn, then the unknown ones.
// The passes are kept apart here because they settle which of several faults is told.

// validate is the first pass.
func (p *Property) validate(v jsonvalue.Value) *fault.Error {
	if err := p.validateType(v); err != nil || p.Allowed == nil {
		return err
	}
	return p.validateAllowed(v)
}

func (p *Property) validateType(v jsonvalue.Value) *fault.Error {
	switch p.Type {
	case Integer:
		if !isInteger(v) {
			return notInteger(v)
		}
	case Number:
		if !isNumber(v) {
			return notValid("number", ".", v)
		}
	case Boolean:
		if !isBoolean(v) {
			return notValid("Boolean", "", v)
		}
	case Map:
		return p.validateMap(v)
	case List:
		return p.validateList(v)
	case String:
		if v.IsNull() {
			return notValid("string", ".", v)
		}
	}
	return nil
}

// validateAllowed compares as Senlin does, after turning both values into the property's type: "1" is among the allowed where 1 is.
func (p *Property) validateAllowed(v jsonvalue.Value) *fault.Error {
	got, names := p.comparable(v), make([]string, len(p.Allowed))
	for i, value := range p.Allowed {
		if p.comparable(value) == got {
			return nil
		}
		names[i] = pyrepr.Str(value)
	}
	all := strings.Join(names, ", ")
	return invalid("one of "+all, "'"+pyrepr.Str(v)+"' must be one of the allowed values: "+all)
}

// comparable is the value as text that is equal for equal values of the property's type. The value is of that type.
func (p *Property) comparable(v jsonvalue.Value) string {
	text := strings.TrimFunc(pyrepr.Str(v), isPythonSpace)
	if p.Type == String {
		return pyrepr.Str(v)
	}
	switch text {
	case "True":
		text = "1"
	case "False":
		text = "0"
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil {
		return text
	}
	if p.Type == Integer {
		f = math.Trunc(f)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func (p *Property) validateMap(v jsonvalue.Value) *fault.Error {
	if v.Kind() != jsonvalue.KindObject {
		return notA("Map", v)
	}
	for i := range p.Members {
		m := &p.Members[i]
		value := v.Get(m.Name)
		if !isTrue(value) {
			continue
		}
		if err := m.validate(value); err != nil {
			return inMember(err, m.Name)
		}
	}
	return nil
}

// validateList takes text for the list of its characters, as Python does.
func (p *Property) validateList(v jsonvalue.Value) *fault.Error {
	if v.Kind() == jsonvalue.KindString {
		return p.validateCharacters(v.Text())
	}
	if v.Kind() != jsonvalue.KindArray {
		return notA("List", v)
	}
	for i, item := range v.Items() {
		if err := p.Items.validate(item); err != nil {
			return inItem(err, i)
		}
	}
	return nil
}

func (p *Property) validateCharacters(text string) *fault.Error {
	i := 0
	for _, r := range text {
		if err := p.Items.validate(jsonvalue.String(string(r))); err != nil {
			return inItem(err, i)
		}
		i++
	}
	return nil
}

// resolve is the second pass, over a value that the first let through.
func (p *Property) resolve(v jsonvalue.Value) *fault.Error {
	switch {
	case p.Type == List && p.Items.needsResolve():
		for i, item := range v.Items() {
			if err := p.Items.resolve(item); err != nil {
				return inItem(err, i)
			}
		}
	case p.Type == Map && p.Members != nil:
		return resolveMembers(p.Members, v)
	}
	return nil
}

func (p *Property) needsResolve() bool { return p.Type == List || (p.Type == Map && p.Members != nil) }

// resolveMembers judges an object by what is declared, in the order of declaration, and then refuses what is not.
func resolveMembers(declared []Property, object jsonvalue.Value) *fault.Error {
	for i := range declared {
		p := &declared[i]
		v := object.Get(p.Name)
		if v.IsAbsent() {
			if p.Required && p.Default.IsAbsent() {
				return notProvided(p.Name)
			}
			continue
		}
		if err := p.validate(v); err != nil {
			return inMember(err, p.Name)
		}
		if err := p.resolve(v); err != nil {
			return inMember(err, p.Name)
		}
	}
	for _, m := range object.Members() {
		if findProperty(declared, m.Name) == nil {
			return unrecognizable(m.Name)
		}
	}
	return nil
}

func findProperty(declared []Property, name string) *Property {
	for i := range declared {
		if declared[i].Name == name {
			return &declared[i]
		}
	}
	return nil
}

// isTrue tells whether Python counts the value as true.
func isTrue(v jsonvalue.Value) bool {
	switch v.Kind() {
	case jsonvalue.KindBool:
		return v.Bool()
	case jsonvalue.KindNumber:
		return v.Float() != 0
	case jsonvalue.KindString:
		return v.Text() != ""
	case jsonvalue.KindArray, jsonvalue.KindObject:
		return v.Len() > 0
	default:
		return false
	}
}

// isBoolean takes true and false, and the words that oslo_utils.strutils.bool_from_string knows, as text or number, in any case.
func isBoolean(v jsonvalue.Value) bool {
	switch v.Kind() {
	case jsonvalue.KindBool:
		return true
	case jsonvalue.KindNumber, jsonvalue.KindString:
		return isBooleanWord(strings.TrimFunc(pyrepr.Str(v), isPythonSpace))
	default:
		return false
	}
}

func isBooleanWord(word string) bool {
	if len(word) > len("false") {
		return false
	}
	switch strings.ToLower(word) {
	case "1", "t", "true", "on", "y", "yes", "0", "f", "false", "off", "n", "no":
		return true
	default:
		return false
	}
}

// isInteger takes what Python's int() takes, and null. A number with a fraction is cut, so it is good; one beyond a float is not.
func isInteger(v jsonvalue.Value) bool {
	switch v.Kind() {
	case jsonvalue.KindNull, jsonvalue.KindBool:
		return true
	case jsonvalue.KindNumber:
		return isWhole(v.Literal()) || !math.IsInf(v.Float(), 0)
	case jsonvalue.KindString:
		return isPythonInteger(v.Text())
	default:
		return false
	}
}

// isNumber takes numbers and booleans, and text that Python's int() or float() takes.
func isNumber(v jsonvalue.Value) bool {
	switch v.Kind() {
	case jsonvalue.KindBool, jsonvalue.KindNumber:
		return true
	case jsonvalue.KindString:
		return isPythonInteger(v.Text()) || isPythonFloat(v.Text())
	default:
		return false
	}
}

func isWhole(literal string) bool { return !strings.ContainsAny(literal, ".eE") }

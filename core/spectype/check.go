package spectype

import (
	"math"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// Senlin judges a property in two passes. validate looks at the value's own type and, in a map with fixed keys, at those values that
// Python counts as true. resolve then looks at such a map as at a spec of its own: every declared key in turn, then the unknown ones.
// The passes are kept apart here because they settle which of several faults is told.

// validate is the first pass.
func (p *Property) validate(v jsonvalue.Value, at *path) *fault.Error {
	switch p.Type {
	case Integer:
		if !isInteger(v) {
			return notValid("Integer", "", at, v)
		}
	case Boolean:
		if !isBoolean(v) {
			return notValid("Boolean", "", at, v)
		}
	case Map:
		return p.validateMap(v, at)
	case List:
		return p.validateList(v, at)
	case String:
		if v.IsNull() {
			return notValid("string", ".", at, v)
		}
	}
	return nil
}

func (p *Property) validateMap(v jsonvalue.Value, at *path) *fault.Error {
	if v.Kind() != jsonvalue.KindObject {
		return notA("Map", at, v)
	}
	for i := range p.Members {
		m := &p.Members[i]
		value := v.Get(m.Name)
		if !isTrue(value) {
			continue
		}
		place := at.member(m.Name)
		if err := m.validate(value, &place); err != nil {
			return err
		}
	}
	return nil
}

// validateList takes text for the list of its characters, as Python does.
func (p *Property) validateList(v jsonvalue.Value, at *path) *fault.Error {
	if v.Kind() == jsonvalue.KindString {
		return p.validateCharacters(v.Text(), at)
	}
	if v.Kind() != jsonvalue.KindArray {
		return notA("List", at, v)
	}
	for i, item := range v.Items() {
		place := at.item(i)
		if err := p.Items.validate(item, &place); err != nil {
			return err
		}
	}
	return nil
}

func (p *Property) validateCharacters(text string, at *path) *fault.Error {
	i := 0
	for _, r := range text {
		place := at.item(i)
		if err := p.Items.validate(jsonvalue.String(string(r)), &place); err != nil {
			return err
		}
		i++
	}
	return nil
}

// resolve is the second pass, over a value that the first let through.
func (p *Property) resolve(v jsonvalue.Value, at *path) *fault.Error {
	switch {
	case p.Type == List && p.Items.needsResolve():
		for i, item := range v.Items() {
			place := at.item(i)
			if err := p.Items.resolve(item, &place); err != nil {
				return err
			}
		}
	case p.Type == Map && p.Members != nil:
		return resolveMembers(p.Members, v, at)
	}
	return nil
}

func (p *Property) needsResolve() bool { return p.Type == List || (p.Type == Map && p.Members != nil) }

// resolveMembers judges an object by what is declared, in the order of declaration, and then refuses what is not.
func resolveMembers(declared []Property, object jsonvalue.Value, at *path) *fault.Error {
	for i := range declared {
		p := &declared[i]
		v := object.Get(p.Name)
		if v.IsAbsent() {
			if p.Required && p.Default.IsAbsent() {
				return notProvided(at, p.Name)
			}
			continue
		}
		place := at.member(p.Name)
		if err := p.validate(v, &place); err != nil {
			return err
		}
		if err := p.resolve(v, &place); err != nil {
			return err
		}
	}
	for _, m := range object.Members() {
		if !slices.ContainsFunc(declared, func(p Property) bool { return p.Name == m.Name }) {
			return unrecognizable(at, m.Name)
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

func isWhole(literal string) bool { return !strings.ContainsAny(literal, ".eE") }

package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// file is what a configuration file says, checked against the structs: only known keys, each with a value of its type.
type file struct {
	values   map[string]any
	lines    map[string]int // by path
	problems []Problem
}

// readFile reads the YAML of a configuration. Problems do not stop it: what is wrong is left out of the values and reported.
func readFile(text []byte) *file {
	f := &file{values: map[string]any{}, lines: map[string]int{}}
	root := report{problems: &f.problems}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return f
	}
	if err != nil {
		root.problem("cannot be read: %s", withoutPrefix(err))
		return f
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		root.problem("has a second document after '---'; one is wanted")
	}
	if len(document.Content) == 1 {
		if values, ok := f.section(root, document.Content[0], reflect.TypeFor[Config]()).(map[string]any); ok {
			f.values = values
		}
	}
	return f
}

func withoutPrefix(err error) string {
	return strings.TrimPrefix(err.Error(), "yaml: ")
}

// value checks one node against the type that its key wants and returns what viper is given for it, nil if there is nothing to give.
func (f *file) value(r report, node *yaml.Node, t reflect.Type) any {
	f.lines[r.path] = node.Line
	switch {
	case node.Kind == yaml.AliasNode:
		r.problem("*%s is an alias, and those are not followed; the value itself is wanted", node.Value)
		return nil
	case node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null":
		return nil
	case t == documentType:
		return f.document(r, node)
	case isSection(t):
		return f.section(r, node, t)
	case t.Kind() == reflect.Slice:
		return f.list(r, node, t.Elem())
	default:
		return f.scalar(r, node, t)
	}
}

func (f *file) section(r report, node *yaml.Node, t reflect.Type) any {
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		r.problem("is %s; keys with values are wanted: %s", kindName(node), keyList(t))
		return nil
	}
	values := map[string]any{}
	seen := map[string]bool{}
	given := keysOf(node)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		at := r.key(key.Value)
		f.lines[at.path] = key.Line
		switch {
		case key.Kind != yaml.ScalarNode:
			r.problem("has a key on line %d that is no plain word", key.Line)
			continue
		case key.ShortTag() == "!!merge":
			at.problem("merge keys are not followed; the keys themselves are wanted")
			continue
		case seen[key.Value]:
			at.problem("given twice; once is wanted")
			continue
		}
		seen[key.Value] = true
		known, ok := f.knownKey(at, key.Value, t)
		if !ok {
			continue
		}
		if v := f.value(r.key(known.key), value, known.typ); v != nil && (key.Value == known.key || !given[known.key]) {
			values[known.key] = v
		}
	}
	return values
}

func keysOf(section *yaml.Node) map[string]bool {
	keys := map[string]bool{}
	for i := 0; i < len(section.Content); i += 2 {
		keys[section.Content[i].Value] = true
	}
	return keys
}

// knownKey finds the field of a key. If there is none it says so, and stands in the field that was probably meant: what is below it is
// then checked as well, under the right name.
func (f *file) knownKey(at report, key string, t reflect.Type) (field, bool) {
	fields := fieldsOf(t)
	names := make([]string, 0, len(fields))
	for _, candidate := range fields {
		if candidate.key == key {
			return candidate, true
		}
		names = append(names, candidate.key)
	}
	guess, ok := closest(strings.ToLower(key), names)
	if !ok {
		at.problem("unknown key; accepted here: %s", strings.Join(names, ", "))
		return field{}, false
	}
	at.problem("unknown key: did you mean %s?", guess)
	for _, candidate := range fields {
		if candidate.key == guess {
			return candidate, true
		}
	}
	return field{}, false
}

func (f *file) list(r report, node *yaml.Node, item reflect.Type) any {
	if node.Kind != yaml.SequenceNode {
		r.problem("is %s; a list is wanted", kindName(node))
		return nil
	}
	values := make([]any, 0, len(node.Content))
	for i, n := range node.Content {
		v := f.value(r.item(i), n, item)
		if v == nil {
			if n.ShortTag() == "!!null" {
				r.item(i).problem("empty; a value is wanted")
			}
			// The place is kept, so that the paths of later items stay true.
			v = zeroOf(item)
		}
		values = append(values, v)
	}
	return values
}

func zeroOf(t reflect.Type) any {
	if isSection(t) {
		return map[string]any{}
	}
	return ""
}

func (f *file) scalar(r report, node *yaml.Node, t reflect.Type) any {
	if node.Kind != yaml.ScalarNode {
		r.problem("is %s; a single value is wanted", kindName(node))
		return nil
	}
	if wantsText(t) && node.ShortTag() != "!!str" {
		if t == secretType || t == urlType {
			r.problem("is %s; a text is wanted: put it in quotes", kindName(node))
			return nil
		}
		if t != durationType {
			r.problem("%s is %s; a text is wanted: put it in quotes", node.Value, kindName(node))
			return nil
		}
	}
	value, err := parseValue(t, node.Value)
	if err != nil {
		r.problem("%s", err)
		return nil
	}
	return value
}

func wantsText(t reflect.Type) bool {
	return t.Kind() != reflect.Int && t.Kind() != reflect.Bool
}

// kindName says what a node is, for somebody who does not know YAML's own words.
func kindName(node *yaml.Node) string {
	switch node.ShortTag() {
	case "!!map":
		return "a group of keys"
	case "!!seq":
		return "a list"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	case "!!null":
		return "empty"
	case "!!str":
		return "a text"
	default:
		return fmt.Sprintf("of the type %s", node.ShortTag())
	}
}

func keyList(t reflect.Type) string {
	var names []string
	for _, f := range fieldsOf(t) {
		names = append(names, f.key)
	}
	return strings.Join(names, ", ")
}

package config

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// YAML returns the whole effective configuration, defaults included and secrets redacted, in the form of a configuration file. A comment
// behind a value names the flag or variable it came from, or says that it is the default; what has none stands in the file.
func (l Loaded) YAML() ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(l.node("", reflect.ValueOf(l.Config))); err != nil {
		return nil, fmt.Errorf("print the configuration: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("print the configuration: %w", err)
	}
	return b.Bytes(), nil
}

// node writes one value.
func (l Loaded) node(path string, value reflect.Value) *yaml.Node {
	if d, ok := value.Interface().(Document); ok {
		return documentNode(d)
	}
	switch {
	case value.Kind() == reflect.Pointer:
		return l.node(path, value.Elem())
	case isSection(value.Type()):
		return l.sectionNode(path, value)
	case value.Kind() == reflect.Slice:
		return l.listNode(path, value)
	default:
		return l.scalarNode(path, value)
	}
}

// sectionNode writes the keys of a section that have a value: empty lists and texts are left out, and numbers that nobody gave and that are 0.
func (l Loaded) sectionNode(path string, section reflect.Value) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range fieldsOf(section.Type()) {
		value := section.Field(f.index)
		at := join(path, f.key)
		if isAbsent(value) || value.Kind() == reflect.Int && value.IsZero() && l.comment(at) == "default" {
			continue
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: f.key}
		node.Content = append(node.Content, key, l.node(at, value))
	}
	return node
}

func isAbsent(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Slice:
		return value.Len() == 0
	case reflect.Pointer, reflect.String, reflect.Struct:
		return value.IsZero()
	default:
		return false
	}
}

func (l Loaded) listNode(path string, list reflect.Value) *yaml.Node {
	node := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if !isSection(list.Type().Elem()) {
		node.Style = yaml.FlowStyle
	}
	for i := range list.Len() {
		item := l.node(fmt.Sprintf("%s[%d]", path, i), list.Index(i))
		if !isSection(list.Type().Elem()) {
			item.LineComment = "" // a comment inside a list on one line would swallow the rest of it
		}
		node.Content = append(node.Content, item)
	}
	return node
}

func (l Loaded) scalarNode(path string, value reflect.Value) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, LineComment: l.comment(path)}
	switch v := value.Interface().(type) {
	case int:
		node.Tag, node.Value = "!!int", strconv.Itoa(v)
	case bool:
		node.Tag, node.Value = "!!bool", strconv.FormatBool(v)
	case time.Duration:
		node.Tag, node.Value = "!!str", formatDuration(v)
	default: // texts, and secrets, which print themselves redacted
		node.Tag, node.Value = "!!str", fmt.Sprint(v)
	}
	return node
}

// comment names the source of a value that does not stand in the file.
func (l Loaded) comment(path string) string {
	if flag := l.origins.flags[path]; flag != "" {
		return flag
	}
	if variable := l.origins.env[path]; variable != "" {
		return variable
	}
	if l.origins.lines[path] == 0 {
		return "default"
	}
	return ""
}

package config

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Document is a value of any shape, in the order in which it was written: a schema, for instance. What it means is not the configuration's
// to say.
type Document struct{ text string }

// NewDocument makes a document of JSON text, which is taken as it is.
func NewDocument(text string) Document { return Document{text: text} }

// JSON is the document as JSON text; empty: there is none.
func (d Document) JSON() string { return d.text }

var documentType = reflect.TypeFor[Document]()

// document writes what stands in the file as JSON, keys in their order and numbers as they are written.
func (f *file) document(r report, node *yaml.Node) any {
	var b bytes.Buffer
	found := len(f.problems)
	f.appendJSON(r, &b, node)
	if len(f.problems) > found {
		return NewDocument("null") // something was given, and is not to be called missing as well
	}
	return NewDocument(b.String())
}

func (f *file) appendJSON(r report, b *bytes.Buffer, node *yaml.Node) {
	f.lines[r.path] = node.Line
	switch node.Kind {
	case yaml.MappingNode:
		f.appendObject(r, b, node)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			f.appendJSON(r.item(i), b, item)
		}
		b.WriteByte(']')
	case yaml.ScalarNode:
		appendScalar(r, b, node)
	default:
		r.problem("*%s is an alias, and those are not followed; the value itself is wanted", node.Value)
	}
}

func (f *file) appendObject(r report, b *bytes.Buffer, node *yaml.Node) {
	seen := map[string]bool{}
	b.WriteByte('{')
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		at := r.key(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge":
			r.problem("has a key on line %d that is no plain word", key.Line)
			return
		case seen[key.Value]:
			f.lines[at.path] = key.Line
			at.problem("given twice; once is wanted")
			return
		}
		seen[key.Value] = true
		if i > 0 {
			b.WriteByte(',')
		}
		appendText(b, key.Value)
		b.WriteByte(':')
		f.appendJSON(at, b, value)
	}
	b.WriteByte('}')
}

func appendScalar(r report, b *bytes.Buffer, node *yaml.Node) {
	switch tag := node.ShortTag(); tag {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		var flag bool
		if err := node.Decode(&flag); err != nil {
			r.problem("%q is neither true nor false", node.Value)
			return
		}
		b.WriteString(strconv.FormatBool(flag))
	case "!!int", "!!float":
		appendNumber(r, b, node)
	case "!!str":
		appendText(b, node.Value)
	default:
		r.problem("%s is %s; a text is wanted: put it in quotes", node.Value, kindName(node))
	}
}

// appendNumber keeps a number as it is written, if JSON has it; YAML also knows 0x10, 1_000 and .inf.
func appendNumber(r report, b *bytes.Buffer, node *yaml.Node) {
	if json.Valid([]byte(node.Value)) {
		b.WriteString(node.Value)
		return
	}
	var f float64
	if err := node.Decode(&f); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		r.problem("%s is no number that JSON has", node.Value)
		return
	}
	b.WriteString(strconv.FormatFloat(f, 'g', -1, 64))
}

func appendText(b *bytes.Buffer, text string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	// Text can always be encoded; Encode ends it with a line break, which JSON does not mind.
	_ = encoder.Encode(text)
	b.Truncate(b.Len() - 1)
}

// documentNode writes a document for `config show`: JSON is YAML, too.
func documentNode(d Document) *yaml.Node {
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(d.text), &node); err != nil || len(node.Content) != 1 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: d.text}
	}
	return node.Content[0]
}

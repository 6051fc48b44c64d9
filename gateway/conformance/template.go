package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Vars holds the values that {{name}} stands for: those given by the replayer
// and those saved from earlier answers. A value is any decoded JSON value.
type Vars map[string]any

// UnknownNameError tells that a case uses a name that nobody gave or saved.
type UnknownNameError struct{ Name string }

func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("{{%s}} is neither given nor saved by an earlier step", e.Name)
}

var (
	reference   = regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	wholeQuoted = regexp.MustCompile(`"?\{\{([^{}"]*)\}\}"?`)
	nameOfVar   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)
)

func isName(s string) bool { return nameOfVar.MatchString(s) }

// Text fills in the names of a header, a path or a raw text. Nothing is escaped:
// a case says every byte that it sends.
func (v Vars) Text(s string) (string, error) {
	var missing error
	out := reference.ReplaceAllStringFunc(s, func(ref string) string {
		name := strings.Trim(ref, "{}")
		value, ok := v[name]
		if !ok {
			missing = errors.Join(missing, &UnknownNameError{Name: name})
			return ref
		}
		return plain(value)
	})
	return out, missing
}

// JSON fills in the names of a JSON document. It works on the text, so that all
// else of the document (the order of keys, 1.0 against 1) is sent as the case
// has it: two opening braces in a row cannot stand outside a string. A string
// that is nothing but one name becomes the value itself, whatever its type.
func (v Vars) JSON(doc []byte) ([]byte, error) {
	var missing error
	out := wholeQuoted.ReplaceAllFunc(doc, func(ref []byte) []byte {
		name := string(bytes.Trim(ref, `"{}`))
		value, ok := v[name]
		if !ok {
			missing = errors.Join(missing, &UnknownNameError{Name: name})
			return ref
		}
		return splice(ref, value)
	})
	return out, missing
}

// splice returns the JSON text that replaces ref, which is {{name}} with the
// quotes that touched it in the document.
func splice(ref []byte, value any) []byte {
	opens, closes := bytes.HasPrefix(ref, []byte(`"`)), bytes.HasSuffix(ref, []byte(`"`))
	if opens && closes {
		return encode(value)
	}
	inner := encode(plain(value))
	inner = inner[1 : len(inner)-1]
	var out []byte
	if opens {
		out = append(out, '"')
	}
	out = append(out, inner...)
	if closes {
		out = append(out, '"')
	}
	return out
}

// plain is the value inside a longer text: strings bare, all else as JSON.
func plain(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	return string(encode(value))
}

// encode writes a decoded JSON value. Such a value can always be written.
func encode(value any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return []byte(strconv.Quote(fmt.Sprint(value)))
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func checkNames(known map[string]bool, texts ...string) error {
	for _, text := range texts {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			if !known[m[1]] {
				return &UnknownNameError{Name: m[1]}
			}
		}
	}
	return nil
}

// Given returns the values that the replayer gives to each case: the fixed tokens
// and ids of config/examples/conformance.yaml, and the server's base URL.
func Given(base string) Vars {
	v := Vars{"base": base}
	maps.Copy(v, Vars{
		"token.demo": "token-demo", "token.other": "token-other", "token.admin": "token-admin",
		"project.demo": "d3300000000000000000000000000001", "user.demo": "d3300000000000000000000000000002",
		"project.other": "07e30000000000000000000000000001", "user.other": "07e30000000000000000000000000002",
		"project.admin": "ad310000000000000000000000000001", "user.admin": "ad310000000000000000000000000002",
	})
	return v
}

func givenNames() []string { return slices.Collect(maps.Keys(Given(""))) }

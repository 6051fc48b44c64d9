package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Matcher is a place of an expectation where any value of some shape is good.
type Matcher string

// The matchers of testdata/README.md. In a case each is a whole string in {{}}.
const (
	MatchAny         Matcher = "any"
	MatchString      Matcher = "string"
	MatchNumber      Matcher = "number"
	MatchBool        Matcher = "bool"
	MatchUUID        Matcher = "uuid"
	MatchTime        Matcher = "time" // YYYY-MM-DDTHH:MM:SSZ
	MatchAbsentOrAny Matcher = "absent-or-any"
)

// unordered is an array whose items may come in any order.
type unordered []any

const (
	unorderedKey = "{{unordered}}"
	timeShape    = "2006-01-02T15:04:05Z"
)

var uuidShape = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func isMatcher(name string) bool {
	switch Matcher(name) {
	case MatchAny, MatchString, MatchNumber, MatchBool, MatchUUID, MatchTime, MatchAbsentOrAny:
		return true
	}
	return name == strings.Trim(unorderedKey, "{}")
}

// accepts tells whether a value that is there has the matcher's shape.
func (m Matcher) accepts(got any) bool {
	switch m {
	case MatchAny, MatchAbsentOrAny:
		return true
	case MatchNumber:
		_, ok := got.(json.Number)
		return ok
	case MatchBool:
		_, ok := got.(bool)
		return ok
	case MatchString, MatchUUID, MatchTime:
		text, ok := got.(string)
		return ok && m.acceptsText(text)
	}
	return false
}

func (m Matcher) acceptsText(text string) bool {
	switch m {
	case MatchUUID:
		return uuidShape.MatchString(text)
	case MatchTime:
		t, err := time.Parse(timeShape, text)
		return err == nil && t.Format(timeShape) == text
	default:
		return true
	}
}

// Decode reads one JSON document, strictly (UTF-8, no doubled keys, nothing
// behind it), into nil, bool, json.Number, string, []any and map[string]any.
func Decode(doc []byte) (any, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(doc))
	if _, err := dec.ReadValue(); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); err != io.EOF { //nolint:errorlint // jsontext documents the bare io.EOF
		return nil, fmt.Errorf("there is more behind the JSON document")
	}
	loose := json.NewDecoder(bytes.NewReader(doc))
	loose.UseNumber()
	var value any
	if err := loose.Decode(&value); err != nil {
		return nil, err
	}
	return value, nil
}

// ParsePattern decodes an expectation and fills in its names. A saved value is
// always taken literally, even if it looks like a matcher.
func ParsePattern(doc []byte, vars Vars) (any, error) {
	value, err := Decode(doc)
	if err != nil {
		return nil, err
	}
	return patternOf(value, vars)
}

func patternOf(value any, vars Vars) (any, error) {
	switch v := value.(type) {
	case string:
		return patternOfText(v, vars)
	case []any:
		return patternOfItems(v, vars)
	case map[string]any:
		return patternOfObject(v, vars)
	default:
		return value, nil
	}
}

func patternOfText(text string, vars Vars) (any, error) {
	m := reference.FindStringSubmatch(text)
	if m == nil {
		return text, nil
	}
	if m[0] != text {
		return vars.Text(text)
	}
	if value, ok := vars[m[1]]; ok {
		return value, nil
	}
	if isMatcher(m[1]) && text != unorderedKey {
		return Matcher(m[1]), nil
	}
	return nil, &UnknownNameError{Name: m[1]}
}

func patternOfItems(items []any, vars Vars) ([]any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		p, err := patternOf(item, vars)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func patternOfObject(object map[string]any, vars Vars) (any, error) {
	if inner, ok := object[unorderedKey]; ok {
		items, isArray := inner.([]any)
		if !isArray || len(object) != 1 {
			return nil, fmt.Errorf("%s stands alone in its object and holds an array", unorderedKey)
		}
		out, err := patternOfItems(items, vars)
		return unordered(out), err
	}
	out := make(map[string]any, len(object))
	for key, item := range object {
		if reference.MatchString(key) {
			return nil, fmt.Errorf("a key cannot hold a name: %q", key)
		}
		p, err := patternOf(item, vars)
		if err != nil {
			return nil, err
		}
		out[key] = p
	}
	return out, nil
}

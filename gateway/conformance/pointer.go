package conformance

import (
	"fmt"
	"strconv"
	"strings"
)

// saved is a parsed "save" entry: a JSON pointer (RFC 6901) and, if it ended in
// |N, how many characters of the text to keep.
type saved struct {
	tokens []string
	first  int // 0: all
}

var unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")

func parseSave(s string) (saved, error) {
	ptr, cut, hasCut := strings.Cut(s, "|")
	var out saved
	if hasCut {
		n, err := strconv.Atoi(cut)
		if err != nil || n < 1 {
			return saved{}, fmt.Errorf("%q: after | stands how many characters to keep", s)
		}
		out.first = n
	}
	if ptr == "" {
		return out, nil
	}
	if !strings.HasPrefix(ptr, "/") {
		return saved{}, fmt.Errorf("%q is no JSON pointer", s)
	}
	for _, token := range strings.Split(ptr[1:], "/") {
		out.tokens = append(out.tokens, unescapePointer.Replace(token))
	}
	return out, nil
}

// of returns what the pointer keeps of doc, a decoded JSON document.
func (s saved) of(doc any) (any, error) {
	for i, token := range s.tokens {
		next, ok := child(doc, token)
		if !ok {
			return nil, fmt.Errorf("the answer has nothing at /%s", strings.Join(s.tokens[:i+1], "/"))
		}
		doc = next
	}
	if s.first == 0 {
		return doc, nil
	}
	text, ok := doc.(string)
	if !ok {
		return nil, fmt.Errorf("only a text has first characters, not %s", short(doc))
	}
	runes := []rune(text)
	return string(runes[:min(s.first, len(runes))]), nil
}

func child(doc any, token string) (any, bool) {
	switch d := doc.(type) {
	case map[string]any:
		v, ok := d[token]
		return v, ok
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(d) {
			return nil, false
		}
		return d[i], true
	default:
		return nil, false
	}
}

// join appends one token to a JSON pointer.
func join(pointer, token string) string {
	return pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

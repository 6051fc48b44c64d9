package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Difference is one place where an answer is not what the case expects.
type Difference struct {
	Pointer string // JSON pointer into the answer; "" is the whole document
	Want    string // "" where nothing is expected
	Got     string // "" where nothing came
}

// String writes the difference on one line.
func (d Difference) String() string {
	at := d.Pointer
	if at == "" {
		at = "(the document)"
	}
	switch {
	case d.Got == "":
		return fmt.Sprintf("%s: missing, want %s", at, d.Want)
	case d.Want == "":
		return fmt.Sprintf("%s: not expected, got %s", at, d.Got)
	default:
		return fmt.Sprintf("%s: want %s, got %s", at, d.Want, d.Got)
	}
}

// Match compares an answer as Decode returns it with a pattern as ParsePattern
// returns it. Objects must have the same keys, no more and no fewer; numbers are
// equal by value. No differences means that they match.
func Match(want, got any) []Difference { return match("", want, got) }

func match(at string, want, got any) []Difference {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return matchObject(at, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return matchArray(at, w, g)
		}
	case unordered:
		if g, ok := got.([]any); ok {
			return matchUnordered(at, w, g)
		}
	default:
		if sameLeaf(want, got) {
			return nil
		}
	}
	return []Difference{{Pointer: at, Want: short(want), Got: short(got)}}
}

func sameLeaf(want, got any) bool {
	switch w := want.(type) {
	case Matcher:
		return w.accepts(got)
	case json.Number:
		g, ok := got.(json.Number)
		return ok && sameNumber(w, g)
	case string:
		g, ok := got.(string)
		return ok && w == g
	case bool:
		g, ok := got.(bool)
		return ok && w == g
	case nil:
		return got == nil
	}
	return false
}

func matchObject(at string, want, got map[string]any) []Difference {
	var out []Difference
	for _, key := range slices.Sorted(maps.Keys(want)) {
		value, there := got[key]
		switch {
		case there:
			out = append(out, match(join(at, key), want[key], value)...)
		case want[key] != MatchAbsentOrAny:
			out = append(out, Difference{Pointer: join(at, key), Want: short(want[key])})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, expected := want[key]; !expected {
			out = append(out, Difference{Pointer: join(at, key), Got: short(got[key])})
		}
	}
	return out
}

func matchArray(at string, want, got []any) []Difference {
	var out []Difference
	for i := range max(len(want), len(got)) {
		here := join(at, strconv.Itoa(i))
		switch {
		case i >= len(got):
			out = append(out, Difference{Pointer: here, Want: short(want[i])})
		case i >= len(want):
			out = append(out, Difference{Pointer: here, Got: short(got[i])})
		default:
			out = append(out, match(here, want[i], got[i])...)
		}
	}
	return out
}

// matchUnordered pairs each expected item with an item that it matches. Items
// with matchers may fit several, so the pairs are found by augmenting paths: a
// greedy choice could leave two items without a partner though a pairing exists.
func matchUnordered(at string, want unordered, got []any) []Difference {
	takenBy := make([]int, len(got)) // the expected item + 1, 0: free
	var unpaired []int
	for w := range want {
		if !pair(want, got, w, takenBy, make([]bool, len(got))) {
			unpaired = append(unpaired, w)
		}
	}
	var free []int
	for g, w := range takenBy {
		if w == 0 {
			free = append(free, g)
		}
	}
	return unpairedDifferences(at, want, got, unpaired, free)
}

func pair(want unordered, got []any, w int, takenBy []int, seen []bool) bool {
	for g := range got {
		if seen[g] || len(match("", want[w], got[g])) > 0 {
			continue
		}
		seen[g] = true
		if takenBy[g] == 0 || pair(want, got, takenBy[g]-1, takenBy, seen) {
			takenBy[g] = w + 1
			return true
		}
	}
	return false
}

// unpairedDifferences tells items without a partner. The first of each side are
// compared with each other, which reads better than two whole items.
func unpairedDifferences(at string, want unordered, got []any, unpaired, free []int) []Difference {
	var out []Difference
	for i := range max(len(unpaired), len(free)) {
		switch {
		case i >= len(free):
			out = append(out, Difference{Pointer: at + "/(any place)", Want: short(want[unpaired[i]])})
		case i >= len(unpaired):
			out = append(out, Difference{Pointer: join(at, strconv.Itoa(free[i])), Got: short(got[free[i]])})
		default:
			out = append(out, match(join(at, strconv.Itoa(free[i])), want[unpaired[i]], got[free[i]])...)
		}
	}
	return out
}

// short writes a value or pattern for a difference, cut where it gets long.
func short(value any) string {
	const limit = 300
	text := render(value)
	if len(text) <= limit {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:limit], ""), len(text))
}

func render(value any) string {
	switch v := value.(type) {
	case Matcher:
		return "{{" + string(v) + "}}"
	case unordered:
		return unorderedKey + render([]any(v))
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = render(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		items := make([]string, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, string(encode(key))+":"+render(v[key]))
		}
		return "{" + strings.Join(items, ",") + "}"
	default:
		return string(encode(value))
	}
}

package kuzzle

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// The defaults of Node's util.inspect that shape an array.
const (
	inspectItems   = 100 // items shown
	inspectColumns = 80  // beyond this width a line is broken

	inspectSeparator = 2 // ", " between two items
)

// inspectArray prints an array as Node's util.inspect does at the top level: on one line where it fits, else an item a line; more than
// six items are set in columns.
func inspectArray(items []jsonvalue.Value) string {
	if len(items) == 0 {
		return "[]"
	}
	shown := make([]string, 0, min(len(items), inspectItems)+1)
	for _, item := range items[:min(len(items), inspectItems)] {
		shown = append(shown, inspectItem(item))
	}
	extra := len(items) - len(shown)
	if extra > 0 {
		shown = append(shown, "... "+strconv.Itoa(extra)+" more item"+plural(extra))
	}
	if len(shown) > 6 {
		grouped := inColumns(shown, extra > 0)
		if len(grouped) != len(shown) {
			return "[\n  " + strings.Join(grouped, ",\n  ") + "\n]"
		}
	}
	if fitsOneLine(shown) {
		return "[ " + strings.Join(shown, ", ") + " ]"
	}
	return "[\n  " + strings.Join(shown, ",\n  ") + "\n]"
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// fitsOneLine is Node's isBelowBreakLength for an array at the top level.
func fitsOneLine(items []string) bool {
	width := 2*len(items) + 11
	for _, item := range items {
		width += columns(item)
	}
	return width <= inspectColumns
}

// inColumns is Node's groupArrayElements for items that are no numbers: it sets them in rows, or gives them back as they are where one is
// much wider than the rest. An extra last item ("... 3 more items") gets a row of its own.
func inColumns(items []string, hasExtra bool) []string {
	n := len(items)
	if hasExtra {
		n--
	}
	total, widest := 0, 0
	for _, item := range items[:n] {
		total += columns(item) + inspectSeparator
		widest = max(widest, columns(item))
	}
	actual := widest + inspectSeparator
	if actual*3 >= inspectColumns || (total <= 5*actual && widest > 6) {
		return items
	}
	bias := math.Sqrt(float64(actual) - float64(total)/float64(len(items)))
	biased := math.Max(float64(actual)-3-bias, 1)
	perRow := min(int(math.Round(math.Sqrt(2.5*biased*float64(n))/biased)), inspectColumns/actual, 12, 15)
	if perRow <= 1 {
		return items
	}
	return append(rows(items[:n], perRow), items[n:]...)
}

// rows joins perRow items to a row, each but the last of a row padded to the width of its column.
func rows(items []string, perRow int) []string {
	widths := make([]int, perRow)
	for i, item := range items {
		widths[i%perRow] = max(widths[i%perRow], columns(item)+inspectSeparator)
	}
	var lines []string
	for first := 0; first < len(items); first += perRow {
		row := items[first:min(first+perRow, len(items))]
		var line strings.Builder
		for i, item := range row[:len(row)-1] {
			line.WriteString(item + ", " + strings.Repeat(" ", widths[i]-columns(item)-inspectSeparator))
		}
		lines = append(lines, line.String()+row[len(row)-1])
	}
	return lines
}

// inspectItem prints one item: text in the quotes that it does not contain itself.
func inspectItem(v jsonvalue.Value) string {
	if v.Kind() != jsonvalue.KindString {
		return string(v.AppendTo(nil))
	}
	text, quote := v.Text(), "'"
	if strings.Contains(text, "'") {
		switch {
		case !strings.Contains(text, `"`):
			quote = `"`
		case !strings.Contains(text, "`") && !strings.Contains(text, "${"):
			quote = "`"
		}
	}
	var b strings.Builder
	b.WriteString(quote)
	for _, r := range text {
		b.WriteString(inspectRune(r, quote))
	}
	b.WriteString(quote)
	return b.String()
}

func inspectRune(r rune, quote string) string {
	switch r {
	case '\n':
		return `\n`
	case '\t':
		return `\t`
	case '\r':
		return `\r`
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	case '\\':
		return `\\`
	case '\'':
		if quote == "'" {
			return `\'`
		}
	}
	if r < ' ' || r >= 0x7f && r <= 0x9f {
		return fmt.Sprintf(`\x%02X`, r)
	}
	return string(r)
}

// columns is the length of a text as JavaScript counts it.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

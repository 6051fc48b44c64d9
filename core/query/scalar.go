package query

import (
	"cmp"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// scalar is a value as its field's type understands it: text of keywords and words, whole numbers of dates, integers and booleans, or
// fractions. Two scalars of one field have the same of the three filled in, so they can be compared and looked up.
type scalar struct {
	text  string
	whole int64
	part  float64
}

func (a scalar) compare(b scalar) int {
	return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.whole, b.whole), cmp.Compare(a.part, b.part))
}

// scalars calls pass with what a value is in the field, and tells whether pass returned true for one. What does not fit the field's type
// is not in it: Elasticsearch would not have taken the document.
func (f *Field) scalars(v jsonvalue.Value, pass func(scalar) bool) bool {
	if f.Type == TypeText {
		text, ok := plainText(v)
		if !ok {
			return false
		}
		for word := range words(text) {
			if pass(scalar{text: word}) {
				return true
			}
		}
		return false
	}
	x, ok := f.scalar(v)
	return ok && pass(x)
}

// scalar gives what a document's value is in a field of any type but text.
func (f *Field) scalar(v jsonvalue.Value) (scalar, bool) {
	switch f.Type {
	case TypeKeyword:
		text, ok := keyword(v)
		return scalar{text: text}, ok
	case TypeDate:
		ms, ok := dateValue(v)
		return scalar{whole: ms}, ok
	case TypeInteger:
		n, ok := numberOf(v)
		if !ok || math.IsInf(n.Float(), 0) {
			return scalar{}, false
		}
		i, ok := truncate(n)
		return scalar{whole: i}, ok
	case TypeFloat:
		n, ok := numberOf(v)
		x := n.Float()
		return scalar{part: x}, ok && !math.IsInf(x, 0)
	case TypeBoolean:
		b, ok := booleanOf(v)
		return scalar{whole: b}, ok
	default:
		return scalar{}, false
	}
}

// plainText is a string, a number or a boolean as text.
func plainText(v jsonvalue.Value) (string, bool) {
	switch v.Kind() {
	case jsonvalue.KindString:
		return v.Text(), true
	case jsonvalue.KindNumber:
		return v.Literal(), true
	case jsonvalue.KindBool:
		return strconv.FormatBool(v.Bool()), true
	default:
		return "", false
	}
}

// Keywords gives what a keyword field finds a value by: its texts, numbers and booleans, those of arrays one by one.
func Keywords(v jsonvalue.Value) iter.Seq[string] {
	return func(yield func(string) bool) {
		descend(v, nil, func(x jsonvalue.Value) bool {
			text, ok := keyword(x)
			return !ok || yield(text)
		})
	}
}

// maxKeyword is how long a keyword is at most, in bytes. Longer ones are found by nothing, which bounds what a pattern costs.
const maxKeyword = 32766

func keyword(v jsonvalue.Value) (string, bool) {
	text, ok := plainText(v)
	return text, ok && len(text) <= maxKeyword
}

// numberOf is a number, or the number that a string holds.
func numberOf(v jsonvalue.Value) (jsonvalue.Value, bool) {
	if v.Kind() == jsonvalue.KindNumber {
		return v, true
	}
	if v.Kind() != jsonvalue.KindString {
		return jsonvalue.Value{}, false
	}
	n, err := jsonvalue.Number(strings.TrimSpace(v.Text()))
	return n, err == nil
}

// truncate is a number without its fraction, if that is in the range of an int64.
func truncate(n jsonvalue.Value) (int64, bool) {
	if i, ok := n.Int64(); ok {
		return i, true
	}
	x := math.Trunc(n.Float())
	if x < -(1<<63) || x >= 1<<63 {
		return 0, false
	}
	return int64(x), true
}

func booleanOf(v jsonvalue.Value) (int64, bool) {
	text, _ := plainText(v)
	switch {
	case v.Kind() == jsonvalue.KindNumber:
		return 0, false
	case text == "true":
		return 1, true
	case text == "false", v.Kind() == jsonvalue.KindString && text == "":
		return 0, true
	}
	return 0, false
}

// dateValue is a document's date in milliseconds since 1970.
func dateValue(v jsonvalue.Value) (int64, bool) {
	switch v.Kind() {
	case jsonvalue.KindNumber:
		return truncate(v)
	case jsonvalue.KindString:
		d, ok := parseDate(v.Text())
		return d.from.UnixMilli(), ok
	default:
		return 0, false
	}
}

// dateRange is the time that a date names, which may be a whole year.
type dateRange struct{ from, end time.Time } // end is the first instant after it

// dateLayouts are the forms of strict_date_optional_time, with what each leaves open.
var dateLayouts = []struct {
	layout              string
	years, months, days int
	rest                time.Duration
}{
	{layout: "2006", years: 1},
	{layout: "2006-01", months: 1},
	{layout: "2006-01-02", days: 1},
	{layout: "2006-01-02T15", rest: time.Hour},
	{layout: "2006-01-02T15Z07:00", rest: time.Hour},
	{layout: "2006-01-02T15:04", rest: time.Minute},
	{layout: "2006-01-02T15:04Z07:00", rest: time.Minute},
	{layout: "2006-01-02T15:04:05", rest: time.Second},
	{layout: "2006-01-02T15:04:05Z07:00", rest: time.Second},
}

// parseDate reads strict_date_optional_time||epoch_millis.
func parseDate(text string) (dateRange, bool) {
	for _, l := range dateLayouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		end := t.AddDate(l.years, l.months, l.days).Add(l.rest)
		if t.Nanosecond() != 0 || strings.ContainsAny(text, ".,") {
			end = t.Add(time.Millisecond) // Go reads fractions of seconds that no layout names
		}
		return dateRange{t, end}, true
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > -maxMillis && ms < maxMillis {
		t := time.UnixMilli(ms).UTC()
		return dateRange{t, t.Add(time.Millisecond)}, true
	}
	return dateRange{}, false
}

// maxMillis bounds dates to years that can be calculated with.
const maxMillis = 1 << 53

func knownDateFormat(format string) bool {
	for part := range strings.SplitSeq(format, "||") {
		switch part {
		case "epoch_millis", "strict_date_optional_time", "date_optional_time":
		default:
			return false
		}
	}
	return true
}

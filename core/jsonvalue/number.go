package jsonvalue

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Number gives a number with this literal, kept as it is written. The error is a *SyntaxError.
func Number(literal string) (Value, error) {
	raw := jsontext.Value(literal)
	if !raw.IsValid() || raw.Kind() != jsontext.KindNumber || strings.TrimSpace(literal) != literal {
		return Value{}, &SyntaxError{Problem: fmt.Sprintf("%q is not a number", literal)}
	}
	return Value{kind: KindNumber, text: literal}, nil
}

// Literal gives a number as it was written; of anything else "".
func (v Value) Literal() string {
	if v.kind != KindNumber {
		return ""
	}
	return v.text
}

// Int64 gives a number that is integral by value ("1", "1.0", "1e2") and in range; of anything else false.
func (v Value) Int64() (int64, bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	if i, err := strconv.ParseInt(v.text, 10, 64); err == nil {
		return i, true
	}
	d, ok := decimalOf(v.text)
	if !ok || d.exp < 0 || d.exp > 19 {
		return 0, false
	}
	i, err := strconv.ParseInt(d.sign()+d.digits+strings.Repeat("0", int(d.exp)), 10, 64)
	if err != nil {
		return 0, false
	}
	return i, true
}

// Float gives a number as the nearest float64, infinite beyond its range; of anything else 0.
func (v Value) Float() float64 {
	if v.kind != KindNumber {
		return 0
	}
	f, _ := strconv.ParseFloat(v.text, 64) // a literal is well formed; out of range, f is what we promise
	return f
}

// decimal is the exact value of a literal in one normal form: digits without zeros at either end, times ten to the exp. Zero is
// {false, "0", 0}.
type decimal struct {
	negative bool
	digits   string
	exp      int64
}

func (d decimal) sign() string {
	if d.negative {
		return "-"
	}
	return ""
}

// decimalOf is false where the exponent of the literal does not fit an int32.
func decimalOf(literal string) (decimal, bool) {
	mantissa, negative := strings.CutPrefix(literal, "-")
	var exp int64
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		e, err := strconv.ParseInt(mantissa[i+1:], 10, 32)
		mantissa, exp = mantissa[:i], e
		if err != nil && strings.Trim(mantissa, "0.") != "" {
			return decimal{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return decimal{digits: "0"}, true
	}
	trimmed := strings.TrimRight(digits, "0")
	exp += int64(len(digits)-len(trimmed)) - int64(len(fraction))
	return decimal{negative: negative, digits: trimmed, exp: exp}, true
}

// equalNumbers compares by exact value. Literals whose exponents are beyond any use are equal only if they are written alike.
func equalNumbers(a, b string) bool {
	if a == b {
		return true
	}
	da, okA := decimalOf(a)
	db, okB := decimalOf(b)
	if !okA || !okB {
		return okA == okB && strings.EqualFold(a, b)
	}
	return da == db
}

// formatJavaScript prints f as JavaScript's Number::toString does (ECMA-262, 6.1.6.1.20).
func formatJavaScript(f float64) string {
	if f == 0 {
		return "0" // of either sign
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64) // 1e-07, 1e+21
	if n := len(text); text[n-4] == 'e' && text[n-2] == '0' {
		text = text[:n-2] + text[n-1:]
	}
	return text
}

// Package pyrepr prints JSON values as Python's str() and repr() print what its json module makes of them. Senlin's messages quote
// what they refuse in this form: "'{'network': 'private'}' is not a List".
//
// Strings are WTF-8 as in jsonvalue. Str of a text with a lone surrogate keeps its three bytes; Repr writes it as \ud800.
package pyrepr

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Str is Python's str(): the text itself for a string, else Repr.
func Str(v jsonvalue.Value) string {
	if v.Kind() == jsonvalue.KindString {
		return v.Text()
	}
	return Repr(v)
}

// Repr is Python's repr(). An absent value prints as None.
func Repr(v jsonvalue.Value) string {
	return string(appendRepr(nil, v))
}

// Quote is Python's repr() of a text.
func Quote(s string) string { return string(appendText(make([]byte, 0, len(s)+2), s)) }

func appendRepr(dst []byte, v jsonvalue.Value) []byte {
	switch v.Kind() {
	case jsonvalue.KindBool:
		if v.Bool() {
			return append(dst, "True"...)
		}
		return append(dst, "False"...)
	case jsonvalue.KindNumber:
		return appendNumber(dst, v)
	case jsonvalue.KindString:
		return appendText(dst, v.Text())
	case jsonvalue.KindArray:
		return appendList(dst, v.Items())
	case jsonvalue.KindObject:
		return appendDict(dst, v.Members())
	default:
		return append(dst, "None"...)
	}
}

func appendList(dst []byte, items []jsonvalue.Value) []byte {
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendRepr(dst, item)
	}
	return append(dst, ']')
}

func appendDict(dst []byte, members []jsonvalue.Member) []byte {
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendText(dst, m.Name), ": "...)
		dst = appendRepr(dst, m.Value)
	}
	return append(dst, '}')
}

// appendNumber prints an int for a literal without fraction and exponent, at any length, and a float for every other.
func appendNumber(dst []byte, v jsonvalue.Value) []byte {
	literal := v.Literal()
	switch {
	case literal == "-0":
		return append(dst, '0')
	case strings.ContainsAny(literal, ".eE"):
		return appendFloat(dst, v.Float())
	}
	return append(dst, literal...)
}

// appendFloat prints the shortest digits that read back; scientific from 1e16 on and below 1e-4.
func appendFloat(dst []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case math.IsInf(f, 0):
		return append(dst, strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))...)
	case size >= 1e16 || (size < 1e-4 && size > 0):
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if !strings.Contains(string(dst[start:]), ".") {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendText quotes with ' unless the text holds ' and no ".
func appendText(dst []byte, s string) []byte {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	dst = append(dst, quote)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			r, size = surrogate(s[i:])
		}
		dst = appendRune(dst, r, quote)
		i += size
	}
	return append(dst, quote)
}

// surrogate decodes the lone surrogate with which s begins; there is nothing else in WTF-8 that is not UTF-8.
func surrogate(s string) (rune, int) {
	if len(s) < 3 {
		return utf8.RuneError, 1
	}
	return rune(s[0]&0x0F)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
}

func appendRune(dst []byte, r rune, quote byte) []byte {
	switch {
	case r == rune(quote) || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case unicode.IsPrint(r): // as Python: neither "other" nor a separator, save the space
		return utf8.AppendRune(dst, r)
	case r < 0x100:
		return appendHex(append(dst, `\x`...), r, 2)
	case r < 0x10000:
		return appendHex(append(dst, `\u`...), r, 4)
	default:
		return appendHex(append(dst, `\U`...), r, 8)
	}
}

func appendHex(dst []byte, r rune, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[r>>shift&0xF])
	}
	return dst
}

package jsonvalue

import "unicode/utf8"

// AppendTo appends the value as compact JSON: members in their order, number literals as they were written, no HTML escaping, lone
// surrogates as escapes. An absent value is written as null, so the result is always JSON.
func (v Value) AppendTo(dst []byte) []byte {
	switch v.kind {
	case KindBool:
		if v.flag {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case KindNumber:
		return append(dst, v.text...)
	case KindString:
		return appendString(dst, v.text)
	case KindArray:
		return v.appendArray(dst)
	case KindObject:
		return v.appendObject(dst)
	default:
		return append(dst, "null"...)
	}
}

func (v Value) appendArray(dst []byte) []byte {
	dst = append(dst, '[')
	for i, item := range v.Items() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item.AppendTo(dst)
	}
	return append(dst, ']')
}

func (v Value) appendObject(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range v.Members() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, m.Name), ':')
		dst = m.Value.AppendTo(dst)
	}
	return append(dst, '}')
}

// MarshalJSON is AppendTo for encoding/json, which on its own escapes HTML unless told otherwise.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendTo(nil), nil }

// String gives the value as JSON, for logs and tests.
func (v Value) String() string {
	if v.kind == KindAbsent {
		return "absent"
	}
	return string(v.AppendTo(nil))
}

const hexDigits = "0123456789abcdef"

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0 // what stands before is written
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				dst = appendEscape(append(dst, s[done:i]...), c)
				done = i + 1
			}
			i++
			continue
		}
		if half, ok := surrogateAt(s, i); ok {
			dst = append(dst, s[done:i]...)
			dst = append(dst, '\\', 'u', 'd', hexDigits[half>>8&0xF], hexDigits[half>>4&0xF], hexDigits[half&0xF])
			i += 3
			done = i
			continue
		}
		i++
	}
	return append(append(dst, s[done:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
	}
}

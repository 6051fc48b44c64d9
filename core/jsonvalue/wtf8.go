package jsonvalue

import (
	"unicode/utf16"
	"unicode/utf8"
)

// surrogateAt decodes the surrogate that stands in s at i as three bytes of WTF-8 (ED A0 80 to ED BF BF).
func surrogateAt(s string, i int) (rune, bool) {
	if i+2 >= len(s) || s[i] != 0xED || s[i+1] < 0xA0 || s[i+1] > 0xBF || s[i+2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F), true
}

// appendSurrogate appends half a surrogate pair as WTF-8; a low half that completes the high half at the end of dst joins it.
func appendSurrogate(dst []byte, r rune) []byte {
	if n := len(dst); n >= 3 && r >= 0xDC00 {
		if high, ok := surrogateAt(string(dst[n-3:]), 0); ok && high < 0xDC00 {
			return utf8.AppendRune(dst[:n-3], utf16.DecodeRune(high, r))
		}
	}
	return append(dst, 0xED, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
}

// appendClean appends s; lone surrogates in WTF-8 stay, other bytes that are no UTF-8 become U+FFFD.
func appendClean(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError || size > 1 {
			dst = append(dst, s[i:i+size]...)
			i += size
			continue
		}
		if half, ok := surrogateAt(s, i); ok {
			dst = appendSurrogate(dst, half)
			i += 3
			continue
		}
		dst = utf8.AppendRune(dst, utf8.RuneError)
		i++
	}
	return dst
}

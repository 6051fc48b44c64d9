package spectype

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// maxIntegerDigits is where Python 3.11 stops turning text into an int (sys.int_info.default_max_str_digits).
const maxIntegerDigits = 4300

// isPythonInteger tells whether Python's int(text) succeeds: white space around, a sign, decimal digits of any script, and single
// underscores between digits.
func isPythonInteger(text string) bool {
	text = strings.TrimFunc(text, isPythonSpace)
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	digits, afterDigit := 0, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Nd, r):
			digits++
			afterDigit = true
		case r == '_' && afterDigit:
			afterDigit = false
		default:
			return false
		}
	}
	return afterDigit && digits <= maxIntegerDigits
}

// isPythonFloat tells whether Python's float(text) succeeds, for text of ASCII. Go's hexadecimal numbers are none there.
func isPythonFloat(text string) bool {
	text = strings.TrimFunc(text, isPythonSpace)
	if strings.ContainsAny(text, "xXpP_") {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// isPythonSpace is str.isspace: Unicode's white space and the four information separators.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || (r >= 0x1C && r <= 0x1F) }

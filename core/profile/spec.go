package profile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/fault"
)

// MaxNameRunes bounds the name of a spec profile.
const MaxNameRunes = 255

// CheckSpecName refuses the names that Senlin's NameField refuses, in Senlin's words: empty ones, those over 255 characters, and those with
// characters other than ASCII letters, decimal digits of any script, U+4E00 to U+9FA5 and "_-.~". Four more letters pass, since its pattern
// ignores case: those that are an ASCII letter in the other case.
func CheckSpecName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return invalidName("The value for the name field must be at least 1 characters long.")
	case n > MaxNameRunes:
		return invalidName("The value for the name field must be less than 255 characters long.")
	case strings.ContainsFunc(name, illegalInName):
		return invalidName(fmt.Sprintf("The value for the 'name' (%s) contains illegal characters. It must contain only alphanumeric "+
			"or \"_-.~\" characters and must start with letter.", name))
	}
	return nil
}

func illegalInName(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', unicode.Is(unicode.Nd, r), 0x4e00 <= r && r <= 0x9fa5:
		return false
	}
	return !strings.ContainsRune("_-.~\u0130\u0131\u017f\u212a", r)
}

func invalidName(message string) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeInvalidArgument, Message: message,
		Fields: []fault.Field{{Path: "name", Expected: `1 to 255 letters, digits or "_-.~"`}},
	}
}

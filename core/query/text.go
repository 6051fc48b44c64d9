package query

import (
	"iter"
	"slices"
	"strings"
	"unicode"
)

// words splits a text as Elasticsearch's standard analyzer does, near enough: runs of letters, digits and marks, in lower case. An apostrophe
// or a full stop between letters and a point or comma between digits do not end a word; ideographs stand alone.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rs := []rune(text)
		for i := 0; i < len(rs); {
			if !wordly(rs[i]) {
				i++
				continue
			}
			end := wordEnd(rs, i)
			if !yield(strings.ToLower(string(rs[i:end]))) {
				return
			}
			i = end
		}
	}
}

func wordly(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

func ideograph(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana) }

// maxWord is how many runes a word has at most; what is longer is split.
const maxWord = 255

func wordEnd(rs []rune, from int) int {
	if ideograph(rs[from]) {
		return from + 1
	}
	i := from + 1
	for i < len(rs) && i-from < maxWord {
		switch {
		case ideograph(rs[i]):
			return i
		case wordly(rs[i]):
			i++
		case i+1 < len(rs) && joins(rs[i-1], rs[i], rs[i+1]):
			i++
		default:
			return i
		}
	}
	return i
}

// joins tells whether a mark between two runes keeps a word together.
func joins(before, mark, after rune) bool {
	switch mark {
	case '\'', '’', '.':
		return unicode.IsLetter(before) && unicode.IsLetter(after) && !ideograph(after) || mark != '’' && unicode.IsDigit(before) && unicode.IsDigit(after)
	case ':':
		return unicode.IsLetter(before) && unicode.IsLetter(after) && !ideograph(after)
	case ',', ';':
		return unicode.IsDigit(before) && unicode.IsDigit(after)
	}
	return false
}

// fold is how texts are compared without regard to case.
func fold(s string) string { return strings.ToLower(s) }

// in tells whether the phrase stands in a text.
func (f Phrase) in(text string) bool {
	all := slices.Collect(words(text))
	for i := 0; i+len(f.Words) <= len(all); i++ {
		if f.at(all[i:]) {
			return true
		}
	}
	return false
}

func (f Phrase) at(all []string) bool {
	for i, w := range f.Words {
		last := i == len(f.Words)-1
		if all[i] != w && (!f.Prefix || !last || !strings.HasPrefix(all[i], w)) {
			return false
		}
	}
	return true
}

package query

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// maxRegexp is the longest regular expression, in bytes; maxProgram how large it may become once it is compiled, which bounds the time per
// character.
const (
	maxRegexp  = 1000
	maxProgram = 2000
)

// compileRegexp compiles a regular expression of Lucene, which matches a value as a whole and knows no anchors.
func compileRegexp(source string, flags regexpFlags, folded bool) (*regexp.Regexp, error) {
	if len(source) > maxRegexp {
		return nil, refusef("The length of regex [%d] used in the Regexp Query request has exceeded the allowed maximum of [%d]. "+
			"This maximum can be set by changing the [index.max_regex_length] index level setting.", len(source), maxRegexp)
	}
	translated, err := translateRegexp(source, flags)
	if err != nil {
		return nil, err
	}
	whole := `(?s)\A(?:` + translated + `)\z`
	if folded {
		whole = "(?i)" + whole
	}
	parsed, err := syntax.Parse(whole, syntax.Perl)
	if err != nil {
		return nil, refusef("failed to parse the regular expression [%s]", source)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		return nil, refusef("Determinizing [%s] would require more effort than is allowed.", source)
	}
	compiled, err := regexp.Compile(whole)
	if err != nil {
		return nil, refusef("failed to parse the regular expression [%s]", source)
	}
	return compiled, nil
}

// regexpFlags say which operators of Lucene's a regular expression may use.
type regexpFlags struct{ complement, empty, intersection, anyString, interval bool }

var allRegexpFlags = regexpFlags{complement: true, empty: true, intersection: true, anyString: true, interval: true}

func parseRegexpFlags(text string) (regexpFlags, error) {
	var f regexpFlags
	for name := range strings.SplitSeq(text, "|") {
		switch strings.ToUpper(name) {
		case "":
			return allRegexpFlags, nil
		case "ALL":
			f = allRegexpFlags
		case "NONE":
		case "COMPLEMENT":
			f.complement = true
		case "EMPTY":
			f.empty = true
		case "INTERSECTION":
			f.intersection = true
		case "ANYSTRING":
			f.anyString = true
		case "INTERVAL":
			f.interval = true
		default:
			return regexpFlags{}, refusef("Unknown regexp flag [%s]", name)
		}
	}
	return f, nil
}

// translateRegexp writes Lucene's syntax as RE2's. What RE2 has no words for is refused.
func translateRegexp(source string, flags regexpFlags) (string, error) {
	t := regexpTranslator{in: []rune(source), flags: flags}
	for t.at < len(t.in) {
		step := t.outside
		if t.class {
			step = t.inside
		}
		if err := step(); err != nil {
			return "", err
		}
		t.at++
	}
	if t.class {
		return "", refusef("expected ']' at position %d", len(t.in))
	}
	return t.out.String(), nil
}

type regexpTranslator struct {
	in    []rune
	at    int
	flags regexpFlags
	class bool // within brackets
	out   strings.Builder
}

// next is the rune behind the present one; 0 at the end.
func (t *regexpTranslator) next() rune {
	if t.at+1 < len(t.in) {
		return t.in[t.at+1]
	}
	return 0
}

// outside translates the present rune, and those it takes with it, outside of brackets.
func (t *regexpTranslator) outside() error {
	switch r := t.in[t.at]; r {
	case '\\':
		return t.escape()
	case '[':
		t.class = true
		t.out.WriteRune(r)
		if t.next() == '^' {
			t.at++
			t.out.WriteRune('^')
		}
	case '"':
		return t.quoted()
	case '(':
		if t.next() == '?' {
			return refusef("failed to parse the regular expression [%s]", string(t.in))
		}
		t.out.WriteString("(?:")
	case '*', '+', '?':
		return t.quantifier(string(r))
	case '{':
		counts := regexpCounts.FindString(string(t.in[t.at:]))
		if counts == "" {
			return refusef("integer expected at position %d", t.at+1)
		}
		t.at += len(counts) - 1
		return t.quantifier(counts)
	case '.', '|', ')':
		t.out.WriteRune(r)
	default:
		return t.operator(r)
	}
	return nil
}

// regexpCounts are the counts behind what is repeated.
var regexpCounts = regexp.MustCompile(`^\{[0-9]{1,4}(,[0-9]{0,4})?\}`)

// quantifier writes how often something is repeated. A second one right behind means another thing to RE2 than to Lucene.
func (t *regexpTranslator) quantifier(text string) error {
	if strings.ContainsRune("*+?{", t.next()) {
		return refusef("a quantifier behind a quantifier is not supported in [%s]", string(t.in))
	}
	t.out.WriteString(text)
	return nil
}

// operator translates what has a meaning with some flags only.
func (t *regexpTranslator) operator(r rune) error {
	f := t.flags
	switch {
	case r == '@' && f.anyString:
		t.out.WriteString(`(?:.*)`)
	case r == '#' && f.empty:
		t.out.WriteString(`[^\x{0}-\x{10FFFF}]`)
	case r == '~' && f.complement, r == '&' && f.intersection, r == '<' && f.interval:
		return refusef("the operator [%c] of regular expressions is not supported", r)
	default:
		t.literal(r)
	}
	return nil
}

// inside translates the present rune within brackets.
func (t *regexpTranslator) inside() error {
	first := t.in[t.at-1] == '[' || t.in[t.at-1] == '^'
	switch r := t.in[t.at]; {
	case r == '\\':
		return t.escape()
	case r == ']':
		t.class = false
		t.out.WriteRune(r)
	case r == '-' && !first && t.next() != ']':
		t.out.WriteRune(r)
	default:
		t.literal(r)
	}
	return nil
}

// escape translates a backslash and what follows: a class that Lucene has as well, or a rune that loses its meaning.
func (t *regexpTranslator) escape() error {
	t.at++
	if t.at == len(t.in) {
		return refusef("end-of-string expected at position %d", len(t.in))
	}
	if r := t.in[t.at]; strings.ContainsRune("dDsSwW", r) {
		t.out.WriteString(`\` + string(r))
	} else {
		t.literal(r)
	}
	return nil
}

// quoted translates a text between quotation marks.
func (t *regexpTranslator) quoted() error {
	end := slices.Index(t.in[t.at+1:], '"')
	if end < 0 {
		return refusef("expected '\"' at position %d", len(t.in))
	}
	t.out.WriteString("(?:")
	for _, r := range t.in[t.at+1 : t.at+1+end] {
		t.literal(r)
	}
	t.out.WriteString(")")
	t.at += end + 1
	return nil
}

func (t *regexpTranslator) literal(r rune) { fmt.Fprintf(&t.out, `\x{%x}`, r) }

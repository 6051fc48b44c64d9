package jsonvalue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// DefaultMaxDepth bounds how deep arrays and objects may nest where Limits says nothing.
const DefaultMaxDepth = 128

// ErrTooDeep says that arrays and objects nest deeper than Limits.MaxDepth.
var ErrTooDeep = errors.New("JSON value nests too deeply")

// Limits bounds what Parse accepts. The size of the input is for whoever reads it to bound.
type Limits struct {
	MaxDepth int // depth of nesting, a flat array having depth 1; 0 means DefaultMaxDepth
}

// SyntaxError says where the input stops being JSON.
type SyntaxError struct {
	Offset  int64  // byte offset at or after which the problem stands
	Problem string // in a few words
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Problem, e.Offset) }

// Parse reads data, which must be one JSON value and nothing else but white space. It keeps no reference to data. Errors are
// *SyntaxError or ErrTooDeep. Bytes that are not UTF-8 become U+FFFD.
func Parse(data []byte, l Limits) (Value, error) {
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultMaxDepth
	}
	p := parser{text: string(data), limit: l.MaxDepth, members: make([]Member, 0, 16)}
	p.in = jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := p.value(0)
	if err != nil {
		return Value{}, p.problem(err)
	}
	if _, err := p.in.ReadToken(); !errors.Is(err, io.EOF) {
		return Value{}, p.trailing(err)
	}
	return v, nil
}

// parser builds a tree from the tokens of in. Strings without escapes and number literals are parts of text, so a tree costs few
// allocations: the text, the stacks on which open arrays and objects grow, and the slabs that hold finished ones.
type parser struct {
	text    string
	limit   int
	in      *jsontext.Decoder
	items   []Value
	members []Member
	slabs   slabs
}

func (p *parser) value(depth int) (Value, error) {
	switch kind := p.in.PeekKind(); kind {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		if depth >= p.limit {
			return Value{}, ErrTooDeep
		}
		if _, err := p.in.ReadToken(); err != nil {
			return Value{}, err
		}
		if kind == jsontext.KindBeginObject {
			return p.object(depth + 1)
		}
		return p.array(depth + 1)
	default:
		return p.scalar()
	}
}

func (p *parser) object(depth int) (Value, error) {
	base := len(p.members)
	for p.in.PeekKind() != jsontext.KindEndObject {
		name, err := p.scalar()
		if err != nil {
			return Value{}, err
		}
		v, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		p.members = append(p.members, Member{Name: name.text, Value: v})
	}
	if _, err := p.in.ReadToken(); err != nil {
		return Value{}, err
	}
	own := p.members[base:]
	p.members = p.members[:base]
	if len(own) == 0 {
		return Value{kind: KindObject}, nil
	}
	return newObject(p.slabs.container(), p.slabs.keepMembers(own)), nil
}

func (p *parser) array(depth int) (Value, error) {
	base := len(p.items)
	for p.in.PeekKind() != jsontext.KindEndArray {
		v, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		p.items = append(p.items, v)
	}
	if _, err := p.in.ReadToken(); err != nil {
		return Value{}, err
	}
	own := p.items[base:]
	p.items = p.items[:base]
	if len(own) == 0 {
		return Value{kind: KindArray}, nil
	}
	c := p.slabs.container()
	c.items = p.slabs.keepItems(own)
	return Value{kind: KindArray, kids: c}, nil
}

// scalar reads what is no array and no object: at a name's place the decoder accepts a string only.
func (p *parser) scalar() (Value, error) {
	raw, err := p.in.ReadValue()
	if err != nil {
		return Value{}, err
	}
	end := int(p.in.InputOffset())
	text := p.text[end-len(raw) : end]
	switch text[0] {
	case 'n':
		return Value{kind: KindNull}, nil
	case 't', 'f':
		return Value{kind: KindBool, flag: text[0] == 't'}, nil
	case '"':
		return Value{kind: KindString, text: unquote(text[1 : len(text)-1])}, nil
	default:
		return Value{kind: KindNumber, text: text}, nil
	}
}

// unquote resolves the escapes of a string that the decoder has found to be well formed.
func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return plain(s)
	}
	dst := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return string(append(dst, plain(s)...))
		}
		dst = append(dst, plain(s[:i])...)
		if s[i+1] == 'u' {
			dst = appendUnit(dst, hex4(s[i+2:i+6]))
			s = s[i+6:]
			continue
		}
		dst = append(dst, unescape(s[i+1]))
		s = s[i+2:]
	}
}

// plain gives bytes from the input, in which WTF-8 has no meaning: an encoded surrogate is as wrong there as any other byte, so each of
// its bytes becomes U+FFFD.
func plain(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

func appendUnit(dst []byte, r rune) []byte {
	if r >= 0xD800 && r <= 0xDFFF {
		return appendSurrogate(dst, r)
	}
	return utf8.AppendRune(dst, r)
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default: // ", \ and / stand for themselves
		return c
	}
}

func hex4(s string) rune {
	var r rune
	for i := range 4 {
		c := rune(s[i])
		switch {
		case c <= '9':
			c -= '0'
		case c >= 'a':
			c -= 'a' - 10
		default:
			c -= 'A' - 10
		}
		r = r<<4 | c
	}
	return r
}

func (p *parser) problem(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, ErrTooDeep):
		return ErrTooDeep
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &SyntaxError{Offset: int64(len(p.text)), Problem: "unexpected end of input"}
	case errors.As(err, &syntax) && syntax.Err != nil:
		return &SyntaxError{Offset: syntax.ByteOffset, Problem: syntax.Err.Error()}
	}
	return &SyntaxError{Offset: p.in.InputOffset(), Problem: err.Error()}
}

func (p *parser) trailing(err error) error {
	if err == nil {
		return &SyntaxError{Offset: p.in.InputOffset(), Problem: "unexpected data after the value"}
	}
	return p.problem(err)
}

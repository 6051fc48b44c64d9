// Package record is how the core writes its records down: profiles, roles, indexes and collections as bytes for a store, and back. The
// encoding is the protobuf wire format with field numbers of our own, so that a later version can add fields that an earlier one skips.
// What stands in JSON documents (specs, definitions) is kept as JSON text, byte for byte.
package record

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The kinds of records that a tenant's store holds.
const (
	KindSpecProfile   = "spec"
	KindPolicyProfile = "profile"
	KindRole          = "role"
	KindIndex         = "index"
	KindCollection    = "collection"
	KindHold          = "hold"
	KindSpecName      = "spec-name" // a claim; it has no data
	KindMapping       = "mapping"   // of a collection, by the collection's id
)

// Fields that every record may have. The numbers are on disk for good.
const (
	fieldCreatedAt protowire.Number = 1 // milliseconds since 1970
	fieldUpdatedAt protowire.Number = 2
	fieldAuthor    protowire.Number = 3
	fieldUpdater   protowire.Number = 4
	fieldSource    protowire.Number = 5 // the JSON document
)

// Fields of indexes.
const (
	fieldMadeAt protowire.Number = 16 // a revision
)

// Fields of spec profiles.
const (
	fieldName     protowire.Number = 16
	fieldType     protowire.Number = 17
	fieldProject  protowire.Number = 18
	fieldUser     protowire.Number = 19
	fieldDomain   protowire.Number = 20
	fieldMetadata protowire.Number = 21
)

// MaxDepth bounds the nesting of a stored document. It is far above what any listener lets in, so that what was accepted once can
// always be read again.
const MaxDepth = 10_000

// encoder appends fields; fields with zero values are left out.
type encoder struct{ b []byte }

func (e *encoder) text(n protowire.Number, s string) {
	if s != "" {
		e.b = protowire.AppendTag(e.b, n, protowire.BytesType)
		e.b = protowire.AppendString(e.b, s)
	}
}

func (e *encoder) bytes(n protowire.Number, p []byte) {
	if len(p) > 0 {
		e.b = protowire.AppendTag(e.b, n, protowire.BytesType)
		e.b = protowire.AppendBytes(e.b, p)
	}
}

func (e *encoder) time(n protowire.Number, t time.Time) {
	if !t.IsZero() {
		e.b = protowire.AppendTag(e.b, n, protowire.VarintType)
		e.b = protowire.AppendVarint(e.b, protowire.EncodeZigZag(t.UnixMilli()))
	}
}

// fields are the decoded fields of one record, by number. A field that is repeated counts with its last value.
type fields struct {
	bytes   map[protowire.Number][]byte
	varints map[protowire.Number]uint64
}

func decode(b []byte) (fields, error) {
	f := fields{bytes: make(map[protowire.Number][]byte, 8), varints: make(map[protowire.Number]uint64, 2)}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fields{}, fmt.Errorf("record: bad tag: %w", protowire.ParseError(n))
		}
		b = b[n:]
		switch typ {
		case protowire.BytesType:
			f.bytes[num], n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			f.varints[num], n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fields{}, fmt.Errorf("record: bad field %d: %w", num, protowire.ParseError(n))
		}
		b = b[n:]
	}
	return f, nil
}

func (f fields) text(n protowire.Number) string { return string(f.bytes[n]) }

// copied returns the field's bytes as a slice of their own, so that a record does not pin the store's buffer.
func (f fields) copied(n protowire.Number) []byte { return append([]byte(nil), f.bytes[n]...) }

func (f fields) time(n protowire.Number) time.Time {
	v, ok := f.varints[n]
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(protowire.DecodeZigZag(v)).UTC()
}

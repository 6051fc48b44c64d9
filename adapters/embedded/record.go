package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/store"
)

// A tenant's bucket holds, told apart by the first byte of the key:
//
//	h            the head: revision (8 bytes, big endian), commit id (16 bytes)
//	r kind 0 id  a record: uvarints version, revision, number of references; each reference as uvarint length and "kind 0 id"; the data
//	c kind 0 id  how many references there are to that record (uvarint), where there are any
//
// A kind holds no zero byte, so the first one in a key ends it.
const (
	headTag   = 'h'
	recordTag = 'r'
	countTag  = 'c'
	headBytes = 8 + 16
)

// errCorrupt says that the file holds what this package never wrote.
var errCorrupt = errors.New("the store's file is damaged")

var headKey = []byte{headTag}

func corrupt(what string) error { return fmt.Errorf("%w: %s", errCorrupt, what) }

// appendKey appends the bytes of a key behind a tag.
func appendKey(b []byte, tag byte, k store.Key) []byte {
	b = append(b, tag)
	b = append(b, k.Kind...)
	b = append(b, 0)
	return append(b, k.ID...)
}

// decodeKey reads a key behind its tag.
func decodeKey(b []byte) (store.Key, error) {
	kind, id, ok := strings.Cut(string(b), "\x00")
	if !ok || kind == "" || id == "" {
		return store.Key{}, corrupt("a key")
	}
	return store.Key{Kind: kind, ID: id}, nil
}

// entry is a record as the file has it. refs and data are parts of the encoded bytes.
type entry struct {
	version  uint64
	revision uint64
	refs     refList
	data     []byte
}

// refList is encoded references, one after the other.
type refList []byte

// appendRefs encodes references.
func appendRefs(b []byte, refs []store.Key) []byte {
	for _, k := range refs {
		b = binary.AppendUvarint(b, uint64(len(k.Kind)+1+len(k.ID)))
		b = append(b, k.Kind...)
		b = append(b, 0)
		b = append(b, k.ID...)
	}
	return b
}

// refBytes is more than the encoded references take.
func refBytes(refs []store.Key) int {
	n := 0
	for i := range refs {
		n += len(refs[i].Kind) + len(refs[i].ID) + 3
	}
	return n
}

// all gives each reference as the bytes "kind 0 id". The list is one that decodeEntry or encodeRecord gave, so its lengths fit.
func (l refList) all() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(l) > 0 {
			size, n := binary.Uvarint(l)
			end := n + int(size)
			if !yield(l[n:end]) {
				return
			}
			l = l[end:]
		}
	}
}

// encodeRecord writes a record into one new buffer and gives the parts in it that hold references and data.
func encodeRecord(version, revision uint64, refs []store.Key, data []byte) (encoded []byte, refPart refList, dataPart []byte) {
	b := make([]byte, 0, 3*binary.MaxVarintLen64+refBytes(refs)+len(data))
	b = binary.AppendUvarint(b, version)
	b = binary.AppendUvarint(b, revision)
	b = binary.AppendUvarint(b, uint64(len(refs)))
	at := len(b)
	b = appendRefs(b, refs)
	end := len(b)
	b = append(b, data...)
	return b, refList(b[at:end:end]), b[end:len(b):len(b)]
}

// decodeEntry reads a record without copying it.
func decodeEntry(b []byte) (entry, error) {
	var e entry
	var count uint64
	for _, to := range []*uint64{&e.version, &e.revision, &count} {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return entry{}, corrupt("a record's header")
		}
		*to, b = v, b[n:]
	}
	if e.version == 0 || count > store.MaxRefsPerRecord {
		return entry{}, corrupt("a record's header")
	}
	rest := b
	for range count {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return entry{}, corrupt("a record's references")
		}
		if _, err := decodeKey(rest[n : n+int(size)]); err != nil {
			return entry{}, err
		}
		rest = rest[n+int(size):]
	}
	e.refs, e.data = refList(b[:len(b)-len(rest)]), rest
	return e, nil
}

// decodeVersion reads no more of a record than its version.
func decodeVersion(b []byte) (uint64, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 || v == 0 {
		return 0, corrupt("a record's version")
	}
	return v, nil
}

// decodeCount reads a number of references.
func decodeCount(b []byte) (uint64, error) {
	v, n := binary.Uvarint(b)
	if n != len(b) || v == 0 || v == math.MaxUint64 {
		return 0, corrupt("a count of references")
	}
	return v, nil
}

// encodeHead appends the head.
func encodeHead(b []byte, h store.Head) []byte {
	b = binary.BigEndian.AppendUint64(b, h.Revision)
	return append(b, h.CommitID[:]...)
}

func decodeHead(b []byte) (store.Head, error) {
	if len(b) != headBytes {
		return store.Head{}, corrupt("the head")
	}
	h := store.Head{Revision: binary.BigEndian.Uint64(b)}
	copy(h.CommitID[:], b[8:])
	return h, nil
}

// readHead reads the head of a tenant's bucket; no bucket is the empty history.
func readHead(b *bbolt.Bucket) (store.Head, error) {
	if b == nil {
		return store.Head{}, nil
	}
	return decodeHead(b.Get(headKey))
}

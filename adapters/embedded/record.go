package embedded

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"iter"
	"math"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/store"
)

// A tenant's bucket holds, told apart by the first byte of the key:
//
//	h            the head: revision (8 bytes, big endian), commit id (16 bytes), number of records and sum of their checksums (8 bytes each)
//	r kind 0 id  a record: a checksum (CRC-32C, 4 bytes, big endian) of the key and the rest; uvarints version, revision, number of references; each
//	             reference as uvarint length and "kind 0 id"; the data
//	c kind 0 id  how many references there are to that record (uvarint), where there are any
//
// A kind holds no zero byte, so the first one in a key ends it. With the checksums a record that was changed on the disk is found, and with
// their sum also one that is gone, or an older one that is back.
const (
	headTag   = 'h'
	recordTag = 'r'
	countTag  = 'c'
	headBytes = 8 + 16 + 8 + 8
	sumBytes  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var headKey = []byte{headTag}

func corrupt(what string) error { return fmt.Errorf("%w: %s", ErrDamaged, what) }

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
	sum      uint32
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

// checksum is the one of a record under its key, of all that follows the place of the checksum itself.
func checksum(key, encoded []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, encoded[sumBytes:])
}

// encodeRecord writes a record into one new buffer and gives the parts in it that hold references and data. The key is the one in the bucket.
func encodeRecord(key []byte, version, revision uint64, refs []store.Key, data []byte) (encoded []byte, refPart refList, dataPart []byte) {
	b := make([]byte, sumBytes, sumBytes+3*binary.MaxVarintLen64+refBytes(refs)+len(data))
	b = binary.AppendUvarint(b, version)
	b = binary.AppendUvarint(b, revision)
	b = binary.AppendUvarint(b, uint64(len(refs)))
	at := len(b)
	b = appendRefs(b, refs)
	end := len(b)
	b = append(b, data...)
	binary.BigEndian.PutUint32(b, checksum(key, b))
	return b, refList(b[at:end:end]), b[end:len(b):len(b)]
}

// readEntry reads a record without copying it, and holds it against its checksum.
func readEntry(key, b []byte) (entry, error) {
	e, err := decodeEntry(b)
	if err == nil && e.sum != checksum(key, b) {
		return entry{}, corrupt("a record is not as it was written")
	}
	return e, err
}

// decodeEntry reads a record without copying it.
func decodeEntry(b []byte) (entry, error) {
	if len(b) < sumBytes {
		return entry{}, corrupt("a record's checksum")
	}
	e := entry{sum: binary.BigEndian.Uint32(b)}
	b = b[sumBytes:]
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

// decodeVersion reads no more of a record than its version and the revision that wrote it.
func decodeVersion(b []byte) (version, revision uint64, err error) {
	if len(b) < sumBytes {
		return 0, 0, corrupt("a record's checksum")
	}
	version, n := binary.Uvarint(b[sumBytes:])
	if n <= 0 || version == 0 {
		return 0, 0, corrupt("a record's version")
	}
	revision, m := binary.Uvarint(b[sumBytes+n:])
	if m <= 0 {
		return 0, 0, corrupt("a record's revision")
	}
	return version, revision, nil
}

// decodeCount reads a number of references.
func decodeCount(b []byte) (uint64, error) {
	v, n := binary.Uvarint(b)
	if n != len(b) || v == 0 || v == math.MaxUint64 {
		return 0, corrupt("a count of references")
	}
	return v, nil
}

// content sums up a tenant's records.
type content struct {
	records uint64
	sums    uint64 // of the records' checksums, added up
}

// replace takes one record out and puts another in. A version of 0 stands for none.
func (c *content) replace(had, has entry) {
	if had.version > 0 {
		c.records--
		c.sums -= uint64(had.sum)
	}
	if has.version > 0 {
		c.records++
		c.sums += uint64(has.sum)
	}
}

// encodeHead appends the head.
func encodeHead(b []byte, h store.Head, c content) []byte {
	b = binary.BigEndian.AppendUint64(b, h.Revision)
	b = append(b, h.CommitID[:]...)
	b = binary.BigEndian.AppendUint64(b, c.records)
	return binary.BigEndian.AppendUint64(b, c.sums)
}

func decodeHead(b []byte) (store.Head, content, error) {
	if len(b) != headBytes {
		return store.Head{}, content{}, corrupt("the head")
	}
	h := store.Head{Revision: binary.BigEndian.Uint64(b)}
	copy(h.CommitID[:], b[8:])
	return h, content{binary.BigEndian.Uint64(b[24:]), binary.BigEndian.Uint64(b[32:])}, nil
}

// readHead reads the head of a tenant's bucket; no bucket is the empty history.
func readHead(b *bbolt.Bucket) (store.Head, content, error) {
	if b == nil {
		return store.Head{}, content{}, nil
	}
	return decodeHead(b.Get(headKey))
}

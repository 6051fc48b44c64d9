package pages

import "fmt"

// The layout of pages (go.etcd.io/bbolt, internal/common).
const (
	elementBytes = 16
	bucketBytes  = 16
	bucketFlag   = 1
	manyFree     = 0xFFFF // the count of a list whose length stands in its first element
)

// pageKind is a page's type, as its flags say.
type pageKind uint16

// The types.
const (
	branchPage   pageKind = 0x01
	leafPage     pageKind = 0x02
	metaPage     pageKind = 0x04
	freelistPage pageKind = 0x10
)

func (k pageKind) String() string {
	switch k {
	case branchPage:
		return "it is a branch of a tree"
	case leafPage:
		return "it is a leaf of a tree"
	case metaPage:
		return "it is a meta page"
	case freelistPage:
		return "it is a list of free pages"
	}
	return fmt.Sprintf("its type is %#x", uint16(k))
}

// page is a page as it was read.
type page struct {
	id       uint64
	kind     pageKind
	count    int
	overflow uint32
	bytes    []byte // header included
}

// decodePage reads the header, which b has at least.
func decodePage(b []byte) page {
	return page{
		id: order.Uint64(b), kind: pageKind(order.Uint16(b[8:])), count: int(order.Uint16(b[10:])),
		overflow: order.Uint32(b[12:]), bytes: b,
	}
}

// element is one entry of a page of a tree.
type element struct {
	flags uint32
	page  uint64 // of a branch: where it leads to
	key   []byte
	value []byte // of a leaf
}

// element reads the i-th entry. It is not ok where there is none, or where a part of it would be outside of the page.
func (p *page) element(i int) (element, bool) {
	at := headerBytes + i*elementBytes
	if i >= p.count || at+elementBytes > len(p.bytes) {
		return element{}, false
	}
	b := p.bytes[at:]
	var e element
	var pos, keyBytes, valueBytes uint32
	if p.kind == branchPage {
		pos, keyBytes, e.page = order.Uint32(b), order.Uint32(b[4:]), order.Uint64(b[8:])
	} else {
		e.flags, pos, keyBytes, valueBytes = order.Uint32(b), order.Uint32(b[4:]), order.Uint32(b[8:]), order.Uint32(b[12:])
	}
	if uint64(pos)+uint64(keyBytes)+uint64(valueBytes) > uint64(len(b)) {
		return element{}, false
	}
	e.key = b[pos : pos+keyBytes]
	e.value = b[pos+keyBytes:][:valueBytes]
	return e, true
}

// free reads the ids of a list of free pages, or says what is wrong with it.
func (p *page) free() (ids []uint64, what string) {
	b, n := p.bytes[headerBytes:], uint64(p.count)
	if p.count == manyFree && len(b) >= 8 {
		n, b = order.Uint64(b), b[8:]
	}
	if n > uint64(len(b)/8) {
		return nil, fmt.Sprintf("the list of free pages says that it has %d entries, more than fit", n)
	}
	ids = make([]uint64, n)
	for i := range ids {
		ids[i] = order.Uint64(b[i*8:])
	}
	return ids, ""
}

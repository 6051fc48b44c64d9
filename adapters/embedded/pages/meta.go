package pages

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
)

// What the format has fixed (go.etcd.io/bbolt, internal/common). Numbers are in the byte order of the machine.
const (
	magic       = 0xED0CDAED
	version     = 2
	headerBytes = 16
	metaBytes   = 64
	summedBytes = 56
	noFreelist  = ^uint64(0)
	minPage     = 1 << 10
	maxPage     = 1 << 16
)

var order = binary.NativeEndian

// noMeta is what is wrong with a page that has not even the word with which a meta page begins.
const noMeta = "the meta page is damaged: it does not say that it is one"

// meta is one of the two pages with which a file begins. Transactions write them in turn, so one is always whole.
type meta struct {
	pageSize             uint32
	root, freelist, high uint64 // pages: of the tree, of the list of free pages, behind the last
	txid                 uint64
	wrong                string // what is wrong, empty if nothing is
}

func decodeMeta(b []byte) meta {
	m := meta{
		pageSize: order.Uint32(b[8:]), root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]),
		high: order.Uint64(b[40:]), txid: order.Uint64(b[48:]),
	}
	sum := fnv.New64a()
	_, _ = sum.Write(b[:summedBytes])
	switch {
	case order.Uint32(b) != magic:
		m.wrong = noMeta
	case order.Uint64(b[summedBytes:]) != sum.Sum64():
		m.wrong = "the meta page is damaged: its checksum is wrong"
	case order.Uint32(b[4:]) != version:
		m.wrong = "the meta page is of another version of bbolt"
	case m.pageSize < minPage || m.pageSize > maxPage || m.pageSize&(m.pageSize-1) != 0:
		m.wrong = "the meta page has no sensible page size"
	case m.high < 3:
		m.wrong = "the meta page counts too few pages"
	}
	return m
}

// readMetas reads both meta pages. Where the second one is depends on the size of a page, which the first says, or else the second itself.
func readMetas(file io.ReaderAt, size int64) (metas [2]meta, pageSize int64, err error) {
	var found bool
	if metas[0], found, err = readMeta(file, 0); err != nil {
		return metas, 0, err
	}
	if found && metas[0].wrong == "" {
		pageSize = int64(metas[0].pageSize)
		if metas[1], found, err = readMeta(file, pageSize); err == nil && !found {
			metas[1].wrong = "the file is cut short: it has no second meta page"
		}
		return metas, pageSize, err
	}
	for pageSize = minPage; pageSize <= maxPage && pageSize < size; pageSize *= 2 {
		second, whole, err := readMeta(file, pageSize)
		if err != nil {
			return metas, 0, err
		}
		if metas[1] = second; whole && second.wrong == "" && int64(second.pageSize) == pageSize {
			return metas, pageSize, nil
		}
	}
	if !found || metas[0].foreign() {
		return metas, 0, ErrForeign
	}
	metas[1].wrong = "the meta page cannot be read either"
	return metas, 0, nil
}

// foreign tells whether the page never was a meta page.
func (m *meta) foreign() bool { return m.wrong == noMeta }

// readMeta reads the meta page at an offset. It is not found where the file has ended by then.
func readMeta(file io.ReaderAt, at int64) (m meta, found bool, err error) {
	b := make([]byte, headerBytes+metaBytes)
	n, err := file.ReadAt(b, at)
	if n == len(b) {
		m := decodeMeta(b[headerBytes:])
		if p := decodePage(b); m.wrong == "" && (p.id != min(1, uint64(at)) || p.kind != metaPage) {
			m.wrong = "the meta page is damaged: it does not say which page it is"
		}
		return m, true, nil
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return meta{}, false, err
}

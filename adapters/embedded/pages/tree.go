package pages

import (
	"bytes"
	"errors"
	"io"
)

// maxDepth is far more than any tree of a file that fits a disk has.
const maxDepth = 64

// bounds are the keys that a page may hold: from low on, below high. Nil is no bound.
type bounds struct{ low, high []byte }

// read claims a page and reads it with all that it overflows into.
func (w *walk) read(id uint64, depth int) (page, bool) {
	if w.failed != nil || !w.claim(id, 1) {
		return page{}, false
	}
	for len(w.buffers) <= depth {
		w.buffers = append(w.buffers, nil)
	}
	b := w.fill(w.buffers[depth], id, 0, w.report.PageSize)
	if w.failed != nil {
		return page{}, false
	}
	p := decodePage(b)
	if p.id != id {
		w.problem(id, "it says that it is page %d", p.id)
		return page{}, false
	}
	if p.overflow > 0 {
		if !w.claim(id+1, uint64(p.overflow)) {
			return page{}, false
		}
		if b = w.fill(b, id, w.report.PageSize, w.report.PageSize*(1+int64(p.overflow))); w.failed != nil {
			return page{}, false
		}
		p = decodePage(b)
	}
	w.buffers[depth] = b
	return p, true
}

// fill reads a page's bytes from one to another, behind those that b has already.
func (w *walk) fill(b []byte, id uint64, from, to int64) []byte {
	if int64(cap(b)) < to {
		b = append(make([]byte, 0, to), b[:min(int64(len(b)), from)]...)
	}
	b = b[:to]
	n, err := w.file.ReadAt(b[from:to], int64(id)*w.report.PageSize+from)
	if int64(n) == to-from {
		return b
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	w.failed = err
	return b
}

// tree goes through a page and all below it.
func (w *walk) tree(id uint64, depth int, in bounds) {
	if depth > maxDepth {
		w.problem(id, "it is deeper in the tree than any page can be")
		return
	}
	p, ok := w.read(id, depth)
	if !ok {
		return
	}
	w.page(&p, depth, in)
}

func (w *walk) page(p *page, depth int, in bounds) {
	if p.kind != branchPage && p.kind != leafPage {
		w.problem(p.id, "it should be a part of a tree, but %s", p.kind)
		return
	}
	if p.kind == branchPage && p.count == 0 {
		w.problem(p.id, "it leads nowhere")
		return
	}
	var last []byte
	for i := range p.count {
		e, ok := p.element(i)
		switch {
		case !ok:
			w.problem(p.id, "element %d is not inside of it", i)
			return
		case len(e.key) == 0 && (p.kind == leafPage || i > 0):
			w.problem(p.id, "element %d has no key", i)
			return
		case i > 0 && bytes.Compare(last, e.key) >= 0:
			w.problem(p.id, "element %d is out of order", i)
			return
		case in.low != nil && bytes.Compare(e.key, in.low) < 0, in.high != nil && bytes.Compare(e.key, in.high) >= 0:
			w.problem(p.id, "element %d is none that its parent page leads to", i)
			return
		}
		last = e.key
		if !w.below(p, i, &e, depth, in.high) {
			return
		}
	}
}

// below goes on with what an element leads to: a page, a bucket or nothing.
func (w *walk) below(p *page, i int, e *element, depth int, high []byte) bool {
	if p.kind == branchPage {
		if next, ok := p.element(i + 1); ok {
			high = next.key
		}
		w.tree(e.page, depth+1, bounds{e.key, high})
		return w.failed == nil
	}
	switch e.flags {
	case 0:
		return true
	case bucketFlag:
		return w.bucket(p, i, e.value, depth)
	}
	w.problem(p.id, "element %d is of no known kind", i)
	return false
}

// bucket goes through a bucket: a tree of its own or, where it is small, one page inside the value.
func (w *walk) bucket(p *page, i int, value []byte, depth int) bool {
	if len(value) < bucketBytes {
		w.problem(p.id, "element %d is too short for a bucket", i)
		return false
	}
	if root := order.Uint64(value); root != 0 {
		w.tree(root, depth+1, bounds{})
		return w.failed == nil
	}
	if len(value) < bucketBytes+headerBytes {
		w.problem(p.id, "element %d is too short for a bucket with its page", i)
		return false
	}
	inner := decodePage(value[bucketBytes:])
	if inner.id != 0 || inner.overflow != 0 || inner.kind != leafPage {
		w.problem(p.id, "the bucket in element %d is damaged", i)
		return false
	}
	inner.id = p.id // where its problems are
	w.page(&inner, depth+1, bounds{})
	return true
}

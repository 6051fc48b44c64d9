// Package pages reads a bbolt file page by page without trusting anything in it. bbolt maps its file into memory and follows what stands there: a
// page that points out of the file, at itself or at nonsense ends the process, and no recover helps. A file that Check finds sound can be
// handed to bbolt.
//
// What it holds a file to: at least one meta page with a right checksum; every page is where it says it is, of a known type, with all of its elements
// inside; keys are in order and in the range that the parent page gives them; every page belongs to one place or is free. What it cannot see is
// a value that was replaced by another of the same length: only meta pages have checksums.
package pages

import (
	"errors"
	"fmt"
	"io"
)

// ErrForeign says that a file is none of bbolt's: no meta page is where one should be.
var ErrForeign = errors.New("not a bbolt file")

// maxProblems bounds how many problems are told one by one.
const maxProblems = 100

// Problem is something that is wrong with a file.
type Problem struct {
	Page uint64 // where it is
	What string
}

func (p Problem) String() string { return fmt.Sprintf("page %d: %s", p.Page, p.What) }

// Report is what Check found.
type Report struct {
	PageSize int64
	Pages    uint64 // that are in use or free, the meta pages included; the file may be longer
	Free     uint64 // pages that hold nothing
	Problems []Problem
	Untold   int  // problems beyond those in Problems
	Rolled   bool // a meta page is damaged, and the rest was judged by the other, which may be one transaction behind
}

// Sound tells whether nothing is wrong.
func (r *Report) Sound() bool { return len(r.Problems) == 0 }

// Check reads a file of some size. The error is one of reading, or is ErrForeign; all that is wrong with a bbolt file is in the report.
func Check(file io.ReaderAt, size int64) (Report, error) {
	metas, pageSize, err := readMetas(file, size)
	if err != nil {
		return Report{}, err
	}
	w := &walk{file: file, report: Report{PageSize: pageSize}}
	newest := -1
	for i, m := range metas {
		if m.wrong != "" {
			w.problem(uint64(i), "%s", m.wrong)
			w.report.Rolled = true
			continue
		}
		if newest < 0 || m.txid > metas[newest].txid {
			newest = i
		}
	}
	if newest < 0 {
		return w.report, nil
	}
	w.meta = metas[newest]
	w.report.Pages = w.meta.high
	// Compared without a product that could overflow.
	if w.meta.high > uint64(size/pageSize) {
		w.problem(0, "the file is cut short, at %d of %d pages", size/pageSize, w.meta.high)
		return w.report, nil
	}
	w.all()
	return w.report, w.failed
}

// walk goes through all pages of one state of a file.
type walk struct {
	file    io.ReaderAt
	meta    meta
	report  Report
	used    []bool   // by page
	buffers [][]byte // by depth of the tree, since a page is still needed while its children are read
	failed  error    // of reading
}

func (w *walk) problem(page uint64, format string, args ...any) {
	if len(w.report.Problems) == maxProblems {
		w.report.Untold++
		return
	}
	w.report.Problems = append(w.report.Problems, Problem{Page: page, What: fmt.Sprintf(format, args...)})
}

func (w *walk) all() {
	w.used = make([]bool, w.meta.high)
	w.used[0], w.used[1] = true, true
	w.tree(w.meta.root, 0, bounds{})
	w.freelist()
	if w.failed != nil || !w.report.Sound() {
		return // pages that could not be reached would be told as lost
	}
	lost, first := 0, 0
	for id, used := range w.used {
		if !used {
			if lost == 0 {
				first = id
			}
			lost++
		}
	}
	if lost > 0 {
		w.problem(uint64(first), "it and %d others are neither in use nor free", lost-1)
	}
}

// claim takes a run of pages for one owner. It refuses pages that are not there or have an owner already, so that no walk can go in circles.
func (w *walk) claim(id, n uint64) bool {
	if id < 2 || id >= w.meta.high || n > w.meta.high-id {
		w.problem(id, "something refers to it, but the file has %d pages", w.meta.high)
		return false
	}
	for i := id; i < id+n; i++ {
		if w.used[i] {
			w.problem(i, "two places refer to it")
			return false
		}
		w.used[i] = true
	}
	return true
}

// freelist reads the list of the pages that hold nothing.
func (w *walk) freelist() {
	if w.meta.freelist == noFreelist || w.failed != nil {
		return
	}
	p, ok := w.read(w.meta.freelist, 0)
	if !ok {
		return
	}
	if p.kind != freelistPage {
		w.problem(p.id, "it should be the list of free pages, but %s", p.kind)
		return
	}
	ids, what := p.free()
	if what != "" {
		w.problem(p.id, "%s", what)
		return
	}
	w.report.Free = uint64(len(ids))
	for _, id := range ids {
		if !w.claim(id, 1) {
			return
		}
	}
}

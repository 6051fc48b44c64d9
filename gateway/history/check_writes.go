package history

import (
	"cmp"
	"slices"
	"time"
)

// checkOneCreator looks for two creates of one record that were both acknowledged, though nothing can have deleted it between them.
func checkOneCreator(h *History, r *Report, _ Options) {
	for k, ops := range h.keys() {
		var creates []*Operation
		for _, o := range ops {
			if o.Kind == Create && o.acked() {
				creates = append(creates, o)
			}
		}
		for i, a := range creates {
			for _, b := range creates[i+1:] {
				if !anyWrite(ops, Delete, min(a.Begin, b.Begin), max(a.End, b.End)) {
					r.add(OneCreator, k, "two creators were told that they succeeded: %s; %s", a, b)
				}
			}
		}
	}
}

// anyWrite tells whether a write of a kind may have been carried out between two instants.
func anyWrite(ops []*Operation, kind Kind, from, to time.Duration) bool {
	return slices.ContainsFunc(ops, func(o *Operation) bool {
		return o.Kind == kind && o.mayWrite() && o.Begin < to && o.until() > from
	})
}

// checkNoLostUpdate looks for concurrent updates, each acknowledged with a state that does not have the other: one of them was made from
// what was there before the other, and took its place.
func checkNoLostUpdate(h *History, r *Report, _ Options) {
	for k, ops := range h.keys() {
		for i, a := range ops {
			for _, b := range ops[i+1:] {
				both := a.Kind == Update && b.Kind == Update && a.acked() && b.acked() && a.Begin < b.End && b.Begin < a.End
				if both && !a.Answer.State.Has(b.Number) && !b.Answer.State.Has(a.Number) && !startedAnew(ops, a, b) {
					r.add(NoLostUpdate, k, "neither of two updates has the other's change: %s; %s", a, b)
				}
			}
		}
	}
}

// startedAnew tells whether something may have taken a record's marks away between two operations.
func startedAnew(ops []*Operation, a, b *Operation) bool {
	from, to := min(a.Begin, b.Begin), max(a.End, b.End)
	return anyWrite(ops, Delete, from, to) || anyWrite(ops, Replace, from, to) || anyWrite(ops, Create, from, to)
}

// checkNoDangling looks for profiles that are there in the end and whose role is not.
func checkNoDangling(h *History, r *Report, _ Options) {
	gone := map[string]bool{}
	for _, o := range h.Operations {
		if o.Final && o.Kind == Get && o.Key.Style() == Role && o.Answer.Result == Missing {
			gone[o.Key.ID()] = true
		}
	}
	for _, o := range h.Operations {
		if o.Final && o.Kind == Get && o.Key.Style() == Policy && o.Answer.Result == OK && gone[o.Role] {
			r.add(NoDangling, o.Key, "the profile is there and its role %s is not", o.Role)
		}
	}
}

// checkRevisions compares the revisions of acknowledged writes: no two have the same one, and one that began after another was
// answered has a larger one.
func checkRevisions(h *History, r *Report, _ Options) {
	var writes []*Operation
	for i := range h.Operations {
		if o := &h.Operations[i]; o.acked() && o.Answer.Revision > 0 {
			writes = append(writes, o)
		}
	}
	slices.SortFunc(writes, func(a, b *Operation) int { return cmp.Compare(a.Answer.Revision, b.Answer.Revision) })
	// Of all writes with larger revisions, the one that was answered first must not have been before this one began.
	var first *Operation
	for i := len(writes) - 1; i >= 0; i-- {
		w := writes[i]
		if first != nil && first.End < w.Begin {
			r.add(Revisions, w.Key, "revision %d of %s came after %d of %s", w.Answer.Revision, w, first.Answer.Revision, first)
		}
		if i > 0 && writes[i-1].Answer.Revision == w.Answer.Revision {
			r.add(Revisions, w.Key, "revision %d was told twice: %s; %s", w.Answer.Revision, w, writes[i-1])
		}
		if first == nil || w.End < first.End {
			first = w
		}
	}
}

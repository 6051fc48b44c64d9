package history

import (
	"cmp"
	"time"
)

// checkWaitFor holds searches to acknowledged writes that waited: a search on any node that began after the answer finds the write, or what may
// have come after it.
func checkWaitFor(h *History, r *Report, _ Options) {
	checkSearches(h, func(search, write *Operation) bool { return write.Wait && !write.Answer.Unconfirmed },
		func(k Key, search, write *Operation) {
			r.add(WaitFor, k, "%s was answered, and then a search on %s saw %s: %s", write, search.Node, search.Answer.Found[k], search)
		})
}

// checkOneHistory holds the last searches, before which every node confirmed that it has everything, to all acknowledged writes, and all nodes' last
// answers about a record to each other.
func checkOneHistory(h *History, r *Report, _ Options) {
	checkSearches(h, func(search, write *Operation) bool { return search.Final && !write.Final },
		func(k Key, search, write *Operation) {
			r.add(OneHistory, k, "%s is not in what %s finds in the end: %s", write, search.Node, search.Answer.Found[k])
		})
	checkAgreement(h, r)
}

// checkAgreement compares what different nodes answer in the end. Where a write without an answer may come late, they need not agree.
func checkAgreement(h *History, r *Report) {
	for k, ops := range h.keys() {
		if anyUnknown(ops) {
			continue
		}
		var first *Operation
		for _, o := range ops {
			if !o.Final || o.Kind != Get || o.Answer.Result != OK && o.Answer.Result != Missing {
				continue
			}
			if first == nil {
				first = o
			} else if o.Answer.State != first.Answer.State {
				r.add(OneHistory, k, "%s tells %s, and %s tells %s", first.Node, first.Answer.State, o.Node, o.Answer.State)
			}
		}
		for i := range h.Operations {
			s := &h.Operations[i]
			if found, watched := s.Answer.Found[k]; first != nil && watched && s.Final && found != first.Answer.State {
				r.add(OneHistory, k, "%s tells %s, and a search on %s finds %s", first.Node, first.Answer.State, s.Node, found)
			}
		}
	}
}

func anyUnknown(ops []*Operation) bool {
	for _, o := range ops {
		if o.Kind.writes() && o.Answer.Result == Unknown {
			return true
		}
	}
	return false
}

// checkSearches goes through the searches that were answered and, for each record that they watched, the acknowledged writes before them that
// bind them.
func checkSearches(h *History, binds func(search, write *Operation) bool, broken func(Key, *Operation, *Operation)) {
	keys := h.keys()
	for i := range h.Operations {
		s := &h.Operations[i]
		if s.Kind != Search || s.Answer.Result != OK {
			continue
		}
		for _, k := range s.Watch {
			for _, w := range keys[k] {
				if w.acked() && w.End < s.Begin && binds(s, w) && !explained(s.Answer.Found[k], s.End, w, keys[k]) {
					broken(k, s, w)
				}
			}
		}
	}
}

// checkLease looks for searches that a node answered while it had been cut off from its store for longer than a lease lives. A lease is
// renewed before the cut at the latest, so no slack is due.
func checkLease(h *History, r *Report, o Options) {
	lease := cmp.Or(o.Lease, 2*time.Second)
	for _, cut := range h.Cuts {
		for i := range h.Operations {
			s := &h.Operations[i]
			if s.Node == cut.Node && s.Kind == Search && s.Answer.Result == OK && s.Begin > cut.From+lease && s.End < cut.To {
				r.add(Lease, s.Key, "cut off since %s, %s answered: %s", cut.From, cut.Node, s)
			}
		}
	}
}

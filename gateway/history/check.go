package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Promise is what gateways are held to.
type Promise string

// The promises.
const (
	Linearizable Promise = "linearizable" // reads by id and writes of one record
	NothingLost  Promise = "nothing_lost" // what was acknowledged is there in the end
	WaitFor      Promise = "wait_for"     // after the answer every node that answers a search finds it
	OneCreator   Promise = "one_creator"  // of several creators of an id one succeeds
	NoLostUpdate Promise = "no_lost_update"
	NoDangling   Promise = "no_dangling" // profiles refer to roles that exist
	Revisions    Promise = "revisions"   // grow from each write to the next
	Lease        Promise = "lease"       // a node that is cut off stops answering
	OneHistory   Promise = "one_history" // in the end all nodes tell the same
)

// Promises are all of them.
func Promises() []Promise {
	return []Promise{Linearizable, NothingLost, WaitFor, OneCreator, NoLostUpdate, NoDangling, Revisions, Lease, OneHistory}
}

// Violation is a promise that a history breaks.
type Violation struct {
	Promise Promise
	Key     Key
	Text    string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s broken at %s: %s", v.Promise, v.Key, v.Text)
}

// Options says what is checked and how long.
type Options struct {
	Promises []Promise     // nil: all
	Patience time.Duration // for the search for a linearization of one record; 0: 10 s
	Lease    time.Duration // of the gateways under test; 0: 2 s
}

// Report is the verdict on a history.
type Report struct {
	Violations []Violation
	Undecided  []Key // whose histories Porcupine could not judge in the time it had: neither good nor bad
}

// Broken lists the promises that were broken.
func (r Report) Broken() []Promise {
	broken := map[Promise]bool{}
	for _, v := range r.Violations {
		broken[v.Promise] = true
	}
	return slices.Sorted(maps.Keys(broken))
}

func (r Report) String() string {
	var b strings.Builder
	for _, v := range r.Violations {
		fmt.Fprintln(&b, v)
	}
	if len(r.Undecided) > 0 {
		fmt.Fprintf(&b, "undecided within the time: %v\n", r.Undecided)
	}
	return b.String()
}

// Check holds a history to the promises.
func Check(h History, o Options) Report {
	if o.Promises == nil {
		o.Promises = Promises()
	}
	var r Report
	checks := map[Promise]func(*History, *Report, Options){
		Linearizable: checkLinearizable, NothingLost: checkNothingLost, WaitFor: checkWaitFor, OneCreator: checkOneCreator,
		NoLostUpdate: checkNoLostUpdate, NoDangling: checkNoDangling, Revisions: checkRevisions, Lease: checkLease, OneHistory: checkOneHistory,
	}
	for _, p := range o.Promises {
		checks[p](&h, &r, o)
	}
	slices.SortStableFunc(r.Violations, func(a, b Violation) int { return cmp.Compare(a.Key, b.Key) })
	return r
}

func (r *Report) add(p Promise, k Key, format string, args ...any) {
	r.Violations = append(r.Violations, Violation{Promise: p, Key: k, Text: fmt.Sprintf(format, args...)})
}

func checkLinearizable(h *History, r *Report, o Options) {
	keys := h.keys()
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		switch porcupine.CheckOperationsTimeout(model, porcupineOps(keys[k]), cmp.Or(o.Patience, 10*time.Second)) {
		case porcupine.Illegal:
			r.add(Linearizable, k, "no order of the %d operations explains their answers", len(keys[k]))
		case porcupine.Unknown:
			r.Undecided = append(r.Undecided, k)
		case porcupine.Ok:
		}
	}
}

// checkNothingLost looks for acknowledged writes that the last reads by id do not show, and no later write accounts for.
func checkNothingLost(h *History, r *Report, _ Options) {
	for k, ops := range h.keys() {
		for _, last := range ops {
			if !last.Final || last.Kind != Get || last.Answer.Result != OK && last.Answer.Result != Missing {
				continue
			}
			for _, w := range ops {
				if w.acked() && w.End < last.Begin && !explained(last.Answer.State, last.End, w, ops) {
					r.add(NothingLost, k, "%s is not in what is read in the end: %s", w, last.Answer.State)
				}
			}
		}
	}
}

// explained tells whether a state, seen before a time, can be that of a record after an acknowledged write: it shows that write, or one that may
// have come later. It errs on the side of yes.
func explained(s State, seen time.Duration, w *Operation, ops []*Operation) bool {
	if shows(s, w) {
		return true
	}
	for _, x := range ops {
		// An update keeps what was there before, so it explains nothing that is missing.
		if x != w && x.mayWrite() && x.Kind != Update && x.Begin < seen && x.until() > w.Begin && shows(s, x) {
			return true
		}
	}
	return false
}

// shows tells whether a state is one that a write leaves, but for later updates.
func shows(s State, w *Operation) bool {
	switch w.Kind {
	case Create, Replace, Set:
		return s.Exists && s.Value == written(w).Value
	case Update:
		return s.Exists && s.Has(w.Number)
	case Delete:
		return !s.Exists
	case Get, Search:
	}
	return true
}

package conformance

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
)

// Result is one replay: one case over one protocol on one store.
type Result struct {
	Store    string
	Protocol Protocol
	Case     string // DIALECT/NAME
	Passed   bool
}

// Tally collects results from parallel replays. Its zero value is ready.
type Tally struct {
	mu      sync.Mutex
	results []Result
}

// Add notes one result.
func (t *Tally) Add(r Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.results = append(t.results, r)
}

// Everywhere returns the cases that were replayed and passed each time, sorted.
func (t *Tally) Everywhere() []string { return t.cases(false) }

// NotYet returns the cases that failed at least once, sorted.
func (t *Tally) NotYet() []string { return t.cases(true) }

func (t *Tally) cases(failed bool) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	hasFailed := map[string]bool{}
	for _, r := range t.results {
		hasFailed[r.Case] = hasFailed[r.Case] || !r.Passed
	}
	var out []string
	for id, f := range hasFailed {
		if f == failed {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Write prints a row for each store and protocol, the cases that failed, those
// that must pass apart, and last, alone on its line: N passed, M failed.
func (t *Tally) Write(w io.Writer, mustPass []string) error {
	type group struct {
		store    string
		protocol Protocol
	}
	counts := map[group][2]int{}
	var order []group
	passed, failed := 0, 0
	t.mu.Lock()
	for _, r := range t.results {
		g := group{r.Store, r.Protocol}
		if _, seen := counts[g]; !seen {
			order = append(order, g)
		}
		n := counts[g]
		if r.Passed {
			n[0]++
			passed++
		} else {
			n[1]++
			failed++
		}
		counts[g] = n
	}
	t.mu.Unlock()
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\nstore\tprotocol\tpassed\tfailed\t")
	for _, g := range order {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t\n", g.store, g.protocol, counts[g][0], counts[g][1])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, id := range t.NotYet() {
		verdict := "not yet"
		if slices.Contains(mustPass, id) {
			verdict = "must pass, but failed"
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", verdict, id); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%d passed, %d failed\n", passed, failed)
	return err
}

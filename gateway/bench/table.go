package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// table prints results as they come.
type table struct {
	out   io.Writer
	last  string // the comparison of the last row
	short int    // rows below what is expected
	err   error
}

const rowForm = "%-23s %5s | %8s %8s %6s %6s | %8s %8s %6s | %8s %8s %6s | %6s %6s %6s | %6s %6s %6s\n"

func newTable(out io.Writer, s settings) *table {
	t := &table{out: out}
	t.printf("The gateway (A) beside the least that its libraries can do (B). %d rounds of %s on each side; A/B are medians of the rounds' ratios.\n",
		s.rounds, s.round)
	t.printf("req/s: more is better. Latencies, and CPU time of the server process and of its Redis per request, in microseconds: less is better. %s, %d cores, %s.\n\n",
		runtime.Version(), runtime.NumCPU(), time.Now().Format(time.DateOnly))
	t.printf(rowForm, "", "conns", "req/s A", "B", "A/B", "want", "p50 A", "B", "A/B", "p99 A", "B", "A/B", "CPU A", "B", "A/B", "Redis", "B", "A/B")
	return t
}

func (t *table) add(r result) {
	name, want := r.name, fmt.Sprintf("%.1f", r.expected)
	if name == t.last {
		name = ""
	}
	t.last = r.name
	if r.ratio.rate < r.expected {
		t.short++
		want += "!"
	}
	t.printf(rowForm, name, fmt.Sprint(r.conns),
		fmt.Sprintf("%.0f", r.gateway.rate), fmt.Sprintf("%.0f", r.bare.rate), ratio(r.ratio.rate), want,
		micros(r.gateway.p50), micros(r.bare.p50), ratio(r.ratio.p50),
		micros(r.gateway.p99), micros(r.bare.p99), ratio(r.ratio.p99),
		micros(r.gateway.cpu), micros(r.bare.cpu), ratio(r.ratio.cpu),
		unlessNone(r.gateway.redis), unlessNone(r.bare.redis), ratio(r.ratio.redis))
}

// end tells the sum. To be slower than expected is a finding, no failure of the run.
func (t *table) end() error {
	t.printf("\nA ! marks what is below the expected ratio: %d rows. docs/performance.md says where the time goes.\n", t.short)
	return t.err
}

func (t *table) printf(form string, args ...any) {
	if _, err := fmt.Fprintf(t.out, form, args...); err != nil && t.err == nil {
		t.err = err
	}
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/float64(time.Microsecond)) }

func unlessNone(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return micros(d)
}

func ratio(r float64) string {
	if math.IsNaN(r) || math.IsInf(r, 0) || r <= 0 { // not known
		return "-"
	}
	return fmt.Sprintf("%.2f", r)
}

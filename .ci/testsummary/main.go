// Command testsummary reads the events of `go test -json` and prints what a person wants of them: a line for each package, the
// output of tests that failed, why packages did not build, which tests were skipped, and the sum of all. It ends with 1 if anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// event is one line of test2json, see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build-output
	Test       string
	Elapsed    float64
	Output     string
}

type key struct{ pkg, test string }

type summary struct {
	w        io.Writer
	output   map[key]*strings.Builder // what each test printed, until it passes
	count    map[string]int           // tests, by how they ended
	packages map[string]int           // packages with tests, by how they ended
	skipped  []string
}

func main() {
	s := summary{w: os.Stdout, output: map[key]*strings.Builder{}, count: map[string]int{}, packages: map[string]int{}}
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(1)
	}
	if s.print() {
		os.Exit(1)
	}
}

func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			s.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(s.w, "%s", line) // the go command's own words
		return
	}
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		if s.output[k] == nil {
			s.output[k] = &strings.Builder{}
		}
		s.output[k].WriteString(e.Output)
	case "build-output":
		fmt.Fprint(s.w, e.Output)
	case "pass", "fail", "skip":
		s.end(k, e)
	}
}

func (s *summary) end(k key, e event) {
	out := s.output[k]
	delete(s.output, k)
	if e.Action == "fail" && out != nil {
		fmt.Fprint(s.w, out.String())
	}
	if k.test != "" {
		s.count[e.Action]++
		if e.Action == "skip" {
			s.skipped = append(s.skipped, k.pkg+" "+k.test)
		}
		return
	}
	if e.Action == "skip" { // a package without tests
		return
	}
	s.packages[e.Action]++
	fmt.Fprintf(s.w, "%-4s  %s  %.1fs\n", map[string]string{"pass": "ok", "fail": "FAIL"}[e.Action], k.pkg, e.Elapsed)
}

// print tells the sum and whether anything failed. A run without a single test has failed: something is wrong with how it was started.
func (s *summary) print() bool {
	// Tests that never ended, because the process died under them.
	for _, k := range slices.SortedFunc(maps.Keys(s.output), func(a, b key) int { return strings.Compare(a.pkg+a.test, b.pkg+b.test) }) {
		if k.test != "" {
			s.count["fail"]++
			fmt.Fprintf(s.w, "did not end: %s %s\n%s", k.pkg, k.test, s.output[k])
		}
	}
	for _, t := range s.skipped {
		fmt.Fprintln(s.w, "skipped:", t)
	}
	fmt.Fprintf(s.w, "tests: %d ok, %d failed, %d skipped, in %d packages\n",
		s.count["pass"], s.count["fail"], s.count["skip"], s.packages["pass"]+s.packages["fail"])
	return s.count["fail"] > 0 || s.packages["fail"] > 0 || s.count["pass"] == 0
}

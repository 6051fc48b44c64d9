package config

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Path    string // of the key: listeners[0].address
	Origin  string // where the value came from: "line 4", "PROFILEGATE_LOG_LEVEL", "--store"; empty if it is missing everywhere
	Message string // what is wrong, and what would be accepted
}

func (p Problem) String() string {
	at := p.Path
	if at == "" {
		at = "the file"
	}
	if p.Origin != "" {
		at += " (" + p.Origin + ")"
	}
	return at + ": " + p.Message
}

// Invalid is the error of a configuration that has problems. It names them all.
type Invalid struct {
	File     string // empty if there was none
	Problems []Problem
}

func (e *Invalid) Error() string {
	var b strings.Builder
	noun := "problems"
	if len(e.Problems) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&b, "configuration %s: %d %s", cmp.Or(e.File, "without a file"), len(e.Problems), noun)
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// report collects the problems found below one path.
type report struct {
	path     string
	problems *[]Problem
}

func (r report) key(name string) report {
	if r.path != "" {
		name = r.path + "." + name
	}
	return report{path: name, problems: r.problems}
}

func (r report) item(i int) report {
	return report{path: fmt.Sprintf("%s[%d]", r.path, i), problems: r.problems}
}

func (r report) problem(format string, args ...any) {
	*r.problems = append(*r.problems, Problem{Path: r.path, Message: fmt.Sprintf(format, args...)})
}

// inRange reports a value that is below the lowest or above the highest accepted one.
func inRange[T int | time.Duration](r report, got, lowest, highest T) {
	if got < lowest || got > highest {
		r.problem("%s is out of range; %s to %s is accepted", format(got), format(lowest), format(highest))
	}
}

// oneOf reports a value that is none of those accepted.
func oneOf[T ~string](r report, got T, accepted []T) {
	if got == "" {
		r.problem("missing; %s is wanted", list(accepted))
		return
	}
	names := make([]string, 0, len(accepted))
	for _, a := range accepted {
		if a == got {
			return
		}
		names = append(names, string(a))
	}
	if guess, ok := closest(string(got), names); ok {
		r.problem("%q is not accepted: did you mean %s? %s is wanted", string(got), guess, list(accepted))
		return
	}
	r.problem("%q is not accepted; %s is wanted", string(got), list(accepted))
}

// unique reports a value that an earlier item of the list has already, and remembers it otherwise. Missing values are another problem.
func unique(r, items report, seen map[string]int, value string, i int) {
	first, taken := seen[value]
	switch {
	case value == "":
	case taken:
		r.problem("%q is already that of %s; each may be given once", value, items.item(first).path)
	default:
		seen[value] = i
	}
}

func validateName(r report, name string) {
	switch {
	case name == "":
		r.problem("missing; 1 to 63 of a-z, 0-9 and '-' are wanted")
	case !namePattern.MatchString(name):
		r.problem("%q is not accepted; 1 to 63 of a-z, 0-9 and '-' are wanted", name)
	}
}

// validateTexts reports empty and repeated items of a list of names.
func validateTexts(r report, texts []string) {
	seen := map[string]int{}
	for i, text := range texts {
		if text == "" {
			r.item(i).problem("empty; a name is wanted")
		}
		unique(r.item(i), r, seen, text, i)
	}
}

// list writes the accepted values as a person would: "http, mqtt or grpc".
func list[T ~string](values []T) string {
	var b strings.Builder
	for i, v := range values {
		switch {
		case i == 0:
		case i == len(values)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(v))
	}
	if b.Len() == 0 {
		return "nothing"
	}
	return b.String()
}

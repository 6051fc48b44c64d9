package config

import (
	"fmt"
	"strings"
)

// origins knows where each value came from, by the path of its key. What none of the maps has is a default.
type origins struct {
	lines map[string]int    // of the file
	env   map[string]string // variables
	flags map[string]string
}

// of returns where the value of a path came from: a flag, a variable, a line of the file, or "".
func (o origins) of(path string) string {
	if flag := o.flags[path]; flag != "" {
		return flag
	}
	if variable := o.env[path]; variable != "" {
		return variable
	}
	if line := o.lines[path]; line > 0 {
		return fmt.Sprintf("line %d", line)
	}
	return ""
}

// annotate adds to each problem where its value came from, or the line of the section in which it is missing.
func (o origins) annotate(problems []Problem) []Problem {
	for i := range problems {
		p := &problems[i]
		for path := p.Path; path != "" && p.Origin == ""; {
			p.Origin = o.of(path)
			path = path[:max(0, strings.LastIndexAny(path, ".["))]
		}
	}
	return problems
}

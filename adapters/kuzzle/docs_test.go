package kuzzle

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateDocs = flag.Bool("update-docs", false, "write the list of served actions into docs/kuzzle.md")

const (
	docsFile  = "../../docs/kuzzle.md"
	docsBegin = "<!-- The table is written by `go test ./adapters/kuzzle -update-docs`. -->\n"
	docsEnd   = "<!-- The end of the table. -->\n"
)

// TestDocumentedActions holds the page for users to the table of actions.
func TestDocumentedActions(t *testing.T) {
	data, err := os.ReadFile(docsFile)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), docsBegin)
	require.True(t, found, "%s has no place for the table", docsFile)
	got, after, found := strings.Cut(rest, docsEnd)
	require.True(t, found, "the table in %s has no end", docsFile)
	want := servedActions()
	if *updateDocs {
		require.NoError(t, os.WriteFile(docsFile, []byte(before+docsBegin+want+docsEnd+after), 0o600))
		return
	}
	require.Equal(t, want, got, "run go test ./adapters/kuzzle -run TestDocumentedActions -update-docs")
}

func servedActions() string {
	var b strings.Builder
	b.WriteString("| action | HTTP |\n| --- | --- |\n")
	for _, row := range table() {
		if row.handle == nil {
			continue
		}
		routes := make([]string, len(row.routes))
		for i, r := range row.routes {
			routes[i] = "`" + r.verb + " " + r.path + "`"
			if r.deprecatedSince != "" {
				routes[i] += " (deprecated)"
			}
		}
		b.WriteString("| " + row.controller + ":" + row.name + " | " + strings.Join(routes, ", ") + " |\n")
	}
	return b.String()
}

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/adapters/embedded"
)

// printReport prints what a store's file holds, tenant by tenant, and all that is wrong with it.
func printReport(w io.Writer, path string, r *embedded.Report) error {
	var b strings.Builder
	verdict := "sound"
	if !r.Sound() {
		verdict = "damaged"
	}
	fmt.Fprintf(&b, "%s: %s, %s, %d bytes, %d of them free\n", path, verdict, count(len(r.Tenants), "tenant"), r.Size, r.FreeBytes)
	for i := range r.Tenants {
		t := &r.Tenants[i]
		fmt.Fprintf(&b, "  %s: %s at revision %d (commit %s)%s\n", t.Name, count(t.Records, "record"), t.Head.Revision, t.Head.CommitID, kinds(t.Kinds))
	}
	for _, problem := range r.Problems {
		fmt.Fprintf(&b, "problem: %s\n", problem)
	}
	if r.Untold > 0 {
		fmt.Fprintf(&b, "and %d more\n", r.Untold)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// kinds lists how many records there are of each kind.
func kinds(n map[string]int) string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[kind], kind))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

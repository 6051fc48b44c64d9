package kuzzle

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumentedRoutes holds the table to the list of Kuzzle's routes, in both directions.
func TestDocumentedRoutes(t *testing.T) {
	data, err := os.ReadFile("testdata/routes.txt")
	require.NoError(t, err)
	want := make(map[string]bool)
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			want[strings.Replace(line, "/admin/_shutdown/", "/admin/_shutdown", 1)] = true
		}
	}
	got := make(map[string]bool)
	for _, a := range table() {
		for _, r := range a.routes {
			got[strings.TrimSpace(strings.Join([]string{r.verb, r.path, a.controller + ":" + a.name, r.deprecatedSince}, " "))] = true
		}
	}
	require.Equal(t, want, got)
}

func TestTableIsUnambiguous(t *testing.T) {
	actions, routes := make(map[actionID]bool), make(map[string]bool)
	for _, a := range table() {
		require.False(t, actions[a.id()], "action %v twice", a.id())
		actions[a.id()] = true
		for _, r := range a.routes {
			key := beginning(r.verb, segments(r.path)) // placeholders of one place are one, whatever their names
			require.False(t, routes[key], "route %s %s twice", r.verb, r.path)
			routes[key] = true
			require.Equal(t, strings.Count(r.path, ":"), strings.Count(r.path, "/:"), "a placeholder is a whole segment: %s", r.path)
			require.LessOrEqual(t, strings.Count(r.path, ":"), maxParams)
		}
	}
}

func TestActionsThatRolesMayName(t *testing.T) {
	got := Actions()
	for controller, count := range map[string]int{
		"auth": 19, "bulk": 5, "cluster": 1, "collection": 16, "debug": 6, "document": 24, "index": 6, "realtime": 7, "security": 55,
		"server": 12, "admin": 9, "memoryStorage": 118, "ms": 118, "profiles": 10,
	} {
		require.Len(t, got[controller], count, controller)
	}
	require.Len(t, got, 14)
	require.NotContains(t, got["index"], "getAutoRefresh", "a route of Kuzzle's whose action does not exist")
}

// TestServedActionsAreReachable holds that what is served over messages is served over HTTP too.
func TestServedActionsAreReachable(t *testing.T) {
	for _, a := range table() {
		if a.handle != nil && a.controller != specController {
			require.NotEmpty(t, a.routes, "%v", a.id())
		}
	}
}

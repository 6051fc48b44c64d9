package config_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

var update = flag.Bool("update", false, "write the table of docs/configuration.md anew")

const (
	document   = "../docs/configuration.md"
	tableBegin = "<!-- The table is written by `go test ./config -update`. -->\n"
	tableEnd   = "<!-- End of the table. -->\n"
)

// TestDocument holds docs/configuration.md to the structs.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), tableBegin)
	require.True(t, found, "no begin of the table")
	table, after, found := strings.Cut(rest, tableEnd)
	require.True(t, found, "no end of the table")
	if *update {
		written := before + tableBegin + config.ReferenceTable() + tableEnd + after
		require.NoError(t, os.WriteFile(document, []byte(written), 0o600))
		return
	}
	require.Equal(t, config.ReferenceTable(), table, "run: go test ./config -update")
}

func TestReferenceIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range config.Reference() {
		require.NotEmpty(t, row.Key)
		require.False(t, seen[row.Key], row.Key)
		seen[row.Key] = true
		require.True(t, strings.HasSuffix(row.Meaning, "."), "%s: its meaning is no sentence", row.Key)
		require.Equal(t, strings.ToLower(row.Key), row.Key, "viper would not find it")
	}
	require.True(t, seen["tenants[].tokens[].token"])
	require.True(t, seen["store.redis.tls.ca_file"])
}

// TestDefaultsWithinLists holds the defaults that only the tags of list items name to what an item really gets.
func TestDefaultsWithinLists(t *testing.T) {
	clearEnv(t)
	const keystone = `dialects: [senlin], keystone: {auth_url: "http://h", username: u, password: p}`
	shown, err := parse(t, strings.Replace(smallest, "dialects: [kuzzle]", keystone, 1), config.Flags{}).YAML()
	require.NoError(t, err)
	for _, row := range config.Reference() {
		switch {
		case !strings.Contains(row.Key, "[].") || row.Default == "":
		case row.Key == "listeners[].root":
			require.Contains(t, string(shown), "root: "+row.Default+" # default")
		case strings.HasPrefix(row.Key, "tenants[].keystone."):
			require.Contains(t, string(shown), strings.TrimPrefix(row.Key, "tenants[].keystone.")+": "+row.Default+" # default")
		case row.Key == "tenants[].senlin.timestamps":
			require.Contains(t, string(shown), "timestamps: "+row.Default+" # default")
		case row.Key == "tenants[].senlin.types[].status":
			require.Equal(t, "SUPPORTED", row.Default) // TestDocuments
		case row.Key == "tenants[].senlin.name_unique":
			require.Equal(t, "false", row.Default)
		default:
			t.Errorf("the default of %s is not checked", row.Key)
		}
	}
}

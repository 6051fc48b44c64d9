package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

// smallest is a valid configuration that says no more than it must.
const smallest = `
listeners:
  - {name: main, address: "127.0.0.1:7512", protocol: http}
tenants:
  - {name: dev, dialects: [kuzzle]}
`

func parse(t *testing.T, text string, flags config.Flags) config.Loaded {
	t.Helper()
	loaded, err := config.Parse("test.yaml", []byte(text), flags)
	require.NoError(t, err)
	return loaded
}

// problemsOf returns the problems of a configuration, each as one line.
func problemsOf(t *testing.T, text string, flags config.Flags) []string {
	t.Helper()
	_, err := config.Parse("test.yaml", []byte(text), flags)
	if err == nil {
		return nil
	}
	var invalid *config.Invalid
	require.ErrorAs(t, err, &invalid)
	var lines []string
	for _, p := range invalid.Problems {
		lines = append(lines, p.String())
	}
	return lines
}

// clearEnv takes the variables of the surroundings away, so that a developer's own do not change what is tested.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "PROFILEGATE_") {
			t.Setenv(name, "")
		}
	}
}

func TestDefaultsOfTheSmallest(t *testing.T) {
	clearEnv(t)
	got := parse(t, smallest, config.Flags{})
	want := config.Default()
	require.Equal(t, want.Limits, got.Config.Limits)
	require.Equal(t, want.Store, got.Config.Store)
	require.Equal(t, want.Wait, got.Config.Wait)
	require.Equal(t, want.Log, got.Config.Log)
	require.Equal(t, want.ShutdownTimeout, got.Config.ShutdownTimeout)
	require.Equal(t, config.Kuzzle, got.Config.Listeners[0].Root)
	require.Nil(t, got.Config.Tenants[0].Anonymous)
	require.Empty(t, got.Warnings)
}

func TestLoadReportsAMissingFile(t *testing.T) {
	_, err := config.Load(config.Source{File: "testdata/does-not-exist.yaml"})
	require.ErrorIs(t, err, os.ErrNotExist)
	var invalid *config.Invalid
	require.False(t, errors.As(err, &invalid))
}

func TestNullCountsAsAbsent(t *testing.T) {
	clearEnv(t)
	got := parse(t, smallest+"store:\nlimits: ~\nlog: {level: null}\n", config.Flags{})
	require.Equal(t, config.Default().Limits, got.Config.Limits)
	require.Equal(t, config.Info, got.Config.Log.Level)
}

func TestTenantsOf(t *testing.T) {
	clearEnv(t)
	cfg := parse(t, `
listeners:
  - {name: all, address: ":1", protocol: grpc}
  - {name: one, address: ":2", protocol: http, tenants: [b]}
  - {name: mqtt, address: ":3", protocol: mqtt}
  - {name: mqtt-a, address: ":5", protocol: mqtt, tenants: [a]}
  - {name: admin, address: ":4", protocol: admin}
tenants:
  - {name: a, dialects: [senlin], anonymous: {project: p, user: u}}
  - {name: b, dialects: [senlin, kuzzle], anonymous: {project: p, user: u}}
`, config.Flags{}).Config
	want := map[string][]string{"all": {"a", "b"}, "one": {"b"}, "mqtt": {"b"}, "mqtt-a": {"a"}, "admin": nil}
	got := map[string][]string{}
	for _, l := range cfg.Listeners {
		got[l.Name] = nil
		for _, tenant := range cfg.TenantsOf(l) {
			got[l.Name] = append(got[l.Name], tenant.Name)
		}
	}
	require.Equal(t, want, got)
}

func TestHostsHaveOneSpelling(t *testing.T) {
	clearEnv(t)
	cfg := parse(t, `
listeners: [{name: main, address: ":1", protocol: http}]
tenants: [{name: a, dialects: [kuzzle], hosts: [API.Example.org., "[::1]", 127.0.0.1]}]
`, config.Flags{}).Config
	require.Equal(t, []string{"api.example.org", "::1", "127.0.0.1"}, cfg.Tenants[0].Hosts)
}

func TestAnInvalidOneNamesItself(t *testing.T) {
	clearEnv(t)
	_, err := config.Parse("some/file.yaml", []byte(smallest+"log: {level: loud, format: xml}\n"), config.Flags{})
	want := `configuration some/file.yaml: 2 problems
  log.level (line 6): "loud" is not accepted; debug, info, warn or error is wanted
  log.format (line 6): "xml" is not accepted; auto, text or json is wanted`
	require.EqualError(t, err, want)
}

package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args string
		want int
	}{
		{"", exitOK},
		{"version", exitOK},
		{"serve --help", exitOK},
		{"config validate --config ../../config/examples/development.yaml", exitOK},
		{"bogus", exitUsage},
		{"config bogus", exitUsage},
		{"version --bogus", exitUsage},
		{"version bogus", exitUsage},
		{"help bogus", exitOK}, // cobra shows the help that there is
		{"serve", exitUsage},
		{"serve --config", exitUsage},
		{"serve --config missing.yaml", exitUsage},
		{"config validate --config run_test.go", exitUsage},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Setenv("PROFILEGATE_CONFIG", "")
			var stdout, stderr bytes.Buffer
			got := run(t.Context(), strings.Fields(c.args), strings.NewReader(""), &stdout, &stderr)
			require.Equal(t, c.want, got, stderr.String())
			require.Equal(t, c.want != exitOK, strings.HasPrefix(stderr.String(), "profilegate: "), stderr.String())
		})
	}
}

// full is a standard output to which nothing can be written.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputThatFails(t *testing.T) {
	for _, args := range []string{
		"version", "version --json", "config reference",
		"config show --config ../../config/examples/development.yaml",
		"config validate --config ../../config/examples/development.yaml",
	} {
		var stderr bytes.Buffer
		got := run(t.Context(), strings.Fields(args), strings.NewReader(""), full{}, &stderr)
		require.Equal(t, exitFailure, got, args)
		require.Contains(t, stderr.String(), "no space left on device", args)
	}
}

package e2etest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// binary is the gateway under test.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "profilegate-e2e-")
	if err == nil {
		binary, err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir) // in the system's place for such files
		os.Exit(code)
	}))
}

// build gives the binary that PROFILEGATE_BINARY names, or builds one with the race detector: what races in the process then ends it with an
// exit status and a log that the tests see.
func build(dir string) (string, error) {
	if given := os.Getenv("PROFILEGATE_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	file := filepath.Join(dir, "profilegate")
	output, err := exec.Command("go", "build", "-race", "-o", file, "github.com/profilegate/profilegate/cmd/profilegate").CombinedOutput() //nolint:noctx // nothing bounds a build
	if err != nil {
		return "", fmt.Errorf("building the gateway: %w\n%s", err, output)
	}
	return file, nil
}

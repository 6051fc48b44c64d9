package keystone

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the gateway under test.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "profilegate-keystone-")
	if err == nil {
		defer os.RemoveAll(dir) //nolint:errcheck // in the system's place for such files
		binary, err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build gives the binary that PROFILEGATE_BINARY names, or builds one.
func build(dir string) (string, error) {
	if given := os.Getenv("PROFILEGATE_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	file := filepath.Join(dir, "profilegate")
	output, err := exec.Command("go", "build", "-o", file, "github.com/profilegate/profilegate/cmd/profilegate").CombinedOutput() //nolint:noctx // nothing bounds a build
	if err != nil {
		return "", fmt.Errorf("building the gateway: %w\n%s", err, output)
	}
	return file, nil
}

package history

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// built is the folder for gateways that are built for the tests.
var built string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if built, err = os.MkdirTemp("", "profilegate-history-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(built)
	return m.Run()
}

// gatewayBinary is the gateway that PROFILEGATE_BINARY names, or one that is built with the race detector: what races in the process then ends it
// with an exit status and a log that the tests see.
var gatewayBinary = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("PROFILEGATE_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	return compile("profilegate", "-race")
})

func compile(name string, flags ...string) (string, error) {
	file := filepath.Join(built, name)
	args := append(append([]string{"build"}, flags...), "-o", file, "github.com/profilegate/profilegate/cmd/profilegate")
	output, err := exec.Command("go", args...).CombinedOutput() //nolint:noctx // nothing bounds a build
	if err != nil {
		return "", fmt.Errorf("building the gateway: %w\n%s", err, output)
	}
	return file, nil
}

// binary is the gateway under test.
func binary(t *testing.T) string {
	t.Helper()
	file, err := gatewayBinary()
	require.NoError(t, err)
	return file
}

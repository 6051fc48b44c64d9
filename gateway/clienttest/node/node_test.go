package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/clienttest"
)

// runWithin bounds the whole run. Each test in it has its own, shorter bound.
const runWithin = 4 * time.Minute

// outcome is a line that reporter.mjs prints.
type outcome struct {
	Name  []string `json:"name"`
	Error string   `json:"error"`
}

// TestNodeClients runs the *.test.mjs files and reports each of their tests as a subtest.
func TestNodeClients(t *testing.T) {
	node, err := exec.LookPath("node")
	require.NoError(t, err, "Node is missing: install it with `make testdeps` (or `apt-get install nodejs npm`)")
	require.DirExists(t, "node_modules", "the npm packages are missing: install them with `make testdeps` (or `npm ci` in gateway/clienttest/node)")
	binary := clienttest.Binary(t)

	ctx, cancel := context.WithTimeout(t.Context(), runWithin)
	defer cancel()
	files, err := filepath.Glob("*.test.mjs")
	require.NoError(t, err)
	args := append([]string{"--test", "--test-reporter=./reporter.mjs", "--test-reporter-destination=stdout"}, files...)
	cmd := exec.CommandContext(ctx, node, args...) //nolint:gosec // Node and the files beside this one
	cmd.Env = append(os.Environ(), "PROFILEGATE_BINARY="+binary)
	// The gateways are children of Node's: a run that takes too long is ended with all of them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	passed := report(t, stdout)
	err = cmd.Wait()
	if !t.Failed() {
		require.NoError(t, err, stderr.String())
	}
	require.NotZero(t, passed, "no test ran\n"+stderr.String())
}

// report makes a subtest of every line and returns how many passed. What is no outcome was printed by a test, and goes to the log.
func report(t *testing.T, output io.Reader) (passed int) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil || len(o.Name) == 0 {
			t.Log(lines.Text())
			continue
		}
		ok := t.Run(strings.Join(o.Name, "/"), func(t *testing.T) {
			if o.Error != "" {
				t.Error(o.Error)
			}
		})
		if ok {
			passed++
		}
	}
	require.NoError(t, lines.Err())
	return passed
}

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startServe starts the gateway as a process of its own, with the development example on free ports, and waits until it is ready.
func startServe(t *testing.T) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	example, err := filepath.Abs("../../config/examples/development.yaml")
	require.NoError(t, err)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "profilegate", "serve", "--config", example, "--data-dir", t.TempDir())
	cmd.Env = os.Environ()
	for _, name := range []string{"MAIN", "MQTT", "GRPC", "ADMIN"} {
		cmd.Env = append(cmd.Env, "PROFILEGATE_LISTEN_"+name+"=127.0.0.1:0")
	}
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	admin := adminAddress(t, stdout)
	ready := func() bool { return isReady(t, "http://"+admin+"/readyz") }
	require.Eventually(t, ready, 20*time.Second, 20*time.Millisecond, "not ready")
	return cmd, &stderr
}

// adminAddress reads the address of the admin listener from what the gateway says when it starts.
func adminAddress(t *testing.T, stdout io.Reader) string {
	t.Helper()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "admin listens on "); ok {
			address, _, _ := strings.Cut(rest, " ")
			return address
		}
	}
	require.FailNow(t, "the gateway did not say where it listens")
	return ""
}

func isReady(t *testing.T, url string) bool {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	client := &http.Client{Timeout: time.Second}
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func TestServeStopsWhenTold(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(fmt.Sprint(signal), func(t *testing.T) {
			cmd, stderr := startServe(t)
			require.NoError(t, cmd.Process.Signal(signal))
			require.NoError(t, cmd.Wait(), stderr.String())
		})
	}
}

func TestServeFailsWhereItCannotListen(t *testing.T) {
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	t.Setenv("PROFILEGATE_LISTEN_MAIN", taken.Addr().String())
	for _, name := range []string{"MQTT", "GRPC", "ADMIN"} {
		t.Setenv("PROFILEGATE_LISTEN_"+name, "127.0.0.1:0")
	}
	var stdout, stderr bytes.Buffer
	args := []string{"serve", "--config", "../../config/examples/development.yaml", "--data-dir", t.TempDir()}
	require.Equal(t, exitFailure, run(t.Context(), args, strings.NewReader(""), &stdout, &stderr))
	require.Contains(t, stderr.String(), "address already in use")
}

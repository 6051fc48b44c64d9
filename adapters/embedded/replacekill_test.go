package embedded_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/embedded"
)

// replaceEnv makes this test binary a process that compacts, backs up and restores a store until it is killed.
const replaceEnv = "EMBEDDED_TEST_REPLACER"

// TestKillWhileReplacing kills a process that puts one file after the other in the place of the store: at each instant there is a whole one.
func TestKillWhileReplacing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	write(t, path, 700000)
	want, err := embedded.Check(path, nil)
	require.NoError(t, err)
	for range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very binary
		cmd.Env = append(os.Environ(), replaceEnv+"="+path)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = out.Read(make([]byte, 1)) // it is at work
		require.NoError(t, err)
		timer := time.AfterFunc(time.Duration(rand.IntN(40))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		require.ErrorContains(t, cmd.Wait(), "killed", stderr.String())
		timer.Stop()

		r, err := embedded.Check(path, nil)
		require.NoError(t, err)
		require.Empty(t, r.Problems)
		require.Equal(t, want.Tenants, r.Tenants)
		requireNoHalfBackup(t, path+".backup")
		require.NoError(t, mustOpen(t, path, nil).Close())
		requireNoHalves(t, path)
	}
}

// requireNoHalfBackup takes a backup as it is: whole, or not there.
func requireNoHalfBackup(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		r, err := embedded.Check(path, nil)
		require.NoError(t, err)
		require.Empty(t, r.Problems)
	}
}

// requireNoHalves finds that opening a store has removed what a killed maker of it left, and removes old stores.
func requireNoHalves(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		name := filepath.Join(filepath.Dir(path), e.Name())
		half := strings.HasSuffix(name, ".new")
		require.False(t, half && !strings.HasPrefix(name, path+".backup."), name)
		if half || strings.HasPrefix(name, path+".before-") {
			require.NoError(t, os.Remove(name))
		}
	}
}

// replaceForever says when it begins, and what went wrong.
func replaceForever(path string) int {
	fmt.Println("begin")
	for {
		if _, err := embedded.Compact(path, false, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if _, err := embedded.Backup(context.Background(), path, path+".backup", true, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if _, err := embedded.Restore(path+".backup", path, true, time.Now(), nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}

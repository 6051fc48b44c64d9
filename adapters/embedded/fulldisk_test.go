package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/embedded"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// fullEnv makes this test binary a process for which no file may grow beyond a size, as if the disk were full by then.
const fullEnv = "EMBEDDED_TEST_FULL"

// TestFullDisk runs in a process of its own: the bound on the size of files is the process's, and needs no rights and no file system of its own.
func TestFullDisk(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), fullEnv+"="+filepath.Join(t.TempDir(), "store.db"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "survived\n", string(out))
}

// fillDisk writes until the disk is full, makes room, and writes again.
func fillDisk(path string) int {
	err := writeToTheFull(path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("survived")
	return 0
}

func writeToTheFull(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	db, err := embedded.Open(path, nil)
	if err != nil {
		return err
	}
	s, err := db.Tenant("acme")
	if err != nil {
		return err
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		return err
	}
	written := 0
	for _, bytes := range []uint64{1 << 20, 20 << 20, 40 << 20} { // before the file grows for the first time, and later
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: was.Max}); err != nil {
			return err
		}
		n, err := writeUntilRefused(ctx, s, written)
		if err != nil {
			return err
		}
		written = n
		if _, err := embedded.Backup(ctx, path, path+".backup", true, nil); err == nil {
			return errors.New("a backup of an open store without a socket")
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			return err
		}
		if err := put(ctx, s, written); err != nil {
			return fmt.Errorf("there is room again: %w", err)
		}
		written++
	}
	if err := db.Close(); err != nil {
		return err
	}
	return requireAll(path, written)
}

func put(ctx context.Context, s store.Store, n int) error {
	_, err := s.Commit(ctx, store.Commit{ID: uuid.New(), Changes: []store.Change{
		{Key: store.Key{Kind: "profile", ID: fmt.Sprint(n)}, Data: bytes.Repeat([]byte{byte(n)}, 300000)},
	}})
	return err
}

// writeUntilRefused gives the number of the record that could not be written any more.
func writeUntilRefused(ctx context.Context, s store.Store, n int) (int, error) {
	for ; n < 1000; n++ {
		before, err := s.Head(ctx)
		if err != nil {
			return n, err
		}
		err = put(ctx, s, n)
		if err == nil {
			continue
		}
		after, headErr := s.Head(ctx)
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "file too large") || headErr != nil || after != before {
			return n, fmt.Errorf("refused as %v: %w; head %v, then %v, %w", fault.KindOf(err), err, before, after, headErr)
		}
		return n, nil
	}
	return n, errors.New("the disk was never full")
}

func requireAll(path string, n int) error {
	r, err := embedded.Check(path, nil)
	if err != nil {
		return err
	}
	if !r.Sound() || r.Tenants[0].Records != n || r.Tenants[0].Head.Revision != uint64(n) {
		return fmt.Errorf("%d acknowledged, found: %+v", n, r)
	}
	return nil
}

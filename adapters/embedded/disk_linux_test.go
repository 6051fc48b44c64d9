package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// TestDiskErrors takes the file away under the store, by its descriptor, and gives it back.
func TestDiskErrors(t *testing.T) {
	for _, broken := range []string{"/dev/full", "/dev/null"} { // writing fails; syncing fails
		t.Run(filepath.Base(broken), func(t *testing.T) {
			db, s := opened(t, nil, nil)
			good, err := s.Commit(t.Context(), putting(profile, "good"))
			require.NoError(t, err)
			restore := takeFile(t, db, broken)

			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					_, err := s.Commit(t.Context(), putting(profile, strings.Repeat("bad", 100000)))
					if fault.KindOf(err) != fault.Unavailable {
						t.Errorf("a commit that could not be written: %v", err)
					}
				})
			}
			wg.Wait()
			head, err := s.Head(t.Context())
			require.NoError(t, err)
			require.Equal(t, good.Head, head)

			restore()
			next, err := s.Commit(t.Context(), putting(profile, "next"))
			require.NoError(t, err, "the disk is well again, and so is the store")
			require.Equal(t, good.Revision+1, next.Revision)
			require.Equal(t, good.CommitID, next.Previous)
			require.Equal(t, uint64(2), next.Puts[0].Version)
			es, err := s.Events(t.Context(), store.Head{}, 10)
			require.NoError(t, err)
			require.Len(t, es, 2)
			require.NoError(t, db.bolt.View(func(tx *bbolt.Tx) error {
				for err := range tx.Check() {
					t.Errorf("check: %v", err)
				}
				return nil
			}))
		})
	}
}

// takeFile makes the DB's descriptor one of another file until restore is called.
func takeFile(t *testing.T, db *DB, path string) (restore func()) {
	t.Helper()
	fd := descriptorOf(t, db.bolt.Path())
	kept, err := syscall.Dup(fd)
	require.NoError(t, err)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	require.NoError(t, syscall.Dup3(int(f.Fd()), fd, syscall.O_CLOEXEC))
	require.NoError(t, f.Close())
	return func() {
		require.NoError(t, syscall.Dup3(kept, fd, syscall.O_CLOEXEC))
		require.NoError(t, syscall.Close(kept))
	}
}

// descriptorOf finds this process's descriptor of a file.
func descriptorOf(t *testing.T, path string) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, n := range names {
		if target, err := os.Readlink("/proc/self/fd/" + n.Name()); err == nil && target == path {
			var fd int
			_, err = fmt.Sscan(n.Name(), &fd)
			require.NoError(t, err)
			return fd
		}
	}
	require.FailNow(t, "no descriptor", path)
	return -1
}

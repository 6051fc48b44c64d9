package embedded_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/adapters/embedded"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// write puts one record, of some size, into a tenant of a file.
func write(t *testing.T, path string, size int) {
	t.Helper()
	db := mustOpen(t, path, nil)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), aCommit(size))
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func aCommit(size int) store.Commit {
	return store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: store.Key{Kind: "profile", ID: "p"}, Data: make([]byte, size)}}}
}

func setFormat(t *testing.T, path string, value []byte) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		if value == nil {
			return tx.Bucket([]byte("profilegate")).Delete([]byte("format"))
		}
		return tx.Bucket([]byte("profilegate")).Put([]byte("format"), value)
	}))
	require.NoError(t, db.Close())
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
		kind error // ErrFormat where there is none
	}{
		{"text", func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("hello, this is no database\n"), 0o600))
		}, "not a store file", nil},
		{"much of nothing", func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
		}, "not a store file", nil},
		{"empty", func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, nil, 0o600)) }, "empty", nil},
		{"directory", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, "not a regular file", nil},
		{"another program's", func(t *testing.T, path string) {
			db, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucket([]byte("members"))
				return err
			}))
			require.NoError(t, db.Close())
		}, "another program", nil},
		{"newer", func(t *testing.T, path string) {
			write(t, path, 10)
			setFormat(t, path, binary.AppendUvarint(nil, 3))
		}, "made by a newer profilegate (format 3, this one reads up to 2)", nil},
		{"older", func(t *testing.T, path string) {
			write(t, path, 10)
			setFormat(t, path, binary.AppendUvarint(nil, 1))
		}, "from before the first release (format 1, this one reads 2)", nil},
		{"without a version", func(t *testing.T, path string) {
			write(t, path, 10)
			setFormat(t, path, nil)
		}, "does not say its version", nil},
		{"cut short", func(t *testing.T, path string) {
			write(t, path, 1<<20)
			require.NoError(t, os.Truncate(path, 1<<19))
		}, "cut short", embedded.ErrDamaged},
		{"cut very short", func(t *testing.T, path string) {
			write(t, path, 10)
			require.NoError(t, os.Truncate(path, 2*int64(os.Getpagesize())))
		}, "cut short", embedded.ErrDamaged},
		{"cut to a page", func(t *testing.T, path string) {
			write(t, path, 10)
			require.NoError(t, os.Truncate(path, int64(os.Getpagesize())))
		}, "no second meta page", embedded.ErrDamaged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			tt.make(t, path)
			before, beforeErr := os.ReadFile(path) //nolint:gosec // a test's own file
			_, err := embedded.Open(path, nil)
			require.ErrorIs(t, err, cmp.Or(tt.kind, embedded.ErrFormat))
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, path)
			after, afterErr := os.ReadFile(path) //nolint:gosec // a test's own file
			require.Equal(t, before, after, "the file is left as it is")
			require.Equal(t, beforeErr, afterErr)
		})
	}
}

func TestOpenMakesWhatIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(dir, "store.db")
	write(t, path, 10)
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, names, 2, "nothing is left beside the file and its lock: %v", names)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestOneProcessAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db := mustOpen(t, path, nil)
	start := time.Now()
	_, err := embedded.Open(path, &embedded.Options{LockTimeout: 100 * time.Millisecond})
	require.ErrorIs(t, err, embedded.ErrLocked)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, fmt.Sprintf("(pid %d)", os.Getpid()))
	require.Less(t, time.Since(start), 5*time.Second)
	require.NoError(t, db.Close())
	require.NoError(t, mustOpen(t, path, nil).Close())
}

// TestManyMakersOneFile has several open a file that is not there yet: one gets it, and nobody replaces it under the other.
func TestManyMakersOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	dbs, errs := make([]*embedded.DB, 6), make([]error, 6)
	var wg sync.WaitGroup
	for i := range dbs {
		wg.Go(func() { dbs[i], errs[i] = embedded.Open(path, &embedded.Options{LockTimeout: 300 * time.Millisecond}) })
	}
	wg.Wait()
	opened := 0
	for i, db := range dbs {
		if errs[i] != nil {
			require.ErrorIs(t, errs[i], embedded.ErrLocked)
			continue
		}
		opened++
		require.NoError(t, db.Ping(t.Context()), "the file at the path is the one that was opened")
		require.NoError(t, db.Close())
	}
	require.Equal(t, 1, opened)
}

func TestPing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db := mustOpen(t, path, nil)
	require.NoError(t, db.Ping(t.Context()))
	require.NoError(t, os.Rename(path, path+".away"))
	require.Equal(t, fault.Unavailable, fault.KindOf(db.Ping(t.Context())))
	require.NoError(t, os.WriteFile(path, []byte("another"), 0o600))
	require.Equal(t, fault.Unavailable, fault.KindOf(db.Ping(t.Context())))
	require.NoError(t, os.Rename(path+".away", path))
	require.NoError(t, db.Ping(t.Context()))
	require.NoError(t, db.Close())
	require.NoError(t, db.Close(), "closing again")
	require.Equal(t, fault.Unavailable, fault.KindOf(db.Ping(t.Context())))
	_, err := db.Tenant("acme")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}

func TestTenantNames(t *testing.T) {
	db := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), nil)
	for _, name := range []string{"", string(make([]byte, 1025))} {
		_, err := db.Tenant(name)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	}
	require.NoError(t, db.Close())
}

package embedded

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/store"
)

func mustContents(t *testing.T, path string) map[string]store.Record {
	t.Helper()
	got, err := contents(t.Context(), path)
	require.NoError(t, err)
	return got
}

func requireEqual(t *testing.T, want, got map[string]store.Record) {
	t.Helper()
	require.True(t, maps.EqualFunc(want, got, equalRecords))
}

// requireFiles holds the names in a directory against patterns.
func requireFiles(t *testing.T, dir string, patterns ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, len(patterns), "%v", entries)
	for i, e := range entries {
		ok, err := filepath.Match(patterns[i], e.Name())
		require.NoError(t, err)
		require.True(t, ok, "%s is none of %v", e.Name(), patterns)
	}
}

func TestBackupAndRestore(t *testing.T) {
	path := filled(t)
	want := mustContents(t, path)
	backup := filepath.Join(t.TempDir(), "backup")
	r, err := Backup(t.Context(), path, backup, false, nil)
	require.NoError(t, err)
	require.Len(t, r.Tenants, 3)
	requireFiles(t, filepath.Dir(backup), "backup")
	requireEqual(t, want, mustContents(t, path))

	_, err = Backup(t.Context(), path, backup, false, nil)
	require.ErrorIs(t, err, ErrExists)
	_, err = Backup(t.Context(), path, backup, true, nil)
	require.NoError(t, err)
	_, err = Backup(t.Context(), filepath.Join(t.TempDir(), "none"), backup, true, nil)
	require.ErrorIs(t, err, os.ErrNotExist)

	db, err := Open(path, nil)
	require.NoError(t, err)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	_, err = s.Commit(t.Context(), putting(profile, "after the backup"))
	require.NoError(t, err)
	_, err = Restore(backup, path, true, time.Now(), &Options{LockTimeout: 20 * time.Millisecond})
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, db.Close())

	_, err = Restore(backup, path, false, time.Now(), nil)
	require.ErrorIs(t, err, ErrExists)
	done, err := Restore(backup, path, true, time.Now(), nil)
	require.NoError(t, err)
	requireEqual(t, want, mustContents(t, path))
	kept, err := Check(done.Kept, nil)
	require.NoError(t, err)
	require.Equal(t, uint64(301), kept.Tenants[0].Head.Revision, "what was there is kept")
	requireFiles(t, filepath.Dir(path), "store.db", "store.db.before-*", "store.db.lock")

	_, err = Restore(path, path, true, time.Now(), nil)
	require.ErrorContains(t, err, "is the store itself")
	elsewhere := filepath.Join(t.TempDir(), "a", "new.db")
	done, err = Restore(backup, elsewhere, false, time.Now(), nil)
	require.NoError(t, err)
	require.Empty(t, done.Kept)
	requireEqual(t, want, mustContents(t, elsewhere))
}

func TestRestoreRefusesADamagedBackup(t *testing.T) {
	path := filled(t)
	want := mustContents(t, path)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	backup := filepath.Join(t.TempDir(), "backup")
	for name, b := range map[string][]byte{
		"half":  whole[:len(whole)/2],
		"other": []byte(strings.Repeat("hello", 5000)),
		"empty": nil,
	} {
		require.NoError(t, os.WriteFile(backup, b, 0o600))
		_, err = Restore(backup, path, true, time.Now(), nil)
		require.Error(t, err, name)
		require.ErrorContains(t, err, backup)
		requireFiles(t, filepath.Dir(path), "store.db", "store.db.lock")
	}
	requireEqual(t, want, mustContents(t, path))
	require.NoError(t, os.WriteFile(path, whole[:len(whole)/2], 0o600))
	_, err = Backup(t.Context(), path, backup, true, nil)
	require.ErrorIs(t, err, ErrDamaged)
	requireFiles(t, filepath.Dir(backup), "backup")
}

// TestBackupOfAnOpenStore takes backups while writers are at work: each backup is one instant.
func TestBackupOfAnOpenStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 50), "store.db") // beyond what a socket's name may be
	db, err := Open(path, nil)
	require.NoError(t, err)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	to := filepath.Join(t.TempDir(), "backup")
	_, err = s.Commit(t.Context(), putting(profile, "first"))
	require.NoError(t, err)
	_, err = Backup(t.Context(), path, to, true, nil)
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("(pid %d)", os.Getpid()))
	require.NoError(t, db.ServeBackups(nil))
	require.Error(t, db.ServeBackups(nil))
	info, err := os.Stat(socketName(path))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	ctx, stop := context.WithCancel(t.Context())
	var written atomic.Uint64
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				e, err := s.Commit(context.Background(), store.Commit{ID: uuid.New(), Changes: []store.Change{
					{Key: store.Key{Kind: "left", ID: fmt.Sprint(w)}, Data: make([]byte, 20000+i)},
					{Key: store.Key{Kind: "right", ID: fmt.Sprint(w)}, Data: make([]byte, 20000+i)},
				}})
				if err != nil {
					t.Error(err)
					return
				}
				written.Store(e.Revision)
			}
		})
	}
	for range 5 {
		before := written.Load()
		r, err := Backup(t.Context(), path, to, true, nil)
		require.NoError(t, err)
		require.GreaterOrEqual(t, r.Tenants[0].Head.Revision, before)
	}
	stop()
	writers.Wait()
	require.NoError(t, db.Close())
	requireFiles(t, filepath.Dir(path), "store.db", "store.db.lock")
	got := mustContents(t, to)
	for w := range 4 {
		left, right := got[fmt.Sprint("acme/left/", w)], got[fmt.Sprint("acme/right/", w)]
		require.Len(t, right.Data, len(left.Data), "a commit is in a backup whole or not at all")
		require.Equal(t, left.Revision, right.Revision)
	}
}

func TestBackupEndsWithTheStore(t *testing.T) {
	path := filled(t)
	db, err := Open(path, nil)
	require.NoError(t, err)
	require.NoError(t, db.ServeBackups(nil))
	short, done, err := shortName(socketName(path))
	require.NoError(t, err)
	c, err := (&net.Dialer{}).DialContext(t.Context(), "unix", short)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, done())
	_, err = c.Read(make([]byte, 1)) // and then no more
	require.NoError(t, err)
	start := time.Now()
	require.NoError(t, db.Close(), "also while a backup goes to somebody who does not read")
	require.Less(t, time.Since(start), backupStall/2)

	// What a killed process leaves is no obstacle.
	require.NoError(t, os.WriteFile(socketName(path), nil, 0o600))
	require.NoError(t, os.WriteFile(path+".123"+halfSuffix, nil, 0o600))
	require.NoError(t, os.WriteFile(path+".mine"+halfSuffix, nil, 0o600))
	db, err = Open(path, nil)
	require.NoError(t, err)
	require.NoError(t, db.ServeBackups(nil))
	_, err = Backup(t.Context(), path, path+".backup", false, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	requireFiles(t, filepath.Dir(path), "store.db", "store.db.backup", "store.db.lock", "store.db.mine.new")
}

func TestCompact(t *testing.T) {
	path := filled(t)
	db, err := Open(path, nil)
	require.NoError(t, err)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	for i := range 20 {
		_, err = s.Commit(t.Context(), putting(store.Key{Kind: "big", ID: fmt.Sprint(i)}, strings.Repeat("x", 100000)))
		require.NoError(t, err)
	}
	for i := range 20 {
		_, err = s.Commit(t.Context(), store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: store.Key{Kind: "big", ID: fmt.Sprint(i)}, Delete: true}}})
		require.NoError(t, err)
	}
	_, err = Compact(path, false, &Options{LockTimeout: 20 * time.Millisecond})
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, db.Close())
	want := mustContents(t, path)
	c, err := Compact(path, false, nil)
	require.NoError(t, err)
	require.Less(t, c.After, c.Before/2)
	requireEqual(t, want, mustContents(t, path))
	requireFiles(t, filepath.Dir(path), "store.db", "store.db.lock")
	_, err = Compact(path+".none", false, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestSalvage loses the newer meta page: the store is refused until it is told that the last transaction may be given up.
func TestSalvage(t *testing.T) {
	path := filled(t)
	db, err := Open(path, nil)
	require.NoError(t, err)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	var heads []store.Head
	for range 2 {
		e, err := s.Commit(t.Context(), putting(profile, "x"))
		require.NoError(t, err)
		heads = append(heads, e.Head)
	}
	require.NoError(t, db.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	older, page := b, os.Getpagesize()
	require.NotEqual(t, older[16+48], older[page+16+48], "transactions")
	newer := 0
	if older[page+16+48] == older[16+48]+1 {
		newer = page
	}
	b[newer+30]++
	require.NoError(t, os.WriteFile(path, b, 0o600))

	_, err = Open(path, nil)
	require.ErrorIs(t, err, ErrDamaged)
	_, err = Compact(path, false, nil)
	require.ErrorIs(t, err, ErrDamaged)
	_, err = Compact(path, true, nil)
	require.NoError(t, err)
	r, err := Check(path, nil)
	require.NoError(t, err)
	require.True(t, r.Sound(), r.Problems)
	require.Equal(t, heads[0], r.Tenants[0].Head)
}

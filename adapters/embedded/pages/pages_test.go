package pages_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/adapters/embedded/pages"
)

// made is a file with small and large values, nested buckets, and free pages; many for a tree of three levels.
func made(t testing.TB, n int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 1024, NoSync: true})
	require.NoError(t, err)
	for round := range 3 {
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("bucket"))
			if err != nil {
				return err
			}
			small, err := b.CreateBucketIfNotExists([]byte("small"))
			if err != nil {
				return err
			}
			if err := small.Put([]byte("k"), []byte("v")); err != nil {
				return err
			}
			for i := range n {
				if err := b.Put([]byte(fmt.Sprint(i, "-", round%2)), bytes.Repeat([]byte("x"), i%50*90)); err != nil {
					return err
				}
			}
			return b.Delete([]byte("7-0"))
		}))
	}
	require.NoError(t, db.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	return whole
}

func TestSoundFiles(t *testing.T) {
	for _, n := range []int{0, 1, 40, 3000} {
		whole := made(t, n)
		r, err := pages.Check(bytes.NewReader(whole), int64(len(whole)))
		require.NoError(t, err)
		require.Empty(t, r.Problems)
		require.Equal(t, int64(1024), r.PageSize)
		require.LessOrEqual(t, int64(r.Pages)*r.PageSize, int64(len(whole)))
		require.Positive(t, r.Free)
	}
}

func TestForeignFiles(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("hello"), make([]byte, 1<<20), bytes.Repeat([]byte{0xff}, 5000)} {
		_, err := pages.Check(bytes.NewReader(b), int64(len(b)))
		require.ErrorIs(t, err, pages.ErrForeign)
	}
}

func TestOneMetaPageIsEnoughToGoOn(t *testing.T) {
	whole := made(t, 40)
	for at := range 2 {
		b := bytes.Clone(whole)
		b[at*1024+20]++
		r, err := pages.Check(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		require.True(t, r.Rolled)
		require.Equal(t, []pages.Problem{{Page: uint64(at), What: "the meta page is damaged: its checksum is wrong"}}, r.Problems)
	}
	b := bytes.Clone(whole)
	b[20]++
	b[1044]++
	r, err := pages.Check(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.Len(t, r.Problems, 2)
	require.Zero(t, r.Pages)
}

// TestSoundFilesCanBeRead damages files and lets bbolt's own check, and all of its cursors, into those that are found sound: a panic or a fault there
// ends this test's process.
func TestSoundFilesCanBeRead(t *testing.T) {
	whole := made(t, 200)
	path := filepath.Join(t.TempDir(), "damaged.db")
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(whole)
		for range rapid.IntRange(1, 3).Draw(t, "places") {
			at := rapid.IntRange(0, len(b)/1024-1).Draw(t, "page")*1024 + rapid.IntRange(0, 100).Draw(t, "offset")
			b[at] = rapid.Byte().Draw(t, "byte")
		}
		r, err := pages.Check(bytes.NewReader(b), int64(len(b)))
		if err != nil || !r.Sound() {
			return
		}
		require.NoError(t, os.WriteFile(path, b, 0o600))
		require.NoError(t, readAll(path))
	})
}

func readAll(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		var found []error
		for err := range tx.Check() {
			found = append(found, err)
		}
		return errors.Join(found...)
	})
	return errors.Join(err, db.Close())
}

func FuzzCheck(f *testing.F) {
	f.Add(made(f, 3))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := pages.Check(bytes.NewReader(b), int64(len(b))); err != nil {
			require.ErrorIs(t, err, pages.ErrForeign)
		}
	})
}

package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// filled makes a file with several tenants, references, records that fill many pages, and pages that were freed again. It has no unused end.
func filled(t testing.TB) string {
	t.Helper()
	whole, err := filling()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "store.db")
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	return path
}

// filling is the file, made once: each of its commits takes a sync.
var filling = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "filling")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "store.db")
	if err := fill(path); err != nil {
		return nil, err
	}
	r, err := inspectPages(path)
	if err != nil {
		return nil, err
	}
	whole, err := os.ReadFile(path)
	return whole[:int64(r.Pages)*r.PageSize], err
})

func fill(path string) error {
	db, err := Open(path, nil)
	if err != nil {
		return err
	}
	for tenant, n := range map[string]int{"acme": 300, "small": 2, "other": 30} {
		s, err := db.Tenant(tenant)
		if err != nil {
			return err
		}
		for i := range n {
			_, err := s.Commit(context.Background(), store.Commit{ID: uuid.New(), Changes: []store.Change{{
				Key: store.Key{Kind: "profile", ID: fmt.Sprint(i % 200)}, Data: bytes.Repeat([]byte{byte(i)}, i*7%2500),
				Refs: []store.Key{{Kind: "role", ID: fmt.Sprint(i % 7)}},
			}}})
			if err != nil {
				return err
			}
		}
	}
	return db.Close()
}

// contents is all that can be read from a file.
func contents(ctx context.Context, path string) (map[string]store.Record, error) {
	db, err := Open(path, nil)
	if err != nil {
		return nil, err
	}
	all := map[string]store.Record{}
	for _, tenant := range []string{"acme", "small", "other"} {
		s, err := db.Tenant(tenant)
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		head, records := s.Snapshot(ctx)
		all[tenant] = store.Record{Revision: head.Revision, Data: head.CommitID[:]}
		for r, err := range records {
			if err != nil {
				return nil, errors.Join(err, db.Close())
			}
			all[tenant+"/"+r.Kind+"/"+r.ID] = r
		}
	}
	return all, db.Close()
}

// TestDamageIsFound changes a file in one place at a time. Either opening it is refused, with an error that says so and without a panic, or
// all that stands in it is as it was.
func TestDamageIsFound(t *testing.T) {
	path := filled(t)
	want, err := contents(t.Context(), path)
	require.NoError(t, err)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	r, err := Check(path, nil)
	require.NoError(t, err)
	require.True(t, r.Sound(), r.Problems)

	page := os.Getpagesize()
	random := rand.New(rand.NewPCG(1, 2))
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	refused := 0
	for i := range 400 {
		b := slices.Clone(whole)
		at := random.IntN(len(whole))
		switch i % 4 {
		case 0: // anywhere
			b[at] ^= byte(1 + random.IntN(255))
		case 1: // where pages have their headers and elements
			at = at/page*page + random.IntN(64)
			b[at] ^= 1 << random.IntN(8)
		case 2: // a block that was not written, or was written elsewhere
			at = at / 512 * 512
			copy(b[at:at+512], whole[random.IntN(len(whole)/512)*512:])
		case 3: // a page that is another one
			at = at / page * page
			copy(b[at:at+page], whole[random.IntN(len(whole)/page)*page:])
		}
		require.NoError(t, os.WriteFile(damaged, b, 0o600))
		got, err := contents(t.Context(), damaged)
		if err != nil {
			require.Truef(t, errors.Is(err, ErrDamaged) || errors.Is(err, ErrFormat), "round %d, at %d: %v", i, at, err)
			require.ErrorContains(t, err, damaged)
			refused++
			continue
		}
		require.Truef(t, maps.EqualFunc(want, got, equalRecords), "round %d: damage at %d was not found", i, at)
	}
	require.Greater(t, refused, 150)
}

func equalRecords(a, b store.Record) bool {
	return a.Key == b.Key && a.Version == b.Version && a.Revision == b.Revision && bytes.Equal(a.Data, b.Data)
}

// TestCheckSaysWhere breaks what only this package can see.
func TestCheckSaysWhere(t *testing.T) {
	key := func(tag byte, kind, id string) []byte { return appendKey(nil, tag, store.Key{Kind: kind, ID: id}) }
	for _, tt := range []struct {
		name   string
		change func(b *bbolt.Bucket) error
		want   []string
	}{
		{"record", func(b *bbolt.Bucket) error {
			v := bytes.Clone(b.Get(key(recordTag, "profile", "17")))
			v[len(v)-1]++
			return b.Put(key(recordTag, "profile", "17"), v)
		}, []string{`tenant "acme": profile "17": the store's file is damaged: a record is not as it was written`}},
		{"record under another key", func(b *bbolt.Bucket) error {
			return b.Put(key(recordTag, "profile", "new"), bytes.Clone(b.Get(key(recordTag, "profile", "17"))))
		}, []string{`tenant "acme": profile "new": the store's file is damaged: a record is not as it was written`}},
		{"record is gone", func(b *bbolt.Bucket) error {
			return b.Delete(key(recordTag, "profile", "18"))
		}, []string{
			`tenant "acme": role "1" is referred to 27 times, and 28 are counted`,
			`tenant "acme": there are 199 records, and there should be 200`,
		}},
		{"count is gone", func(b *bbolt.Bucket) error {
			return b.Delete(key(countTag, "role", "3"))
		}, []string{`tenant "acme": role "3" is referred to 29 times, and none is counted`}},
		{"count of nothing", func(b *bbolt.Bucket) error {
			return b.Put(key(countTag, "role", "no"), []byte{5})
		}, []string{`tenant "acme": role "no" is referred to 0 times, and 5 are counted`}},
		{"stranger", func(b *bbolt.Bucket) error { return b.Put([]byte("xyz"), []byte{5}) }, []string{`tenant "acme": key "xyz" is none of ours`}},
		{"no head", func(b *bbolt.Bucket) error { return b.Delete(headKey) }, []string{`tenant "acme": the store's file is damaged: the head`}},
		{"older head", func(b *bbolt.Bucket) error {
			head, c, err := readHead(b)
			if err != nil {
				return err
			}
			head.Revision--
			return b.Put(headKey, encodeHead(nil, head, c))
		}, []string{`tenant "acme": profile "99": the store's file is damaged: it is of revision 300, and the head is at 299`}},
		{"older record", func(b *bbolt.Bucket) error {
			k := key(recordTag, "profile", "17")
			e, err := readEntry(k, b.Get(k))
			if err != nil {
				return err
			}
			v, _, _ := encodeRecord(k, e.version, e.revision, []store.Key{{Kind: "role", ID: "1"}}, []byte("older"))
			return b.Put(k, v)
		}, []string{
			`tenant "acme": role "0" is referred to 27 times, and 28 are counted`,
			`tenant "acme": role "1" is referred to 29 times, and 28 are counted`,
			`tenant "acme": the records are not those that were written last: their checksums have the wrong sum`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filled(t)
			raw, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, raw.Update(func(tx *bbolt.Tx) error { return tt.change(tx.Bucket(bucketName("acme"))) }))
			require.NoError(t, raw.Close())
			r, err := Check(path, nil)
			require.NoError(t, err)
			require.Equal(t, tt.want, r.Problems)
			_, err = Open(path, nil)
			require.ErrorIs(t, err, ErrDamaged)
			require.ErrorContains(t, err, tt.want[0])
		})
	}
}

func TestCheckCounts(t *testing.T) {
	r, err := Check(filled(t), nil)
	require.NoError(t, err)
	require.Empty(t, r.Problems)
	require.Len(t, r.Tenants, 3)
	acme := r.Tenants[0]
	require.Equal(t, "acme", acme.Name)
	require.Equal(t, uint64(300), acme.Head.Revision)
	require.Equal(t, 200, acme.Records)
	require.Equal(t, map[string]int{"profile": 200}, acme.Kinds)
	require.Positive(t, acme.Bytes)
	require.Greater(t, r.Size, acme.Bytes)
	require.Positive(t, r.FreeBytes)
	_, err = Check(filepath.Join(t.TempDir(), "missing.db"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestFileCutUnderway takes pages away from a store that is open: what reads or writes fails, and the process goes on.
func TestFileCutUnderway(t *testing.T) {
	path := filled(t)
	db, err := Open(path, nil)
	require.NoError(t, err)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, 2*int64(os.Getpagesize())))

	_, records := s.Snapshot(t.Context())
	for _, err = range records {
	}
	require.ErrorIs(t, err, ErrDamaged)
	require.Equal(t, fault.Internal, fault.KindOf(err))
	_, err = s.Commit(t.Context(), putting(profile, "x"))
	require.Equal(t, fault.Uncertain, fault.KindOf(err), err)
	_, err = s.Commit(t.Context(), putting(profile, "x"))
	require.Equal(t, fault.Unavailable, fault.KindOf(err), err)
	require.Error(t, db.Ping(t.Context()))
	require.NoError(t, db.Close())
	_, err = Open(path, nil)
	require.ErrorIs(t, err, ErrDamaged)
}

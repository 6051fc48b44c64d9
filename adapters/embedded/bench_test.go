package embedded

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/store"
)

// benchDB is a DB that counts its transactions, with one tenant.
func benchDB(b *testing.B) (store.Store, *atomic.Int64) {
	b.Helper()
	var transactions atomic.Int64
	db, err := open(filepath.Join(b.TempDir(), "store.db"), nil, func(inner transactor) transactor {
		return func(f func(*bbolt.Tx) error) error {
			transactions.Add(1)
			return inner(f)
		}
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	s, err := db.Tenant("acme")
	require.NoError(b, err)
	return s, &transactions
}

// creating is what creating a profile commits: a record that must not be there, and the role that it refers to.
func creating(id string, data []byte) store.Commit {
	k, role := store.Key{Kind: "profile", ID: id}, store.Key{Kind: "role", ID: "default"}
	return store.Commit{
		ID:         uuid.New(),
		Conditions: []store.Condition{{Key: k, Require: store.Absent}, {Key: role, Require: store.Exists}},
		Changes:    []store.Change{{Key: k, Data: data, Refs: []store.Key{role}}},
	}
}

func seedRole(b *testing.B, s store.Store) {
	b.Helper()
	_, err := s.Commit(b.Context(), putting(store.Key{Kind: "role", ID: "default"}, "{}"))
	require.NoError(b, err)
}

// BenchmarkCommit creates records of 300 bytes from some writers at once. commits/sync says what a group saves.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s, transactions := benchDB(b)
			seedRole(b, s)
			data := make([]byte, 300)
			var next atomic.Int64
			transactions.Store(0)
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if _, err := s.Commit(b.Context(), creating(fmt.Sprintf("profile-%08d", i), data)); err != nil {
							b.Errorf("commit: %v", err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(b.N)/float64(transactions.Load()), "commits/sync")
		})
	}
}

// BenchmarkLeastGroup is the least that a group-writing bbolt can do for the same record: one key, one value, no rules.
func BenchmarkLeastGroup(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "least.db"), 0o600, nil)
			require.NoError(b, err)
			require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucket([]byte("b"))
				return err
			}))
			data := make([]byte, 300)
			b.ReportAllocs()
			b.ResetTimer()
			leastGroup(b, db, writers, data)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			require.NoError(b, db.Close())
		})
	}
}

type leastPut struct {
	key  string
	done chan error
}

func leastGroup(b *testing.B, db *bbolt.DB, writers int, data []byte) {
	b.Helper()
	queue := make(chan leastPut, 1024)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			done := make(chan error, 1)
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				queue <- leastPut{fmt.Sprintf("profile-%08d", i), done}
				if err := <-done; err != nil {
					b.Errorf("put: %v", err)
				}
			}
		})
	}
	go func() {
		wg.Wait()
		close(queue)
	}()
	for first := range queue {
		group := []leastPut{first}
		for more := true; more; {
			select {
			case p, ok := <-queue:
				if more = ok; ok {
					group = append(group, p)
				}
			default:
				more = false
			}
		}
		err := db.Update(func(tx *bbolt.Tx) error {
			for _, p := range group {
				if err := tx.Bucket([]byte("b")).Put([]byte(p.key), data); err != nil {
					return err
				}
			}
			return nil
		})
		for _, p := range group {
			p.done <- err
		}
	}
}

func BenchmarkHead(b *testing.B) {
	s, _ := benchDB(b)
	seedRole(b, s)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Head(b.Context()); err != nil {
				b.Errorf("head: %v", err)
				return
			}
		}
	})
}

// BenchmarkEvents reads the last 64 commits of a full log.
func BenchmarkEvents(b *testing.B) {
	s, _ := benchDB(b)
	var from store.Head
	for i := range 200 {
		e, err := s.Commit(b.Context(), putting(store.Key{Kind: "profile", ID: fmt.Sprint(i)}, "data"))
		require.NoError(b, err)
		if i == 135 {
			from = e.Head
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			es, err := s.Events(b.Context(), from, store.MaxChangesPerFetch)
			if err != nil || len(es) != 64 {
				b.Errorf("events: %d, %v", len(es), err)
				return
			}
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	s, _ := benchDB(b)
	seedRole(b, s)
	for at := range 10 {
		c := store.Commit{ID: uuid.New()}
		for i := range 1000 {
			c.Changes = append(c.Changes, creating(fmt.Sprintf("profile-%08d", at*1000+i), make([]byte, 300)).Changes...)
		}
		_, err := s.Commit(b.Context(), c)
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, records := s.Snapshot(b.Context())
		for _, err := range records {
			require.NoError(b, err)
		}
	}
}

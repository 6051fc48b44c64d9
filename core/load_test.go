package core_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// busy is a store to which others write with each record of a snapshot that is read, while its log is trimmed behind them.
type busy struct {
	*storetest.Memory
	write     func(i int) store.Head // the i-th write
	snapshots atomic.Int32
	told      atomic.Uint64 // the newest revision that the log has brought
}

// ahead is how far the writers run ahead of who reads the log.
const ahead = 200

func (b *busy) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	events, err := b.Memory.Events(ctx, after, limit)
	if n := len(events); n > 0 {
		b.told.Store(events[n-1].Revision)
	}
	return events, err
}

func (b *busy) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	b.snapshots.Add(1)
	h, records := b.Memory.Snapshot(ctx)
	b.told.Store(h.Revision)
	return h, func(yield func(store.Record, error) bool) {
		i := 0
		for r, err := range records {
			written := b.write(i)
			for until := time.Now().Add(soon); b.told.Load()+ahead < written.Revision && time.Now().Before(until); {
				select {
				case <-time.After(100 * time.Microsecond):
				case <-ctx.Done():
					return
				}
			}
			if !yield(r, err) {
				return
			}
			i++
		}
	}
}

// A log that is shorter than what is written during a load does not keep the load from its end, and nothing that was deleted meanwhile comes back.
func TestLoadingWhileTheLogIsTrimmed(t *testing.T) {
	const many = 3000
	mem := storetest.NewMemory()
	for i := range many {
		commit(t, mem, store.Change{Key: record.IndexKey(fmt.Sprint("old-", i))})
	}
	mem.KeepLog(4 * ahead)
	st := &busy{Memory: mem.Share(), write: func(i int) store.Head {
		changes := []store.Change{{Key: record.IndexKey(fmt.Sprint("new-", i))}}
		if i%2 == 0 {
			changes = append(changes, store.Change{Key: record.IndexKey(fmt.Sprint("old-", many-1-i)), Delete: true})
		}
		return commit(t, mem, changes...)
	}}
	tenant := open(t, st, &core.Options{Specs: true})
	require.Equal(t, int32(1), st.snapshots.Load(), "it did not have to begin again")
	got, err := tenant.Indexes(t.Context(), member(t, tenant, "P"), core.Read{})
	require.NoError(t, err)
	var want []string
	for k := range records(t, mem) {
		want = append(want, k.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	require.True(t, slices.Equal(want, got), "%d are there, and %d are found", len(want), len(got))
	require.Equal(t, uint64(many), tenant.Stats().Loaded)
}

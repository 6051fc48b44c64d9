package redisstore

import (
	"context"

	"github.com/profilegate/profilegate/core/store"
)

var _ store.Past = (*Tenant)(nil)

// At reads which commit made a revision from the log: one command.
func (t *Tenant) At(ctx context.Context, revision uint64) (store.Head, error) {
	if t.isClosed() {
		return store.Head{}, closedFault()
	}
	if revision == 0 {
		return store.Head{}, store.ErrHistory
	}
	var reply []any
	err := t.c.again(ctx, t.closed, func(ctx context.Context) (err error) {
		id := formatUint(revision) + "-0"
		reply, err = t.c.rdb.Do(ctx, "XRANGE", t.keys.log, id, id).Slice()
		return err
	})
	if err != nil {
		return store.Head{}, err
	}
	events, err := decodeEntries(reply)
	if err != nil {
		return store.Head{}, err
	}
	if len(events) != 1 {
		return store.Head{}, store.ErrHistory
	}
	return events[0].Head, nil
}

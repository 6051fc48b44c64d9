package redisstore

import (
	"context"
	"errors"
	"iter"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// scanCount is about how many records one step of a scan returns.
const scanCount = 256

// Snapshot notes the head and scans the records in steps. Records and log are of one history, or whoever reads them is told ErrHistory: see
// pledge.
func (t *Tenant) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	t.pledge.forget()
	head, err := t.Head(ctx)
	if err != nil {
		return store.Head{}, func(yield func(store.Record, error) bool) { yield(store.Record{}, err) }
	}
	s := t.pledge.begin(head)
	return head, func(yield func(store.Record, error) bool) {
		defer t.pledge.drop(s)
		if err := t.scan(ctx, s, yield); err != nil {
			yield(store.Record{}, err)
		}
	}
}

// scan goes through the records on one connection to the tenant's master. A cursor means something to the server process that gave it and to no other, so
// nothing is tried again: who connects anew may talk to another process, and would miss records without knowing.
func (t *Tenant) scan(ctx context.Context, s *scan, yield func(store.Record, error) bool) error {
	master, err := t.c.masterOf(ctx, t.keys.records)
	if err != nil {
		return scanFault(ctx, err)
	}
	conn := master.Conn()
	defer func() { _ = conn.Close() }() // gives it back to the pool
	for cursor := uint64(0); ; {
		if t.isClosed() {
			return closedFault()
		}
		var page []string
		if page, cursor, err = conn.HScan(ctx, t.keys.records, cursor, "", scanCount).Result(); err != nil {
			return scanFault(ctx, err)
		}
		for i := 0; i+1 < len(page); i += 2 {
			if ctx.Err() != nil {
				return fault.As(ctx.Err()) // a small hash comes in one page, however slowly it is taken
			}
			r, err := decodeRecord(page[i], page[i+1])
			if err != nil {
				return err
			}
			if !yield(r, nil) {
				return nil
			}
		}
		if cursor == 0 {
			return t.scanned(ctx, conn, s)
		}
	}
}

// scanned asks the server whose records were read for its head, which the log has to lead to.
func (t *Tenant) scanned(ctx context.Context, conn *redis.Conn, s *scan) error {
	text, err := conn.Get(ctx, t.keys.head).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return scanFault(ctx, err)
	}
	at, err := parseHead(text)
	if err != nil {
		return err
	}
	return t.pledge.end(s, at)
}

func scanFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.As(ctx.Err())
	}
	return unreachable(err)
}

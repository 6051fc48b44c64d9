package embedded

import (
	"bytes"
	"context"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// The bounds of what one read transaction takes: an open one pins the pages that writers replace, so it lasts for a copy and no longer.
const (
	chunkRecords = 1024
	chunkBytes   = 1 << 20
)

// Snapshot implements store.Store. Records are copied a chunk at a time, and no transaction is open while the caller has one.
func (h *handle) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	head, err := h.Head(ctx)
	if err != nil {
		return store.Head{}, func(yield func(store.Record, error) bool) { yield(store.Record{}, err) }
	}
	return head, func(yield func(store.Record, error) bool) {
		c := chunk{after: []byte{recordTag}}
		for !c.last {
			if err := h.fill(ctx, &c); err != nil {
				yield(store.Record{}, err)
				return
			}
			for i := range c.records {
				if !yield(c.records[i], nil) {
					return
				}
			}
		}
	}
}

// chunk is some records that follow a key.
type chunk struct {
	after   []byte // the key of the last record that was read, or the tag before the first
	last    bool   // there are no more
	records []store.Record
	bytes   int
}

// fill reads the next chunk.
func (h *handle) fill(ctx context.Context, c *chunk) error {
	if err := h.usable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.As(err)
	}
	clear(c.records)
	c.records, c.bytes = c.records[:0], 0
	err := h.db.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(h.t.bucket)
		if b == nil {
			c.last = true
			return nil
		}
		return c.read(b.Cursor())
	})
	if err != nil {
		return readFault(err)
	}
	return nil
}

func (c *chunk) read(cursor *bbolt.Cursor) error {
	k, v := cursor.Seek(c.after)
	if bytes.Equal(k, c.after) {
		k, v = cursor.Next()
	}
	for ; k != nil && k[0] == recordTag; k, v = cursor.Next() {
		if len(c.records) >= chunkRecords || c.bytes >= chunkBytes {
			return nil
		}
		r, err := decodeRecord(k, v)
		if err != nil {
			return err
		}
		c.records = append(c.records, r)
		c.bytes += len(k) + len(r.Data)
		c.after = append(c.after[:0], k...)
	}
	c.last = true
	return nil
}

// decodeRecord copies a record out of the file.
func decodeRecord(k, v []byte) (store.Record, error) {
	key, err := decodeKey(k[1:])
	if err != nil {
		return store.Record{}, err
	}
	e, err := readEntry(k, v)
	if err != nil {
		return store.Record{}, err
	}
	return store.Record{Key: key, Version: e.version, Revision: e.revision, Data: bytes.Clone(e.data)}, nil
}

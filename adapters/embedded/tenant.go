package embedded

import (
	"bytes"
	"context"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// tenant is the state that all stores of one tenant share.
type tenant struct {
	bucket []byte
	head   atomic.Pointer[store.Head] // the newest point that is on the disk
	log    *log
	open   int // stores, under the lock of the DB

	staged staged // the writer's alone
}

// staged is what the transaction under way does to one tenant.
type staged struct {
	touched bool
	bucket  *bbolt.Bucket // nil while the file does not know the tenant
	cursor  *bbolt.Cursor // to read with: a new one for each read, as Bucket.Get makes, is most of a commit's garbage
	head    store.Head
	content content
	events  []store.Event
	raw     [headBytes]byte // the encoded head: bbolt reads it until the transaction ends
}

// in makes the transaction's bucket the one to read and write.
func (s *staged) in(b *bbolt.Bucket) {
	if b != nil {
		s.bucket, s.cursor = b, b.Cursor()
	}
}

// get reads what stands under a key of the bucket, nil where there is nothing. The bytes are the file's.
func (s *staged) get(key []byte) []byte {
	if s.bucket == nil {
		return nil
	}
	k, v := s.cursor.Seek(key)
	if !bytes.Equal(k, key) {
		return nil
	}
	return v
}

// handle is one opened store of a tenant.
type handle struct {
	db     *DB
	t      *tenant
	closed chan struct{}
}

var (
	_ store.Store = (*handle)(nil)
	_ store.Near  = (*handle)(nil)
)

// Commit implements store.Store. Until the writer takes the commit up, the end of ctx or of the store ends the call and nothing is written; from
// then on the call lasts until what became of the commit is known.
func (h *handle) Commit(ctx context.Context, c store.Commit) (store.Event, error) {
	if err := h.usable(); err != nil {
		return store.Event{}, err
	}
	if err := ctx.Err(); err != nil {
		return store.Event{}, fault.As(err)
	}
	if err := c.Check(); err != nil {
		return store.Event{}, err
	}
	r := h.db.request(h.t, c)
	select {
	case h.db.queue <- r:
	case <-ctx.Done():
		h.db.recycle(r)
		return store.Event{}, fault.As(ctx.Err())
	case <-h.closed:
		h.db.recycle(r)
		return store.Event{}, errClosed()
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.abandon() {
			return store.Event{}, fault.As(ctx.Err())
		}
		<-r.done
	case <-h.closed:
		if r.abandon() {
			return store.Event{}, errClosed()
		}
		<-r.done
	}
	event, err := r.event, r.err
	h.db.recycle(r)
	return event, err
}

// Head implements store.Store.
func (h *handle) Head(context.Context) (store.Head, error) { return h.NearHead() }

// NearHead implements store.Near: this process makes all commits.
func (h *handle) NearHead() (store.Head, error) {
	if err := h.usable(); err != nil {
		return store.Head{}, err
	}
	return *h.t.head.Load(), nil
}

// Events implements store.Store.
func (h *handle) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	if err := store.CheckLimit(limit); err != nil {
		return nil, err
	}
	for {
		if err := h.usable(); err != nil {
			return nil, err
		}
		events, moving, err := h.t.log.after(after, limit)
		if err != nil || events != nil {
			return events, err
		}
		select {
		case <-moving:
		case <-ctx.Done():
			return nil, fault.As(ctx.Err())
		case <-h.closed:
		}
	}
}

// Close implements store.Store. The DB stays open.
func (h *handle) Close() error {
	h.db.release(h)
	return nil
}

func (h *handle) usable() error {
	select {
	case <-h.closed:
		return errClosed()
	default:
		return h.db.failure()
	}
}

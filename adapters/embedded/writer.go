package embedded

import (
	"errors"
	"runtime"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// The states of a request. Whoever moves it out of waiting first decides: the writer takes it, or its caller gives up.
const (
	waiting int32 = iota
	taken
	abandoned
)

// request is one commit on its way to the writer and back. Its caller waits while it is taken, so the commit's own memory may be read
// until it is answered.
type request struct {
	t      *tenant
	commit store.Commit
	size   int
	state  atomic.Int32
	done   chan struct{} // holds one item when event and err are final
	event  store.Event
	err    error
}

func (db *DB) request(t *tenant, c store.Commit) *request {
	r := db.pool.Get().(*request) //nolint:forcetypeassert // the pool holds nothing else
	r.t, r.commit, r.size = t, c, commitSize(&c)
	return r
}

// recycle takes back a request that nobody else has.
func (db *DB) recycle(r *request) {
	*r = request{done: r.done}
	db.pool.Put(r)
}

func (r *request) abandon() bool { return r.state.CompareAndSwap(waiting, abandoned) }

func commitSize(c *store.Commit) int {
	n := 0
	for i := range c.Changes {
		n += len(c.Changes[i].Key.ID) + len(c.Changes[i].Data) + refBytes(c.Changes[i].Refs)
	}
	return n
}

// writer is the one goroutine that writes. Its fields are buffers that it uses again.
type writer struct {
	db      *DB
	group   []*request
	bytes   int
	touched []*tenant
	key     []byte
}

// errNothing ends a transaction that has nothing to write, which spares the sync.
var errNothing = errors.New("nothing to write")

func (w *writer) run() {
	for {
		select {
		case <-w.db.stop:
			return
		case r := <-w.db.queue:
			w.collect(r)
			if len(w.group) > 0 {
				w.write()
				w.answer()
			}
		}
	}
}

// collect takes all that waits, up to the bounds of a group. The callers that the last group answered may be about to send their next commit: when
// the queue is empty the writer lets them run, once, before it goes to the disk.
func (w *writer) collect(r *request) {
	w.take(r)
	for yielded := false; len(w.group) < w.db.opts.GroupCommits && w.bytes < w.db.opts.GroupBytes; {
		select {
		case r = <-w.db.queue:
			w.take(r)
		default:
			if yielded {
				return
			}
			yielded = true
			runtime.Gosched()
		}
	}
}

func (w *writer) take(r *request) {
	if !r.state.CompareAndSwap(waiting, taken) {
		w.db.recycle(r)
		return
	}
	w.group = append(w.group, r)
	w.bytes += r.size
}

// write judges and writes the group in one transaction and, when it is on the disk, publishes it.
func (w *writer) write() {
	if err := w.db.failure(); err != nil {
		w.failAll(err)
		return
	}
	err := guarded(func() error { return w.db.update(w.apply) })
	var panicked *panicError
	switch {
	case err == nil:
		w.publish()
	case errors.Is(err, errNothing):
	case errors.As(err, &panicked):
		w.failAll(w.giveUp(panicked))
	default:
		w.failAll(w.diagnose(err))
	}
}

// apply runs inside the transaction. A refused commit has written nothing; any other error rolls all back.
func (w *writer) apply(tx *bbolt.Tx) error {
	for _, r := range w.group {
		if err := w.stage(tx, r.t); err != nil {
			return err
		}
		if err := w.commit(tx, r); err != nil {
			return err
		}
	}
	written := false
	for _, t := range w.touched {
		if len(t.staged.events) == 0 {
			continue
		}
		written = true
		if err := t.staged.bucket.Put(headKey, encodeHead(t.staged.raw[:0], t.staged.head, t.staged.content)); err != nil {
			return err
		}
	}
	if !written {
		return errNothing
	}
	return nil
}

// stage prepares a tenant that the transaction has not touched yet.
func (w *writer) stage(tx *bbolt.Tx, t *tenant) error {
	s := &t.staged
	if s.touched {
		return nil
	}
	s.touched, s.head = true, *t.head.Load()
	s.in(tx.Bucket(t.bucket))
	w.touched = append(w.touched, t)
	stored, content, err := readHead(s.bucket)
	if err != nil {
		return err
	}
	s.content = content
	if stored != s.head {
		return corrupt("the head is not the one that was written last")
	}
	return nil
}

func (w *writer) publish() {
	for _, t := range w.touched {
		if len(t.staged.events) > 0 {
			head := t.staged.head
			t.head.Store(&head)
			t.log.append(t.staged.events)
		}
	}
}

// diagnose turns a failed transaction into the fault of its commits. bbolt rolls back what it could not write. But once it has written its
// meta page and cannot sync it, the new state is visible, and nobody knows whether a crash would keep it: from then on the file is not trusted.
func (w *writer) diagnose(cause error) error {
	if errors.Is(cause, ErrDamaged) {
		return fault.Internalf("embedded: %w", cause)
	}
	err := w.db.view(func(tx *bbolt.Tx) error {
		for _, t := range w.touched {
			stored, _, err := readHead(tx.Bucket(t.bucket))
			if err == nil && stored != *t.head.Load() {
				err = errors.New("the failed commit can be read")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return fault.Unavailablef(cause, "The store's file cannot be written.")
	}
	return w.uncertain(errors.Join(cause, err))
}

// giveUp ends the use of the file after bbolt panicked in the middle of a transaction: its state in memory is unknown, and its locks may be held.
func (w *writer) giveUp(cause *panicError) error {
	w.db.stuck.Store(true)
	return w.uncertain(cause)
}

// uncertain ends the use of the file, and is the fault of the commits that were being written.
func (w *writer) uncertain(cause error) error {
	w.db.fail(fault.Unavailablef(cause, "The store's file failed and has to be opened again."))
	return &fault.Error{
		Kind: fault.Uncertain, Code: fault.CodeCommitUncertain,
		Message: "The store's file failed while the commit was written.", Cause: cause,
	}
}

// failAll answers the whole group alike: what was refused may have been so for a commit that does not stand.
func (w *writer) failAll(err error) {
	for _, r := range w.group {
		r.event, r.err = store.Event{}, err
	}
}

// answer lets the callers go and forgets the group.
func (w *writer) answer() {
	for _, t := range w.touched {
		clear(t.staged.events)
		t.staged = staged{events: t.staged.events[:0]}
	}
	for _, r := range w.group {
		r.done <- struct{}{}
	}
	clear(w.touched)
	clear(w.group)
	w.touched, w.group, w.bytes = w.touched[:0], w.group[:0], 0
}

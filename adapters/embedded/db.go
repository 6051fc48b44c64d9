// Package embedded is the store in one file on this machine, the default: a bbolt file that holds all tenants, each in a bucket of its own.
//
// What it promises: a commit is on the disk, synced, before it is answered; a process that is killed at any instant loses nothing that
// it acknowledged and opens the file again as if nothing had been; a file that is not as it was written is refused, not served. What it does
// not: one process at a time has the file, so there is one node, and when the disk is lost so are the data.
//
// One goroutine writes. It takes all commits that wait, of all tenants, into one transaction with one sync; a commit that is refused
// fails alone. The log is a bounded ring of recent commits in memory: a follower that falls behind it, or that comes from before this
// process was started, starts over with a snapshot. Commits sent again are found in the same ring, which is enough here: only a caller in this
// process can send one again, and a caller whose commit was taken up always gets its true answer.
package embedded

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// maxTenantBytes bounds a tenant's name.
const maxTenantBytes = 1024

// Options are the bounds of a DB. Zero fields take the defaults.
type Options struct {
	LockTimeout  time.Duration // how long Open waits for another process to give up the file; 1 s
	LogEvents    int           // commits that a tenant's log keeps at most; 4096
	LogBytes     int           // bytes of keys and data that a tenant's log keeps at most, the newest commit apart; 8 MiB
	QueueLength  int           // commits that wait for the writer, before their callers do; 1024
	GroupCommits int           // commits in one transaction; 512
	GroupBytes   int           // bytes in one transaction after which it takes no further commit; 4 MiB
	MaxFileBytes int           // size of the file beyond which commits fail; 0 for no bound but the disk's
}

func (o *Options) withDefaults() Options {
	if o == nil {
		o = &Options{}
	}
	v := *o
	if v.LockTimeout <= 0 {
		v.LockTimeout = time.Second
	}
	for _, f := range []struct {
		field *int
		value int
	}{{&v.LogEvents, 4096}, {&v.LogBytes, 8 << 20}, {&v.QueueLength, 1024}, {&v.GroupCommits, 512}, {&v.GroupBytes, 4 << 20}} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	return v
}

// DB is an open file with its tenants.
type DB struct {
	*openedFile
	opts  Options
	queue chan *request // to the writer
	pool  sync.Pool     // of *request

	update transactor                  // runs one writing transaction
	broken atomic.Pointer[fault.Error] // set once, when what is on the disk cannot be known any more
	stuck  atomic.Bool                 // bbolt panicked while it wrote, and may hold its locks for good

	stop    chan struct{}
	stopped sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	socket  *backupSocket // of ServeBackups, nil without
	tenants map[string]*tenant
	handles map[*handle]struct{}
}

// Open opens the file at path, or creates it, and starts its writer. It reads the whole file before, and fails with an error that is ErrLocked when
// another process has the file, with one that is ErrFormat when the file is none of ours or of another version, and with one that is ErrDamaged when
// anything in it is not as it was written.
func Open(path string, opts *Options) (*DB, error) {
	return open(path, opts, nil)
}

// transactor runs one writing transaction, as bbolt.DB.Update does.
type transactor = func(func(*bbolt.Tx) error) error

// open is Open with a wrapper around the transactions, with which tests hold them or make them fail.
func open(path string, opts *Options, wrap func(transactor) transactor) (*DB, error) {
	o := opts.withDefaults()
	file, err := openFile(path, &o)
	if err != nil {
		return nil, err
	}
	db := &DB{
		openedFile: file, opts: o, update: file.bolt.Update,
		queue:   make(chan *request, o.QueueLength),
		pool:    sync.Pool{New: func() any { return &request{done: make(chan struct{}, 1)} }},
		stop:    make(chan struct{}),
		tenants: map[string]*tenant{}, handles: map[*handle]struct{}{},
	}
	if wrap != nil {
		db.update = wrap(db.update)
	}
	w := &writer{db: db}
	db.stopped.Go(w.run)
	return db, nil
}

// Tenant opens a tenant; a name not seen before is an empty one, which the file knows of from its first commit on. A tenant may be
// opened more than once: the stores share one state, and each is closed on its own.
func (db *DB) Tenant(name string) (store.Store, error) {
	if name == "" || len(name) > maxTenantBytes {
		return nil, fault.InvalidArgument("tenant", "a name of 1 to 1024 bytes")
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, errClosed()
	}
	t, err := db.load(name)
	if err != nil {
		return nil, err
	}
	t.open++
	h := &handle{db: db, t: t, closed: make(chan struct{})}
	db.handles[h] = struct{}{}
	return h, nil
}

// load gives the tenant's state, read from the file the first time.
func (db *DB) load(name string) (*tenant, error) {
	if t, ok := db.tenants[name]; ok {
		return t, nil
	}
	t := &tenant{bucket: bucketName(name)}
	var head store.Head
	err := db.view(func(tx *bbolt.Tx) (err error) {
		head, _, err = readHead(tx.Bucket(t.bucket))
		return err
	})
	if err != nil {
		return nil, readFault(err)
	}
	t.head.Store(&head)
	t.log = newLog(head, db.opts.LogEvents, db.opts.LogBytes)
	db.tenants[name] = t
	return t, nil
}

// Ping tells whether the file can be read, is still the one at its path, and may be written.
func (db *DB) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fault.As(err)
	}
	if err := db.failure(); err != nil {
		return err
	}
	if err := db.view(checkFormat); err != nil {
		return readFault(err)
	}
	info, err := os.Stat(db.bolt.Path())
	if err != nil {
		return fault.Unavailablef(err, "The store's file is gone.")
	}
	if !os.SameFile(info, db.info) {
		return fault.Unavailablef(nil, "The store's file was replaced by another.")
	}
	return nil
}

// view runs one reading transaction.
func (db *DB) view(read func(*bbolt.Tx) error) error {
	return guarded(func() error { return db.bolt.View(read) })
}

// Close ends the calls on all stores of the DB, lets the writer finish the commits that it has taken, and gives up the file.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	for h := range db.handles {
		close(h.closed)
	}
	clear(db.handles)
	socket := db.socket
	db.mu.Unlock()

	var err error
	if socket != nil {
		err = socket.close()
	}
	close(db.stop)
	db.stopped.Wait()
	if db.stuck.Load() {
		return errors.Join(err, db.abandon())
	}
	return errors.Join(err, db.openedFile.close())
}

// release closes one store. The last of a tenant takes the log with it.
func (db *DB) release(h *handle) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if _, open := db.handles[h]; !open {
		return
	}
	delete(db.handles, h)
	close(h.closed)
	if h.t.open--; h.t.open == 0 {
		h.t.log.forget()
	}
}

// failure is the fault of every call once the file cannot be trusted any more.
func (db *DB) failure() error {
	if f := db.broken.Load(); f != nil {
		return f
	}
	return nil
}

// fail ends all calls, those that wait included, and all that are to come.
func (db *DB) fail(f *fault.Error) {
	db.broken.Store(f)
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, t := range db.tenants {
		t.log.mu.Lock()
		t.log.wake()
		t.log.mu.Unlock()
	}
}

func errClosed() error { return fault.Unavailablef(nil, "The store is closed.") }

// readFault is the fault for what went wrong outside a commit.
func readFault(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	if errors.Is(err, ErrDamaged) {
		return fault.Internalf("embedded: %w", err)
	}
	return fault.Unavailablef(err, "The store's file cannot be read.")
}

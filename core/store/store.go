// Package store is the port behind which a tenant's records live. A tenant is a small replicated state machine: commits check
// preconditions and change records in one atomic step, each commit makes one new revision, and the log of commits can be followed from
// any node. The port carries opaque records: what is in them is the core's business, and rules about profiles or roles never live here.
//
// Every adapter passes the contract suite in the package storetest.
package store

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
)

// Key names one record. Kind is a short lower-case word ("profile", "role"); ID is any non-empty UTF-8 text of at most MaxIDBytes.
type Key struct {
	Kind string
	ID   string
}

// Bounds on what a commit carries. An adapter refuses more with an Invalid fault; the core keeps below them.
const (
	MaxIDBytes         = 1024
	MaxRecordBytes     = 4 << 20
	MaxOpsPerCommit    = 32768 // conditions and changes together
	MaxRefsPerRecord   = 16384
	MaxChangesPerFetch = 1024
)

// Record is one stored thing as it stands. Data is opaque and must not be changed by whoever receives it.
type Record struct {
	Key
	Version  uint64 // 1 when created, one more with each put; starts at 1 again after a delete
	Revision uint64 // of the commit that wrote it
	Data     []byte
}

// Head is a point of a tenant's history: how many commits it has seen and the id of the last. The zero Head is the empty history.
// Two heads with one revision and different ids belong to two histories.
type Head struct {
	Revision uint64
	CommitID uuid.UUID
}

// Commit is a set of operations that stand or fall together.
type Commit struct {
	// ID identifies the commit for good. A store that finds it in its log answers what it did then, so a commit may be sent again
	// after its answer was lost.
	ID uuid.UUID
	// Since is the revision that the sender had seen when it made the ID. A resent commit is looked for after it.
	Since      uint64
	Conditions []Condition
	Changes    []Change
}

// Condition is a precondition on one record. All conditions of a commit are checked before anything is written, in order; the first
// that does not hold decides the fault: its Subject is {key.Kind, key.ID}.
type Condition struct {
	Key     Key
	Require Requirement
	Version uint64 // for AtVersion
	// Revision, for AtVersion, is the commit that must have written the record last; 0: any. A record that was deleted and made again has versions
	// that another had before, and no revision of it.
	Revision uint64
}

// Requirement is what a condition asks of a record.
type Requirement uint8

// The requirements and the faults for what does not hold.
const (
	Absent       Requirement = iota + 1 // no such record, else AlreadyExists record_exists
	Exists                              // there is one, else NotFound record_missing
	AtVersion                           // there is one with that version (and revision), else NotFound record_missing or Conflict version_mismatch
	Unreferenced                        // no record, itself included, refers to it, else InUse record_in_use
)

// Change writes or deletes one record. A commit changes a key once at most.
type Change struct {
	Key    Key
	Delete bool // with Data and Refs empty; deleting what is not there does nothing
	Data   []byte
	// Refs are the records that this one refers to from now on (they replace the earlier ones). They are counted for Unreferenced, and
	// are not checked for existence: that takes a condition.
	Refs []Key
}

// Event is one commit as the log tells it.
type Event struct {
	Head                // the point that the commit made
	Previous  uuid.UUID // the id of the commit before, zero for the first
	Puts      []Record
	Deletions []Key
}

// Store holds one tenant's records. Its methods may be called from many goroutines. All errors are faults: Unavailable when the store
// cannot be reached and nothing was written, Uncertain when a commit may or may not stand, Canceled or DeadlineExceeded when ctx ended.
type Store interface {
	// Commit applies c atomically and durably, as far as the store's configuration promises, and returns the event it made. The event is
	// in the log before Commit returns. A refused condition changes nothing. An empty commit (no changes) checks its conditions and
	// makes no new revision: it returns an Event with the current Head.
	Commit(ctx context.Context, c Commit) (Event, error)

	// Head returns the newest point of the history: every commit that was acknowledged before Head was called, by any node, is at or
	// before it.
	Head(ctx context.Context) (Head, error)

	// Events returns the commits after a point, in order and without gaps, at least one and at most limit. Where there is none
	// yet it blocks until there is, or until ctx ends. ErrHistory says that the log cannot be followed from that point: it
	// was trimmed, or the point is of another history. The caller then starts over with Snapshot.
	Events(ctx context.Context, after Head, limit int) ([]Event, error)

	// Snapshot returns a head and all records. The records are read after the head was, and not at one instant: to get a consistent state,
	// apply the events after the head until a head that was asked for after the last record. A record may appear with a revision
	// beyond the head; applying an event to a record that already has its revision or a later one changes nothing.
	Snapshot(ctx context.Context) (Head, iter.Seq2[Record, error])

	// Close releases what this store holds for the tenant. Calls under way end with Unavailable.
	Close() error
}

// Barrier is what a store that is shared by several nodes can do besides: tell what all of them have applied.
type Barrier interface {
	// Applied says that this node's view has reached a revision and serves it. It does not block; what it says is sent in the
	// background, many reports at once.
	Applied(h Head)

	// Wait blocks until every live node that has this tenant open has applied the revision of h, this one included. It returns nil
	// then; when ctx ends first it returns the context's error as a fault, and the write it waits for stands all the same.
	Wait(ctx context.Context, h Head) error

	// Lease tells until when every other node's Wait waits for this one. What a node serves after that may be older than what a Wait has
	// promised. It is the zero time while nobody vouches for the node. It is asked for with every local read, and must not block or take locks.
	Lease() time.Time
}

// Past is what a store can do besides: tell which commits made earlier revisions.
type Past interface {
	// At returns the point of the history that a revision made. ErrHistory says that the log does not have it: it was trimmed, or the history
	// does not reach that far.
	At(ctx context.Context, revision uint64) (Head, error)
}

// Near is what a store can do besides that has the head in this process's memory: tell it as Head does, without I/O and without waiting, so
// that askers need neither share a question nor bound it.
type Near interface {
	NearHead() (Head, error)
}

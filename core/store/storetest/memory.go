package storetest

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// Memory is a store of one tenant in memory, written to be obvious: one lock, a list of all commits, references counted by looking
// at every record. It passes the contract suite and is its model.
type Memory struct {
	m      *memory
	once   sync.Once
	closed chan struct{}
}

// memory is what the handles of one tenant share.
type memory struct {
	mu      sync.Mutex
	records map[store.Key]memoryRecord
	log     []store.Event // without those that were trimmed
	keep    int           // how many of them to keep, negative for all
	start   store.Head    // the point before the log's first event
	moved   chan struct{} // closed and replaced with each commit
}

type memoryRecord struct {
	store.Record
	refs []store.Key
}

var _ store.Store = (*Memory)(nil)

// NewMemory makes an empty tenant.
func NewMemory() *Memory {
	return newHandle(&memory{keep: -1, records: map[store.Key]memoryRecord{}, moved: make(chan struct{})})
}

func newHandle(m *memory) *Memory { return &Memory{m: m, closed: make(chan struct{})} }

// Share opens the same tenant again, as another node would. It does so on a closed store as well.
func (s *Memory) Share() *Memory { return newHandle(s.m) }

// KeepLog makes the log forget all but its last n commits, from now on; a negative n keeps all, as a new store does.
func (s *Memory) KeepLog(n int) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.keep = n
	s.m.trim()
}

// Commit implements store.Store.
func (s *Memory) Commit(ctx context.Context, c store.Commit) (store.Event, error) {
	if err := s.usable(ctx); err != nil {
		return store.Event{}, err
	}
	if err := c.Check(); err != nil {
		return store.Event{}, err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	return s.m.commit(c)
}

// Head implements store.Store.
func (s *Memory) Head(ctx context.Context) (store.Head, error) {
	if err := s.usable(ctx); err != nil {
		return store.Head{}, err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	return s.m.head(), nil
}

// Events implements store.Store.
func (s *Memory) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	if err := store.CheckLimit(limit); err != nil {
		return nil, err
	}
	for {
		if err := s.usable(ctx); err != nil {
			return nil, err
		}
		events, moved, err := s.m.after(after, limit)
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-moved:
		case <-ctx.Done():
		case <-s.closed:
		}
	}
}

// Snapshot implements store.Store. Other than the port allows, its records are of one instant.
func (s *Memory) Snapshot(ctx context.Context) (store.Head, iter.Seq2[store.Record, error]) {
	s.m.mu.Lock()
	head, records := s.m.head(), slices.Collect(maps.Values(s.m.records))
	s.m.mu.Unlock()
	return head, func(yield func(store.Record, error) bool) {
		if err := s.usable(ctx); err != nil {
			yield(store.Record{}, err)
			return
		}
		for _, r := range records {
			if err := s.usable(ctx); err != nil {
				yield(store.Record{}, err)
				return
			}
			if !yield(r.Record, nil) {
				return
			}
		}
	}
}

// Close implements store.Store. What is stored stays, for those who share it.
func (s *Memory) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *Memory) usable(ctx context.Context) error {
	select {
	case <-s.closed:
		return fault.Unavailablef(nil, "The store is closed.")
	default:
	}
	if err := ctx.Err(); err != nil {
		return fault.As(err)
	}
	return nil
}

func (m *memory) head() store.Head {
	if len(m.log) == 0 {
		return m.start
	}
	return m.log[len(m.log)-1].Head
}

func (m *memory) commit(c store.Commit) (store.Event, error) {
	for _, e := range m.log {
		if e.CommitID == c.ID && c.ID != uuid.Nil {
			return e, nil
		}
	}
	for _, cond := range c.Conditions {
		if err := m.judge(cond); err != nil {
			return store.Event{}, err
		}
	}
	before := m.head()
	if len(c.Changes) == 0 {
		return store.Event{Head: before}, nil
	}
	e := store.Event{Head: store.Head{Revision: before.Revision + 1, CommitID: c.ID}, Previous: before.CommitID}
	for _, change := range c.Changes {
		m.change(&e, change)
	}
	m.log = append(m.log, e)
	m.trim()
	close(m.moved)
	m.moved = make(chan struct{})
	return e, nil
}

func (m *memory) trim() {
	if n := len(m.log) - m.keep; m.keep >= 0 && n > 0 {
		m.start = m.log[n-1].Head
		m.log = slices.Clone(m.log[n:])
	}
}

func (m *memory) judge(c store.Condition) error {
	r, there := m.records[c.Key]
	subject := fault.Subject{Kind: c.Key.Kind, ID: c.Key.ID}
	switch {
	case c.Require == store.Absent && there:
		return &fault.Error{Kind: fault.AlreadyExists, Code: fault.CodeRecordExists, Subject: subject, Message: "The record exists."}
	case (c.Require == store.Exists || c.Require == store.AtVersion) && !there:
		return &fault.Error{Kind: fault.NotFound, Code: fault.CodeRecordMissing, Subject: subject, Message: "The record does not exist."}
	case c.Require == store.AtVersion && (r.Version != c.Version || c.Revision != 0 && r.Revision != c.Revision):
		return &fault.Error{Kind: fault.Conflict, Code: fault.CodeVersionMismatch, Subject: subject, Message: "The record has another version."}
	case c.Require == store.Unreferenced && m.referred(c.Key):
		return &fault.Error{Kind: fault.InUse, Code: fault.CodeRecordInUse, Subject: subject, Message: "The record is in use."}
	}
	return nil
}

func (m *memory) referred(k store.Key) bool {
	for _, r := range m.records {
		if slices.Contains(r.refs, k) {
			return true
		}
	}
	return false
}

func (m *memory) change(e *store.Event, c store.Change) {
	had, there := m.records[c.Key]
	if c.Delete {
		if there {
			delete(m.records, c.Key)
			e.Deletions = append(e.Deletions, c.Key)
		}
		return
	}
	r := store.Record{Key: c.Key, Version: had.Version + 1, Revision: e.Revision, Data: bytes.Clone(c.Data)}
	m.records[c.Key] = memoryRecord{Record: r, refs: slices.Clone(c.Refs)}
	e.Puts = append(e.Puts, r)
}

// after gives the events after a point, or a channel that is closed when there are more.
func (m *memory) after(h store.Head, limit int) ([]store.Event, <-chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := 0
	if h != m.start {
		at = slices.IndexFunc(m.log, func(e store.Event) bool { return e.Head == h }) + 1
		if at == 0 {
			return nil, nil, store.ErrHistory
		}
	}
	return slices.Clone(m.log[at:min(at+limit, len(m.log))]), m.moved, nil
}

package view

import (
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// log is a state in the making: tables and the head up to which events were applied to them.
type log struct {
	tables tables
	head   store.Head
	past   *past
}

// apply applies the event that follows the head, whole or, where one of its records cannot be decoded, not at all. Events up to the head
// are skipped; store.ErrHistory says that the event does not follow. made, if not nil, is a profile that the event puts.
func (l *log) apply(e store.Event, made *profile.Profile) error {
	if e.Revision <= l.head.Revision {
		if e.Revision == l.head.Revision && e.CommitID != l.head.CommitID && !planted.On(planted.NumbersOnly) {
			return store.ErrHistory
		}
		return nil
	}
	if e.Revision != l.head.Revision+1 || e.Previous != l.head.CommitID && !planted.On(planted.NumbersOnly) {
		return store.ErrHistory
	}
	decoded, err := decodeEvent(e.Puts, made)
	if err != nil {
		return err
	}
	for _, d := range decoded {
		l.tables.set(d)
	}
	for _, k := range e.Deletions {
		l.tables.remove(k)
	}
	l.head = e.Head
	l.past.add(e.Head)
	return nil
}

// Builder builds a state aside, from a snapshot's records and the events after it. Events may be applied while records are still being
// put: a record that an event has deleted since does not come back. It is for one goroutine.
type Builder struct {
	log
	gone map[store.Key]uint64 // the revisions that deleted records while a snapshot is read
}

// NewBuilder starts at the head that a snapshot began with.
func NewBuilder(at store.Head) *Builder {
	return &Builder{log: log{tables: newTables(), head: at, past: newPast(at)}, gone: map[store.Key]uint64{}}
}

// Head is how far the builder has come.
func (b *Builder) Head() store.Head { return b.head }

// Put adds a record of the snapshot.
func (b *Builder) Put(r store.Record) error {
	if b.gone[r.Key] > r.Revision {
		return nil
	}
	d, err := decode(r)
	if err == nil {
		b.tables.set(d)
	}
	return err
}

// Apply applies events, in order.
func (b *Builder) Apply(events []store.Event) error {
	for _, e := range events {
		if err := b.apply(e, nil); err != nil {
			return err
		}
		if b.gone != nil {
			for _, k := range e.Deletions {
				b.gone[k] = e.Revision
			}
		}
	}
	return nil
}

// Scanned says that all records of the snapshot were put.
func (b *Builder) Scanned() { b.gone = nil }

// Standing tells whether what was built has a point of the history.
func (b *Builder) Standing(h store.Head) Standing {
	return (&State{Head: b.head, past: b.past}).Standing(h)
}

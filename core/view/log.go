package view

import (
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// log is a state in the making: tables and the head up to which events were applied to them.
type log struct {
	tables tables
	head   store.Head
}

// apply applies the event that follows the head, whole or, where one of its records cannot be decoded, not at all. Events up to the head
// are skipped; store.ErrHistory says that the event does not follow. made, if not nil, is a profile that the event puts.
func (l *log) apply(e store.Event, made *profile.Profile) error {
	if e.Revision <= l.head.Revision {
		if e.Revision == l.head.Revision && e.CommitID != l.head.CommitID {
			return store.ErrHistory
		}
		return nil
	}
	if e.Revision != l.head.Revision+1 || e.Previous != l.head.CommitID {
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
	return nil
}

// Builder builds a state aside, from a snapshot's records and the events after it. It is for one goroutine.
type Builder struct{ log }

// NewBuilder starts at the head that a snapshot began with.
func NewBuilder(at store.Head) *Builder {
	return &Builder{log{tables: newTables(), head: at}}
}

// Head is how far the builder has come.
func (b *Builder) Head() store.Head { return b.head }

// Put adds a record of the snapshot.
func (b *Builder) Put(r store.Record) error {
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
	}
	return nil
}

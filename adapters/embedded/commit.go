package embedded

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// commit judges one commit and writes it into the transaction. A verdict goes into the request; an error is one of the file.
func (w *writer) commit(tx *bbolt.Tx, r *request) error {
	s := &r.t.staged
	if len(r.commit.Changes) > 0 {
		if e, stands := r.t.known(r.commit.ID); stands {
			r.event = e
			return nil
		}
	}
	for i := range r.commit.Conditions {
		refusal, err := w.judge(s, &r.commit.Conditions[i])
		if refusal != nil || err != nil {
			r.err = refusal
			return err
		}
	}
	if len(r.commit.Changes) == 0 {
		r.event = store.Event{Head: s.head}
		return nil
	}
	if s.bucket == nil {
		b, err := tx.CreateBucket(r.t.bucket)
		if err != nil {
			return err
		}
		s.in(b)
	}
	return w.change(r)
}

// known finds a commit that stands already, before this transaction or in it.
func (t *tenant) known(id uuid.UUID) (store.Event, bool) {
	if e, ok := findStaged(t.staged.events, id); ok {
		return e, true
	}
	return t.log.find(id)
}

// judge holds one condition against the records. The refusal is nil where it holds.
func (w *writer) judge(s *staged, c *store.Condition) (refusal, err error) {
	tag := byte(recordTag)
	if c.Require == store.Unreferenced {
		tag = countTag
	}
	found := w.get(s, tag, c.Key)
	switch {
	case c.Require == store.Unreferenced && found != nil:
		return refuse(fault.InUse, fault.CodeRecordInUse, c.Key, "The record is in use."), nil
	case c.Require == store.Absent && found != nil:
		return refuse(fault.AlreadyExists, fault.CodeRecordExists, c.Key, "The record exists."), nil
	case c.Require == store.Unreferenced || c.Require == store.Absent:
		return nil, nil
	case found == nil:
		return refuse(fault.NotFound, fault.CodeRecordMissing, c.Key, "The record does not exist."), nil
	case c.Require == store.Exists:
		return nil, nil
	}
	version, revision, err := decodeVersion(found)
	if err != nil || version == c.Version && (c.Revision == 0 || revision == c.Revision) {
		return nil, err
	}
	return refuse(fault.Conflict, fault.CodeVersionMismatch, c.Key, "The record has another version."), nil
}

func refuse(kind fault.Kind, code fault.Code, k store.Key, message string) error {
	return &fault.Error{Kind: kind, Code: code, Subject: fault.Subject{Kind: k.Kind, ID: k.ID}, Message: message}
}

// get reads what stands under a tag and a key.
func (w *writer) get(s *staged, tag byte, k store.Key) []byte {
	w.key = appendKey(w.key[:0], tag, k)
	return s.get(w.key)
}

// change writes the changes of a commit that nothing stands against any more.
func (w *writer) change(r *request) error {
	s := &r.t.staged
	e := store.Event{
		Head:     store.Head{Revision: s.head.Revision + 1, CommitID: r.commit.ID},
		Previous: s.head.CommitID,
	}
	if n := countPuts(r.commit.Changes); n > 0 {
		e.Puts = make([]store.Record, 0, n)
	}
	for i := range r.commit.Changes {
		c := &r.commit.Changes[i]
		had, err := w.old(s, c.Key)
		if err != nil {
			return err
		}
		if c.Delete {
			err = w.delete(s, &e, c, had)
		} else {
			err = w.put(s, &e, c, had)
		}
		if err != nil {
			return err
		}
	}
	s.head = e.Head
	s.events = append(s.events, e)
	r.event = e
	return nil
}

func countPuts(changes []store.Change) int {
	n := 0
	for i := range changes {
		if !changes[i].Delete {
			n++
		}
	}
	return n
}

// old reads the record that a change replaces; its version is 0 where there is none.
func (w *writer) old(s *staged, k store.Key) (entry, error) {
	found := w.get(s, recordTag, k)
	if found == nil {
		return entry{}, nil
	}
	return readEntry(w.key, found)
}

func (w *writer) put(s *staged, e *store.Event, c *store.Change, had entry) error {
	w.key = appendKey(w.key[:0], recordTag, c.Key)
	encoded, refs, data := encodeRecord(w.key, had.version+1, e.Revision, c.Refs, c.Data)
	e.Puts = append(e.Puts, store.Record{Key: c.Key, Version: had.version + 1, Revision: e.Revision, Data: data})
	s.content.replace(had, entry{version: had.version + 1, sum: binary.BigEndian.Uint32(encoded)})
	if err := w.recount(s, had.refs, refs); err != nil {
		return err
	}
	w.key = appendKey(w.key[:0], recordTag, c.Key)
	return s.bucket.Put(w.key, encoded)
}

func (w *writer) delete(s *staged, e *store.Event, c *store.Change, had entry) error {
	if had.version == 0 {
		return nil
	}
	e.Deletions = append(e.Deletions, c.Key)
	s.content.replace(had, entry{})
	if err := w.recount(s, had.refs, nil); err != nil {
		return err
	}
	w.key = appendKey(w.key[:0], recordTag, c.Key)
	return s.bucket.Delete(w.key)
}

// recount moves the counts from the old references of a record to its new ones.
func (w *writer) recount(s *staged, old, refs refList) error {
	if bytes.Equal(old, refs) {
		return nil
	}
	for ref := range refs.all() {
		if err := w.count(s, ref, true); err != nil {
			return err
		}
	}
	for ref := range old.all() {
		if err := w.count(s, ref, false); err != nil {
			return err
		}
	}
	return nil
}

// count adds a reference to a record, or takes one away.
func (w *writer) count(s *staged, ref []byte, more bool) error {
	w.key = append(append(w.key[:0], countTag), ref...)
	var n uint64
	if found := s.get(w.key); found != nil {
		var err error
		if n, err = decodeCount(found); err != nil {
			return err
		}
	}
	switch {
	case more:
		n++
	case n == 0:
		return corrupt("a reference that was not counted")
	default:
		n--
	}
	if n == 0 {
		return s.bucket.Delete(w.key)
	}
	return s.bucket.Put(w.key, slices.Clip(binary.AppendUvarint(nil, n)))
}

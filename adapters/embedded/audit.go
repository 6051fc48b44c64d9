package embedded

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
)

// audit reads one tenant's bucket and holds its parts against each other.
type audit struct {
	report  *Report
	tenant  TenantReport
	content content
	refs    map[string]uint64 // references that the records have, by "kind 0 id"; those that are counted are taken off again
	unread  bool              // a record cannot be read
}

func (a *audit) problem(format string, args ...any) {
	a.report.problem("tenant %q: %s", a.tenant.Name, fmt.Sprintf(format, args...))
}

// run reads the records, and then the counts of references, which have to fit them.
func (a *audit) run(b *bbolt.Bucket) {
	head, want, err := readHead(b)
	if err != nil {
		a.problem("%v", err)
		return
	}
	a.tenant.Head, a.refs = head, map[string]uint64{}
	if head.Revision == 0 || head.CommitID == uuid.Nil {
		a.problem("the head is that of an empty history")
	}
	a.records(b)
	if a.unread {
		return // all that follows would be told wrong for that alone
	}
	a.counts(b)
	switch {
	case a.content.records != want.records:
		a.problem("there are %d records, and there should be %d", a.content.records, want.records)
	case a.content != want:
		a.problem("the records are not those that were written last: their checksums have the wrong sum")
	}
}

func (a *audit) records(b *bbolt.Bucket) {
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		switch {
		case k[0] == recordTag:
			if err := a.record(k, v); err != nil {
				a.problem("%s: %v", showKey(k[1:]), err)
				a.unread = true
			}
		case k[0] == countTag || string(k) == string(headKey):
		default:
			a.problem("key %q is none of ours", k)
		}
	}
}

func (a *audit) record(k, v []byte) error {
	key, err := decodeKey(k[1:])
	if err != nil {
		return err
	}
	e, err := readEntry(k, v)
	if err != nil {
		return err
	}
	if e.revision == 0 || e.revision > a.tenant.Head.Revision {
		return corrupt(fmt.Sprintf("it is of revision %d, and the head is at %d", e.revision, a.tenant.Head.Revision))
	}
	a.tenant.Records++
	a.tenant.Bytes += int64(len(k) + len(v))
	a.tenant.Kinds[key.Kind]++
	a.content.replace(entry{}, e)
	for ref := range e.refs.all() {
		a.refs[string(ref)]++
	}
	return nil
}

// counts holds what is counted of each record's references against the records.
func (a *audit) counts(b *bbolt.Bucket) {
	c := b.Cursor()
	for k, v := c.Seek([]byte{countTag}); k != nil && k[0] == countTag; k, v = c.Next() {
		n, err := decodeCount(v)
		if err != nil {
			a.problem("references to %s: %v", showKey(k[1:]), err)
			continue
		}
		if is := a.refs[string(k[1:])]; is != n {
			a.problem("%s is referred to %d times, and %d are counted", showKey(k[1:]), is, n)
		}
		delete(a.refs, string(k[1:]))
	}
	for _, ref := range slices.Sorted(maps.Keys(a.refs)) {
		a.problem("%s is referred to %d times, and none is counted", showKey([]byte(ref)), a.refs[ref])
	}
}

func showKey(raw []byte) string {
	k, err := decodeKey(raw)
	if err != nil {
		return fmt.Sprintf("key %q", raw)
	}
	return fmt.Sprintf("%s %q", k.Kind, k.ID)
}

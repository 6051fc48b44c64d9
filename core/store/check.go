package store

import (
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
)

// maxKindBytes bounds the word that names a kind.
const maxKindBytes = 64

// Check holds the commit against the bounds and the rules that need no store: every adapter calls it first, so that all of them
// refuse the same. It returns an Invalid fault or nil. Conditions and changes are counted apart; a commit without changes needs no ID.
func (c *Commit) Check() error {
	if c.ID == uuid.Nil && len(c.Changes) > 0 {
		return fault.MissingArgument("id")
	}
	if len(c.Conditions) > MaxOpsPerCommit {
		return tooMany("conditions", MaxOpsPerCommit)
	}
	if len(c.Changes) > MaxOpsPerCommit {
		return tooMany("changes", MaxOpsPerCommit)
	}
	for i := range c.Conditions {
		if err := c.Conditions[i].check(i); err != nil {
			return err
		}
	}
	for i := range c.Changes {
		if err := c.Changes[i].check(i); err != nil {
			return err
		}
	}
	return c.checkOnce()
}

// CheckLimit holds the limit of a call of Events against its bounds. It returns an Invalid fault or nil.
func CheckLimit(limit int) error {
	if limit < 1 || limit > MaxChangesPerFetch {
		return fault.InvalidArgument("limit", fmt.Sprintf("an integer from 1 to %d", MaxChangesPerFetch))
	}
	return nil
}

func (c *Condition) check(i int) error {
	if c.Require < Absent || c.Require > Unreferenced {
		return fault.InvalidArgument(fmt.Sprintf("conditions[%d].require", i), "a requirement")
	}
	if what := c.Key.wrong(); what != "" {
		return fault.InvalidArgument(fmt.Sprintf("conditions[%d].key", i), what)
	}
	return nil
}

func (c *Change) check(i int) error {
	if what := c.Key.wrong(); what != "" {
		return fault.InvalidArgument(fmt.Sprintf("changes[%d].key", i), what)
	}
	if c.Delete && len(c.Data)+len(c.Refs) > 0 {
		return fault.InvalidArgument(fmt.Sprintf("changes[%d]", i), "a deletion without data and references")
	}
	if len(c.Data) > MaxRecordBytes {
		return fault.InvalidArgument(fmt.Sprintf("changes[%d].data", i), fmt.Sprintf("at most %d bytes", MaxRecordBytes))
	}
	if len(c.Refs) > MaxRefsPerRecord {
		return tooMany(fmt.Sprintf("changes[%d].refs", i), MaxRefsPerRecord)
	}
	for j := range c.Refs {
		if what := c.Refs[j].wrong(); what != "" {
			return fault.InvalidArgument(fmt.Sprintf("changes[%d].refs[%d]", i, j), what)
		}
	}
	return nil
}

// checkOnce refuses two changes of one key. Most commits change one or two, for which a map would be waste.
func (c *Commit) checkOnce() error {
	if len(c.Changes) <= 8 {
		for i := range c.Changes {
			for j := range i {
				if c.Changes[i].Key == c.Changes[j].Key {
					return changedTwice(i)
				}
			}
		}
		return nil
	}
	seen := make(map[Key]struct{}, len(c.Changes))
	for i := range c.Changes {
		if _, twice := seen[c.Changes[i].Key]; twice {
			return changedTwice(i)
		}
		seen[c.Changes[i].Key] = struct{}{}
	}
	return nil
}

// wrong says what a key should be, or nothing when it is that. A kind holds no separator, so an adapter may put one behind it.
func (k *Key) wrong() string {
	if k.Kind == "" || len(k.Kind) > maxKindBytes {
		return "a kind of 1 to 64 bytes"
	}
	for _, b := range []byte(k.Kind) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '_' && b != '-' {
			return "a kind in lower case"
		}
	}
	if k.ID == "" || len(k.ID) > MaxIDBytes {
		return "an id of 1 to 1024 bytes"
	}
	if !utf8.ValidString(k.ID) {
		return "an id in UTF-8"
	}
	return ""
}

func tooMany(path string, most int) error {
	return fault.InvalidArgument(path, fmt.Sprintf("at most %d items", most))
}

func changedTwice(i int) error {
	return fault.InvalidArgument(fmt.Sprintf("changes[%d].key", i), "a key that no earlier change has")
}

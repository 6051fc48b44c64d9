package redisstore

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// readCommit reads the answer of commit.lua to c: the event, or the fault of a refused condition. The epoch is that of the tenant's
// membership at the instant of the commit.
func readCommit(reply any, c *store.Commit) (e store.Event, epoch string, err error) {
	switch answer := reply.(type) {
	case []any:
		return readDone(answer)
	case string:
		words := strings.Split(answer, " ")
		switch {
		case words[0] == "ok" && len(words) == 4+len(c.Changes):
			e, err = readWritten(words, c)
			return e, words[3], err
		case words[0] == "at" && len(words) == 4:
			e, err = readUnchanged(words)
			return e, words[3], err
		case words[0] == "no" && len(words) == 3:
			return store.Event{}, "", readRefusal(words, c)
		case words[0] == "trimmed":
			return store.Event{}, "", uncertain(nil)
		}
	}
	return store.Event{}, "", fault.Internalf("redis: the commit script answered %v", reply)
}

// voidOf finds the answer to an attempt that came after a later one, and the number of that.
func voidOf(reply any) (later int, isVoid bool) {
	text, ok := reply.(string)
	number, isVoid := strings.CutPrefix(text, "void ")
	if !ok || !isVoid {
		return 0, false
	}
	later, err := strconv.Atoi(number)
	return later, err == nil
}

// readDone reads the event of a commit that stood already.
func readDone(answer []any) (store.Event, string, error) {
	if len(answer) != 4 || answer[0] != "done" {
		return store.Event{}, "", fault.Internalf("redis: the commit script answered a list of %d", len(answer))
	}
	epoch, _ := answer[1].(string)
	e, err := decodePair(answer[2], answer[3])
	return e, epoch, err
}

// readWritten builds the event from the commit and from what the script alone knew: the revision, the commit before, the versions.
func readWritten(words []string, c *store.Commit) (store.Event, error) {
	rev, err := parseUint(words[1])
	if err != nil {
		return store.Event{}, fault.Internalf("redis: the commit script answered revision %q", words[1])
	}
	e := store.Event{Head: store.Head{Revision: rev, CommitID: c.ID}}
	if words[2] != "-" {
		if e.Previous, err = parseID(words[2]); err != nil {
			return store.Event{}, err
		}
	}
	for i := range c.Changes {
		ch, word := &c.Changes[i], words[4+i]
		if ch.Delete {
			if word == "1" {
				e.Deletions = append(e.Deletions, ch.Key)
			}
			continue
		}
		version, err := parseUint(word)
		if err != nil {
			return store.Event{}, fault.Internalf("redis: the commit script answered version %q", word)
		}
		// The caller keeps its buffer.
		e.Puts = append(e.Puts, store.Record{Key: ch.Key, Version: version, Revision: rev, Data: bytes.Clone(ch.Data)})
	}
	return e, nil
}

func readUnchanged(words []string) (store.Event, error) {
	if words[2] == "-" {
		return store.Event{}, nil
	}
	h, err := makeHead(words[1], words[2])
	return store.Event{Head: h, Previous: uuid.Nil}, err
}

func readRefusal(words []string, c *store.Commit) error {
	n, err := strconv.Atoi(words[1])
	if err != nil || n < 1 || n > len(c.Conditions) {
		return fault.Internalf("redis: the commit script refused condition %q of %d", words[1], len(c.Conditions))
	}
	key := c.Conditions[n-1].Key
	e := &fault.Error{Subject: fault.Subject{Kind: key.Kind, ID: key.ID}}
	switch words[2] {
	case "exists":
		e.Kind, e.Code, e.Message = fault.AlreadyExists, fault.CodeRecordExists, "The record exists already."
	case "missing":
		e.Kind, e.Code, e.Message = fault.NotFound, fault.CodeRecordMissing, "The record does not exist."
	case "mismatch":
		e.Kind, e.Code, e.Message = fault.Conflict, fault.CodeVersionMismatch, "The record has another version."
	case "used":
		e.Kind, e.Code, e.Message = fault.InUse, fault.CodeRecordInUse, "Other records refer to the record."
	default:
		return fault.Internalf("redis: the commit script refused with %q", words[2])
	}
	return e
}

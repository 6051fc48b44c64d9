package redisstore

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

func parseUint(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }

// decodeRecord reads one field of the hash of records: "<version> <revision> <tail>".
func decodeRecord(name, value string) (store.Record, error) {
	key, ok := parseField(name)
	if !ok {
		return store.Record{}, fault.Internalf("redis: %q names no record", name)
	}
	version, value, ok1 := cutNumber(value)
	revision, tail, ok2 := cutNumber(value)
	data, ok3 := cutRefs(tail)
	if !ok1 || !ok2 || !ok3 || version == 0 || revision == 0 {
		return store.Record{}, fault.Internalf("redis: the record %q has a broken header", name)
	}
	return store.Record{Key: key, Version: version, Revision: revision, Data: []byte(data)}, nil
}

// cutRefs takes the data out of a tail: "<length of refs> <refs><data>".
func cutRefs(tail string) (data string, ok bool) {
	refs, rest, ok := cutNumber(tail)
	if !ok || refs > uint64(len(rest)) {
		return "", false
	}
	return rest[refs:], true
}

// cutNumber takes a number and the space behind it off.
func cutNumber(text string) (n uint64, rest string, ok bool) {
	word, rest, found := strings.Cut(text, " ")
	n, err := parseUint(word)
	return n, rest, found && err == nil
}

// decodeEntry reads one entry of a log: its id "<revision>-0" and its one field, which commit.lua describes.
func decodeEntry(id string, fields []string) (store.Event, error) {
	rev, ok := strings.CutSuffix(id, "-0")
	if !ok || len(fields) != 2 || fields[0] != "d" {
		return store.Event{}, fault.Internalf("redis: the log entry %q is not one of ours", id)
	}
	commit, rest, _ := strings.Cut(fields[1], " ")
	previous, rest, _ := strings.Cut(rest, " ")
	head, err := makeHead(rev, commit)
	if err != nil {
		return store.Event{}, err
	}
	e := store.Event{Head: head}
	if e.Previous, err = parsePrevious(head.Revision, previous); err != nil {
		return store.Event{}, err
	}
	for rest != "" {
		if rest, ok = decodeChange(&e, rest); !ok {
			return store.Event{}, fault.Internalf("redis: the log entry %q has a broken change", id)
		}
	}
	return e, nil
}

func parsePrevious(rev uint64, id string) (uuid.UUID, error) {
	if id == "" && rev == 1 {
		return uuid.Nil, nil
	}
	return parseID(id)
}

// decodeChange reads the first of the changes and returns the rest.
func decodeChange(e *store.Event, text string) (rest string, ok bool) {
	deleted := text[0] == '-'
	if !deleted && text[0] != '+' {
		return "", false
	}
	version, text, ok1 := cutNumber(text[1:])
	fieldSize, text, ok2 := cutNumber(text)
	tailSize, text, ok3 := cutNumber(text)
	if !ok1 || !ok2 || !ok3 || fieldSize > uint64(len(text)) || tailSize > uint64(len(text))-fieldSize || deleted != (version == 0) {
		return "", false
	}
	name, tail, rest := text[:fieldSize], text[fieldSize:fieldSize+tailSize], text[fieldSize+tailSize:]
	key, ok := parseField(name)
	if !ok {
		return "", false
	}
	if deleted {
		e.Deletions = append(e.Deletions, key)
		return rest, tail == ""
	}
	data, ok := cutRefs(tail)
	e.Puts = append(e.Puts, store.Record{Key: key, Version: version, Revision: e.Revision, Data: []byte(data)})
	return rest, ok
}

// decodeEntries reads the answer of XRANGE.
func decodeEntries(reply []any) ([]store.Event, error) {
	events := make([]store.Event, len(reply))
	for i, item := range reply {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return nil, fault.Internalf("redis: an entry of the log came as %T", item)
		}
		e, err := decodePair(pair[0], pair[1])
		if err != nil {
			return nil, err
		}
		events[i] = e
	}
	return events, nil
}

func decodePair(id, fields any) (store.Event, error) {
	name, ok := id.(string)
	texts, err := stringsOf(fields)
	if !ok || err != nil {
		return store.Event{}, fault.Internalf("redis: an entry of the log came as %T, %T", id, fields)
	}
	return decodeEntry(name, texts)
}

// listed takes the answer of a script that answers a list.
func listed(reply any, err error) ([]any, error) {
	if err != nil {
		return nil, err
	}
	list, ok := reply.([]any)
	if !ok {
		return nil, fault.Internalf("redis: a script answered %T where a list belongs", reply)
	}
	return list, nil
}

// stringsOf gives an array of a reply as strings.
func stringsOf(reply any) ([]string, error) {
	items, ok := reply.([]any)
	if !ok {
		return nil, fault.Internalf("redis: a reply holds %T where a list belongs", reply)
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], ok = item.(string); !ok {
			return nil, fault.Internalf("redis: a reply holds %T where text belongs", item)
		}
	}
	return texts, nil
}

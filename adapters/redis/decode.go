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

// decodeRecord reads one field of the hash of records: "<version> <revision> <length of refs> <refs><data>".
func decodeRecord(name, value string) (store.Record, error) {
	key, ok := parseField(name)
	if !ok {
		return store.Record{}, fault.Internalf("redis: %q names no record", name)
	}
	numbers, rest, ok := cutNumbers(value)
	r := store.Record{Key: key, Version: numbers[0], Revision: numbers[1]}
	refs := numbers[2]
	if !ok || refs > uint64(len(rest)) || r.Version == 0 || r.Revision == 0 {
		return store.Record{}, fault.Internalf("redis: the record %q has a broken header", name)
	}
	r.Data = []byte(rest[refs:])
	return r, nil
}

// decodeEntry reads one entry of a log: its id "<revision>-0" and its fields c, p and d, which commit.lua describes.
func decodeEntry(id string, fields []string) (store.Event, error) {
	rev, ok := strings.CutSuffix(id, "-0")
	if !ok || len(fields) != 6 || fields[0] != "c" || fields[2] != "p" || fields[4] != "d" {
		return store.Event{}, fault.Internalf("redis: the log entry %q is not one of ours", id)
	}
	head, err := makeHead(rev, fields[1])
	if err != nil {
		return store.Event{}, err
	}
	e := store.Event{Head: head}
	if e.Previous, err = parsePrevious(head.Revision, fields[3]); err != nil {
		return store.Event{}, err
	}
	for rest := fields[5]; rest != ""; {
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
	numbers, text, ok := cutNumbers(text[1:])
	version, fieldSize, dataSize := numbers[0], numbers[1], numbers[2]
	if !ok || fieldSize > uint64(len(text)) || dataSize > uint64(len(text))-fieldSize || deleted != (version == 0) || deleted && dataSize > 0 {
		return "", false
	}
	name, data, rest := text[:fieldSize], text[fieldSize:fieldSize+dataSize], text[fieldSize+dataSize:]
	key, ok := parseField(name)
	if !ok {
		return "", false
	}
	if deleted {
		e.Deletions = append(e.Deletions, key)
	} else {
		e.Puts = append(e.Puts, store.Record{Key: key, Version: version, Revision: e.Revision, Data: []byte(data)})
	}
	return rest, true
}

// cutNumbers takes three numbers off, each with a space behind it.
func cutNumbers(text string) (numbers [3]uint64, rest string, ok bool) {
	for i := range numbers {
		word, after, found := strings.Cut(text, " ")
		n, err := parseUint(word)
		if !found || err != nil {
			return numbers, "", false
		}
		numbers[i], text = n, after
	}
	return numbers, text, true
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

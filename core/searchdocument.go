package core

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/view"
)

// storedDocument is a record as searches see it: the members of its source, which is read when one of them is asked for, and what is known
// of who wrote it and when.
type storedDocument struct {
	id     string
	source []byte
	info   writtenBy
	root   jsonvalue.Value // the source, once it was read
}

// writtenBy is what _kuzzle_info tells.
type writtenBy struct {
	author, updater      string // empty: anonymous or the system
	createdAt, updatedAt time.Time
}

// ID implements query.Document.
func (d *storedDocument) ID() string { return d.id }

// Member implements query.Document.
func (d *storedDocument) Member(name string) jsonvalue.Value {
	if name == catalog.InfoField {
		return d.info.document()
	}
	if d.root.IsAbsent() {
		if !d.mentions(name) {
			return jsonvalue.Value{}
		}
		// A record whose source cannot be read never gets into a view; should one do, it has no members.
		root, err := jsonvalue.Parse(d.source, jsonvalue.Limits{MaxDepth: record.MaxDepth})
		if err != nil {
			root = jsonvalue.Object()
		}
		d.root = root
	}
	return d.root.Get(name)
}

// mentions tells whether a name may stand in the source at all: to look for it is cheaper than to read the source. Names with characters that
// JSON escapes, and sources with escapes, are not looked into.
func (d *storedDocument) mentions(name string) bool {
	if strings.ContainsAny(name, "\"\\") || bytes.IndexByte(d.source, '\\') >= 0 {
		return true
	}
	return bytes.Contains(d.source, []byte(name))
}

func (w writtenBy) document() jsonvalue.Value {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "author", Value: textOrNull(w.author)},
		jsonvalue.Member{Name: "createdAt", Value: timeOrNull(w.createdAt)},
		jsonvalue.Member{Name: "updatedAt", Value: timeOrNull(w.updatedAt)},
		jsonvalue.Member{Name: "updater", Value: textOrNull(w.updater)},
	)
}

func textOrNull(s string) jsonvalue.Value {
	if s == "" {
		return jsonvalue.Null()
	}
	return jsonvalue.String(s)
}

func timeOrNull(t time.Time) jsonvalue.Value {
	if t.IsZero() {
		return jsonvalue.Null()
	}
	return jsonvalue.Int(t.UnixMilli())
}

// searchMappings keeps the mappings of the collections that were searched, as they are read, so that a search need not read its own again.
type searchMappings struct {
	mu   sync.Mutex
	read map[catalog.Collection]readMapping
}

type readMapping struct {
	from   *catalog.Mapping // nil: the default one
	parsed *query.Mapping
}

// of gives the mapping that a collection has in a state.
func (m *searchMappings) of(s *view.State, c catalog.Collection) (*query.Mapping, error) {
	kept, ok := s.Mapping(c)
	if !ok {
		kept = nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.read[c]; ok && r.from == kept {
		return r.parsed, nil
	}
	v := catalog.DefaultMapping(c)
	if kept != nil {
		var err error
		if v, err = jsonvalue.Parse(kept.Source, jsonvalue.Limits{MaxDepth: record.MaxDepth}); err != nil {
			return nil, fault.Internalf("a stored mapping cannot be read: %w", err)
		}
	}
	parsed := query.ParseMapping(v)
	if m.read == nil {
		m.read = make(map[catalog.Collection]readMapping)
	}
	m.read[c] = readMapping{from: kept, parsed: parsed}
	return parsed, nil
}

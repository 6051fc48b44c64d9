package record

import (
	"fmt"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/store"
)

// MappingKey is the key of the record that keeps a collection's mapping.
func MappingKey(c catalog.Collection) store.Key { return store.Key{Kind: KindMapping, ID: c.ID()} }

// EncodeMapping gives the data of a mapping's record: what Mapping.Source is.
func EncodeMapping(source []byte) []byte {
	var e encoder
	e.bytes(fieldSource, source)
	return e.b
}

// DecodeMapping reads a record of the kind KindMapping.
func DecodeMapping(r store.Record) (*catalog.Mapping, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("mapping %q: %w", r.ID, err)
	}
	c, ok := catalog.ParseCollectionID(r.ID)
	if !ok {
		return nil, fmt.Errorf("mapping %q: the id names no collection", r.ID)
	}
	return &catalog.Mapping{Collection: c, Version: r.Version, Revision: r.Revision, Source: f.copied(fieldSource)}, nil
}

package record

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
)

// RoleKey is the key of a role's record.
func RoleKey(id string) store.Key { return store.Key{Kind: KindRole, ID: id} }

// IndexKey is the key of an index's record.
func IndexKey(name string) store.Key { return store.Key{Kind: KindIndex, ID: name} }

// EncodeIndex gives the data of an index's record that is written anew: the revision at which the index was made.
func EncodeIndex(created uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, fieldMadeAt, protowire.VarintType), created)
}

// DecodeIndex reads a record of the kind KindIndex. The first of an index has no data: its own revision is the one at which it was made.
func DecodeIndex(r store.Record) (created uint64, err error) {
	f, err := decode(r.Data)
	if err != nil {
		return 0, fmt.Errorf("index %q: %w", r.ID, err)
	}
	if created, ok := f.varints[fieldMadeAt]; ok {
		return created, nil
	}
	return r.Revision, nil
}

// CollectionKey is the key of a collection's record, which has no data.
func CollectionKey(c catalog.Collection) store.Key {
	return store.Key{Kind: KindCollection, ID: c.ID()}
}

// EncodeRole gives the data of a role's record.
func EncodeRole(r *access.Role) []byte {
	e := encoder{b: make([]byte, 0, 128)}
	e.time(fieldCreatedAt, r.CreatedAt)
	e.time(fieldUpdatedAt, r.UpdatedAt)
	e.text(fieldAuthor, r.Author)
	e.text(fieldUpdater, r.Updater)
	e.bytes(fieldSource, r.Source)
	return e.b
}

// DecodeRole reads a record of the kind KindRole.
func DecodeRole(r store.Record) (*access.Role, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("role %q: %w", r.ID, err)
	}
	role := &access.Role{
		ID: r.ID, Version: r.Version, Revision: r.Revision,
		CreatedAt: f.time(fieldCreatedAt), UpdatedAt: f.time(fieldUpdatedAt),
		Author: f.text(fieldAuthor), Updater: f.text(fieldUpdater), Source: f.copied(fieldSource),
	}
	definition, err := jsonvalue.Parse(role.Source, jsonvalue.Limits{MaxDepth: MaxDepth})
	if err != nil {
		return nil, fmt.Errorf("role %q: %w", r.ID, err)
	}
	if role.Rights, err = access.Grants(definition); err != nil {
		return nil, fmt.Errorf("role %q: %w", r.ID, err)
	}
	return role, nil
}

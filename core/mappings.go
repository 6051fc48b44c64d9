package core

import (
	"context"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Mapping reads a collection's mapping: an object with dynamic, properties and perhaps _meta. A collection that does not exist is
// Precondition collection_not_found or index_not_found.
func (t *Tenant) Mapping(ctx context.Context, _ Caller, c catalog.Collection, r Read) (jsonvalue.Value, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return jsonvalue.Value{}, err
	}
	if err := needCollection(s, c); err != nil {
		return jsonvalue.Value{}, err
	}
	m, ok := s.Mapping(c)
	return mappingOf(c, m, ok)
}

// UpdatedMapping is a mapping as it became, and the head of the log then.
type UpdatedMapping struct {
	Mapping jsonvalue.Value
	Head    store.Head
}

// UpdateMapping adds to a collection's mapping, as Kuzzle's updateMapping actions do: what is there stays, fields keep their types. The faults
// are Invalid invalid_mapping, mapping_type and mapping_fixed, and Precondition for a collection that does not exist.
func (t *Tenant) UpdateMapping(ctx context.Context, _ Caller, c catalog.Collection, change jsonvalue.Value) (UpdatedMapping, error) {
	var u UpdatedMapping
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		var commit store.Commit
		err := needCollection(s, c)
		if err != nil {
			return commit, err
		}
		if !c.IsInternal() {
			commit.Conditions = append(commit.Conditions, store.Condition{Key: record.CollectionKey(c), Require: store.Exists})
		}
		u.Mapping, err = changeMapping(&commit, s, c, change)
		return commit, err
	})
	u.Head = event.Head
	return u, err
}

// changeMapping adds to a commit what makes a change of a mapping, if it is one, and gives the mapping then.
func changeMapping(commit *store.Commit, s *view.State, c catalog.Collection, change jsonvalue.Value) (jsonvalue.Value, error) {
	m, kept := s.Mapping(c)
	old, err := mappingOf(c, m, kept)
	if err != nil {
		return jsonvalue.Value{}, err
	}
	merged, err := catalog.MergeMapping(old, change)
	if err != nil || merged.Equal(old) {
		return merged, err
	}
	key := record.MappingKey(c)
	at := store.Condition{Key: key, Require: store.Absent}
	if kept {
		at.Require, at.Version, at.Revision = store.AtVersion, m.Version, m.Revision
	}
	commit.Conditions = append(commit.Conditions, at)
	commit.Changes = append(commit.Changes, store.Change{Key: key, Data: record.EncodeMapping(merged.AppendTo(nil))})
	return merged, nil
}

func mappingOf(c catalog.Collection, m *catalog.Mapping, kept bool) (jsonvalue.Value, error) {
	if !kept {
		return catalog.DefaultMapping(c), nil
	}
	v, err := jsonvalue.Parse(m.Source, jsonvalue.Limits{MaxDepth: record.MaxDepth})
	if err != nil {
		return jsonvalue.Value{}, fault.Internalf("a stored mapping cannot be read: %w", err)
	}
	return v, nil
}

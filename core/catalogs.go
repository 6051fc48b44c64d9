package core

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// CreateIndex makes an index, as Kuzzle's index:create does. One that is there is AlreadyExists index_exists.
func (t *Tenant) CreateIndex(ctx context.Context, _ Caller, name string) (store.Head, error) {
	if err := catalog.CheckIndexName(name); err != nil {
		return store.Head{}, err
	}
	key := record.IndexKey(name)
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if s.HasIndex(name) {
			return store.Commit{}, indexExists(name)
		}
		return store.Commit{
			Conditions: []store.Condition{{Key: key, Require: store.Absent}},
			Changes:    []store.Change{{Key: key}},
		}, nil
	})
	return event.Head, err
}

// CreateCollection makes a collection, and its index where there is none, as Kuzzle's collection:create does. One that is there is left
// as it is.
func (t *Tenant) CreateCollection(ctx context.Context, c Caller, collection catalog.Collection) (store.Head, error) {
	return t.CreateMappedCollection(ctx, c, collection, jsonvalue.Value{})
}

// CreateMappedCollection is CreateCollection with a mapping, which one that is there is given too. An absent mapping is none.
func (t *Tenant) CreateMappedCollection(
	ctx context.Context, _ Caller, c catalog.Collection, mapping jsonvalue.Value,
) (store.Head, error) {
	if err := c.Check(); err != nil {
		return store.Head{}, err
	}
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		commit := collectionCreation(s, c)
		if mapping.IsAbsent() {
			return commit, nil
		}
		_, err := changeMapping(&commit, s, c, mapping)
		return commit, err
	})
	return event.Head, err
}

// collectionCreation writes what the state lacks. What it has must still be there in the moment of the commit. A new collection raises the
// version of its index, so that who deletes the index with the collections that it knows of does not leave this one behind.
func collectionCreation(s *view.State, c catalog.Collection) store.Commit {
	index, collection := store.Change{Key: record.IndexKey(c.Index)}, record.CollectionKey(c)
	indexed, collected := store.Condition{Key: index.Key, Require: store.Absent}, store.Condition{Key: collection, Require: store.Absent}
	if s.HasIndex(c.Index) {
		indexed.Require = store.Exists
		index.Data = record.EncodeIndex(s.IndexCreated(c.Index))
	}
	if s.HasCollection(c.Index, c.Name) {
		collected.Require = store.Exists
		return store.Commit{Conditions: []store.Condition{indexed, collected}}
	}
	return store.Commit{
		Conditions: []store.Condition{indexed, collected},
		Changes:    []store.Change{index, {Key: collection}},
	}
}

// IndexExists tells whether an index exists.
func (t *Tenant) IndexExists(ctx context.Context, _ Caller, name string, r Read) (bool, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return false, err
	}
	return s.HasIndex(name), nil
}

// Indexes lists the names of all indexes in the order in which they were made; those of one commit by their names.
func (t *Tenant) Indexes(ctx context.Context, _ Caller, r Read) ([]string, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	names := slices.Collect(s.Indexes())
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(s.IndexCreated(a), s.IndexCreated(b)) })
	return names, nil
}

// CollectionExists tells whether a collection exists.
func (t *Tenant) CollectionExists(ctx context.Context, _ Caller, c catalog.Collection, r Read) (bool, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return false, err
	}
	return s.HasCollection(c.Index, c.Name), nil
}

// Collections lists the names of an index's collections, in order. An index that does not exist is Precondition index_not_found.
func (t *Tenant) Collections(ctx context.Context, _ Caller, index string, r Read) ([]string, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if !s.HasIndex(index) {
		return nil, profile.IndexNotFound(index, "index")
	}
	return slices.Collect(s.Collections(index)), nil
}

func indexExists(name string) error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeIndexExists, Subject: fault.Subject{Kind: "index", ID: name},
		Message: fmt.Sprintf("The index %q already exists.", name),
	}
}

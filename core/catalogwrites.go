package core

import (
	"context"
	"slices"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// maxDeletions is how many records one commit deletes: far below what the store takes, so that no commit holds it up for long.
const maxDeletions = 8192

// DeleteCollection deletes a collection and its mapping, as Kuzzle's collection:delete does. One that does not exist is Precondition
// collection_not_found or index_not_found.
func (t *Tenant) DeleteCollection(ctx context.Context, _ Caller, c catalog.Collection) (store.Head, error) {
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if err := needCollection(s, c); err != nil {
			return store.Commit{}, err
		}
		return store.Commit{
			Conditions: []store.Condition{{Key: record.CollectionKey(c), Require: store.Exists}},
			Changes:    collectionDeletion(c),
		}, nil
	})
	return event.Head, err
}

// CheckCollection tells whether a collection exists: it is Precondition collection_not_found or index_not_found if it does not.
func (t *Tenant) CheckCollection(ctx context.Context, _ Caller, c catalog.Collection, r Read) error {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return err
	}
	return needCollection(s, c)
}

func needCollection(s *view.State, c catalog.Collection) error {
	switch {
	case c.IsInternal():
		return nil
	case !s.HasIndex(c.Index):
		return profile.IndexNotFound(c.Index, "index")
	case !s.HasCollection(c.Index, c.Name):
		return profile.CollectionsNotFound(c.Index, "collection", c.Name)
	}
	return nil
}

// collectionDeletion deletes the mapping even where this node knows of none: another may just be writing it.
func collectionDeletion(c catalog.Collection) []store.Change {
	return []store.Change{{Key: record.CollectionKey(c), Delete: true}, {Key: record.MappingKey(c), Delete: true}}
}

// DeleteIndex deletes an index with all its collections, as Kuzzle's index:delete does. One that does not exist is Precondition
// index_not_found.
func (t *Tenant) DeleteIndex(ctx context.Context, _ Caller, name string) (store.Head, error) {
	deleted, head, err := t.deleteIndexes(ctx, func(s *view.State) []string {
		if s.HasIndex(name) {
			return []string{name}
		}
		return nil
	})
	if err == nil && len(deleted) == 0 {
		err = profile.IndexNotFound(name, "index")
	}
	return head, err
}

// DeleteIndexes deletes those of the named indexes that exist, with all their collections, and tells which those were.
func (t *Tenant) DeleteIndexes(ctx context.Context, _ Caller, names []string) (deleted []string, head store.Head, err error) {
	return t.deleteIndexes(ctx, func(s *view.State) []string {
		var there []string
		for _, name := range names {
			if s.HasIndex(name) && !slices.Contains(there, name) {
				there = append(there, name)
			}
		}
		return there
	})
}

// ResetCatalog deletes all indexes with all their collections, as Kuzzle's admin:resetDatabase does.
func (t *Tenant) ResetCatalog(ctx context.Context, _ Caller) (store.Head, error) {
	_, head, err := t.deleteIndexes(ctx, func(s *view.State) []string { return slices.Collect(s.Indexes()) })
	return head, err
}

// deleteIndexes deletes the indexes that pick chooses, in one commit if that is not too large. Else the indexes go one after the other, each
// after its collections, so that at no time is there a collection without its index.
func (t *Tenant) deleteIndexes(ctx context.Context, pick func(*view.State) []string) (deleted []string, head store.Head, err error) {
	var names []string
	head, err = t.writeInParts(ctx, func(s *view.State) (store.Commit, bool, error) {
		picked := pick(s)
		var commit store.Commit
		commit, names = indexDeletion(s, picked)
		return commit, len(names) < len(picked), nil
	}, func() { deleted = append(deleted, names...) })
	return deleted, head, err
}

// indexDeletion is a commit that deletes indexes with their collections, as many as go into one, and the names of those indexes. Each must
// have no other collections than the state has.
func indexDeletion(s *view.State, names []string) (c store.Commit, whole []string) {
	for i, name := range names {
		version, revision, ok := s.IndexVersion(name)
		if !ok {
			continue
		}
		for collection := range s.Collections(name) {
			if len(c.Changes) >= maxDeletions {
				return c, names[:i]
			}
			c.Changes = append(c.Changes, collectionDeletion(catalog.Collection{Index: name, Name: collection})...)
		}
		key := record.IndexKey(name)
		c.Conditions = append(c.Conditions, store.Condition{Key: key, Require: store.AtVersion, Version: version, Revision: revision})
		c.Changes = append(c.Changes, store.Change{Key: key, Delete: true})
	}
	return c, names
}

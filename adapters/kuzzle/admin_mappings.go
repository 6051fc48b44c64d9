package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
)

// loadMappings is admin:loadMappings: collections, with their mappings, by index. What is there stays and gets the mappings besides. As with
// Kuzzle the collections are made one after the other, and what was made before one of them failed stays; but names and shapes are judged first.
func (a *API) loadMappings(ctx context.Context, c *call) (answer, error) {
	loaded, err := c.mappedCollections()
	if err != nil {
		return answer{}, err
	}
	var head store.Head
	for _, l := range loaded {
		if head, err = c.tenant.CreateMappedCollection(ctx, c.caller, l.collection, l.mapping); err != nil {
			return answer{}, err
		}
	}
	return answer{result: acknowledge(), head: head, waits: c.waits() && len(loaded) > 0}, nil
}

type mappedCollection struct {
	collection catalog.Collection
	mapping    jsonvalue.Value
}

func (c *call) mappedCollections() (all []mappedCollection, err error) {
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	if body.Kind() != jsonvalue.KindObject {
		return nil, kerror(idInvalidArgument, body, jsonvalue.String("object"))
	}
	for _, index := range body.Members() {
		if index.Value.Kind() != jsonvalue.KindObject {
			return nil, kerror(idInvalidArgument, index.Value, jsonvalue.String("object"))
		}
		for _, m := range index.Value.Members() {
			collection := catalog.Collection{Index: index.Name, Name: m.Name}
			if err := checkCollectionName(collection); err != nil {
				return nil, err
			}
			if m.Value.Kind() != jsonvalue.KindObject {
				return nil, kerror(idInvalidArgument, m.Value, jsonvalue.String("object"))
			}
			all = append(all, mappedCollection{collection, m.Value})
		}
	}
	return all, nil
}

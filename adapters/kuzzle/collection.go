package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// createCollection is collection:create. The mappings are kept; settings are accepted and mean nothing: no documents are stored here.
func (a *API) createCollection(ctx context.Context, c *call) (answer, error) {
	collection, err := c.collection()
	if err != nil {
		return answer{}, err
	}
	if err := checkCollectionName(collection); err != nil {
		return answer{}, err
	}
	mappings, err := c.mappings()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.CreateMappedCollection(ctx, c.caller, collection, mappings)
	if err != nil {
		return answer{}, err
	}
	return answer{result: acknowledged(), head: head, waits: c.waits()}, nil
}

// checkCollectionName refuses a collection that cannot be made.
func checkCollectionName(c catalog.Collection) error {
	if c.Name == hiddenCollection {
		return kerrorText("services.storage.collection_reserved", hiddenCollection)
	}
	return c.Check()
}

// hiddenCollection is what Kuzzle keeps in an index that has no collections.
const hiddenCollection = "_kuzzle_keep"

func acknowledged() jsonvalue.Value {
	return jsonvalue.Object(jsonvalue.Member{Name: "acknowledged", Value: jsonvalue.Bool(true)})
}

// collectionExists is collection:exists.
func (a *API) collectionExists(ctx context.Context, c *call) (answer, error) {
	collection, err := c.collection()
	if err != nil {
		return answer{}, err
	}
	exists, err := c.tenant.CollectionExists(ctx, c.caller, collection, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Bool(exists)}, nil
}

// The types of collections. There are no realtime ones here: nobody subscribes to documents.
const (
	typeAll      = "all"
	typeStored   = "stored"
	typeRealtime = "realtime"
)

// listCollections is collection:list.
func (a *API) listCollections(ctx context.Context, c *call) (answer, error) {
	q, err := c.collectionList()
	if err != nil {
		return answer{}, err
	}
	var names []string
	if q.kind != typeRealtime {
		if names, err = c.tenant.Collections(ctx, c.caller, q.index, c.local()); err != nil {
			return answer{}, err
		}
	}
	return answer{result: q.page(names)}, nil
}

// collection reads the arguments index and collection, which must both be there.
func (c *call) collection() (catalog.Collection, error) {
	index, err := c.name("index")
	if err != nil {
		return catalog.Collection{}, err
	}
	name, err := c.name("collection")
	return catalog.Collection{Index: index, Name: name}, err
}

type collectionList struct {
	index, kind string
	from, size  int
}

func (c *call) collectionList() (q collectionList, err error) {
	if q.index, err = c.name("index"); err != nil {
		return q, err
	}
	if q.from, err = c.integer("from", 0); err != nil {
		return q, err
	}
	if q.size, err = c.integer("size", 0); err != nil {
		return q, err
	}
	if q.kind, err = c.text("type", typeAll); err != nil {
		return q, err
	}
	if q.kind != typeAll && q.kind != typeStored && q.kind != typeRealtime {
		return q, fault.InvalidArgument("type", `"all", "stored", "realtime"`)
	}
	return q, nil
}

// page gives a part of the names, and tells which, if the request asked for one.
func (q collectionList) page(names []string) jsonvalue.Value {
	from := min(max(q.from, 0), len(names))
	names = names[from:]
	if q.size > 0 {
		names = names[:min(q.size, len(names))]
	}
	items := make([]jsonvalue.Value, len(names))
	for i, name := range names {
		items[i] = jsonvalue.Object(
			jsonvalue.Member{Name: "name", Value: jsonvalue.String(name)},
			jsonvalue.Member{Name: "type", Value: jsonvalue.String(typeStored)},
		)
	}
	result := jsonvalue.Object(
		jsonvalue.Member{Name: "collections", Value: jsonvalue.Array(items...)},
		jsonvalue.Member{Name: "type", Value: jsonvalue.String(q.kind)},
	)
	if q.from == 0 && q.size == 0 {
		return result
	}
	result = result.With("from", jsonvalue.Int(int64(q.from)))
	if q.size != 0 {
		result = result.With("size", jsonvalue.Int(int64(q.size)))
	}
	return result
}

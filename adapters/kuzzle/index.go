package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// createIndex is index:create. Its answer has no result.
func (a *API) createIndex(ctx context.Context, c *call) (answer, error) {
	index, err := c.name("index")
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.CreateIndex(ctx, c.caller, index)
	if err != nil {
		return answer{}, err
	}
	return answer{head: head, waits: c.waits()}, nil
}

// deleteIndex is index:delete.
func (a *API) deleteIndex(ctx context.Context, c *call) (answer, error) {
	index, err := c.name("index")
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.DeleteIndex(ctx, c.caller, index)
	if err != nil {
		return answer{}, err
	}
	return answer{result: acknowledged(), head: head, waits: c.waits()}, nil
}

// mDeleteIndexes is index:mDelete: of the named indexes those go that exist and that the caller may delete one by one.
func (a *API) mDeleteIndexes(ctx context.Context, c *call) (answer, error) {
	names, err := c.bodyTexts("indexes")
	if err != nil {
		return answer{}, err
	}
	var allowed []string
	for _, name := range names {
		may, err := c.tenant.Allows(ctx, c.caller.Actor(), access.Request{Controller: "index", Action: "delete", Index: name})
		if err != nil {
			return answer{}, err
		}
		if may {
			allowed = append(allowed, name)
		}
	}
	deleted, head, err := c.tenant.DeleteIndexes(ctx, c.caller, allowed)
	if err != nil {
		return answer{}, err
	}
	return answer{
		result: jsonvalue.Object(jsonvalue.Member{Name: "deleted", Value: texts(deleted)}),
		head:   head, waits: c.waits() && len(deleted) > 0,
	}, nil
}

// indexStats is index:stats. No documents are stored here: what there is takes no space.
func (a *API) indexStats(ctx context.Context, c *call) (answer, error) {
	names, err := c.tenant.Indexes(ctx, c.caller, c.local())
	if err != nil {
		return answer{}, err
	}
	indexes := make([]jsonvalue.Value, 0, len(names))
	for _, name := range names {
		collections, err := c.tenant.Collections(ctx, c.caller, name, c.local())
		if fault.HasCode(err, fault.CodeIndexNotFound) {
			continue // it was deleted since it was listed
		}
		if err != nil {
			return answer{}, err
		}
		if len(collections) > 0 {
			indexes = append(indexes, emptyIndex(name, collections))
		}
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "indexes", Value: jsonvalue.Array(indexes...)},
		jsonvalue.Member{Name: "size", Value: jsonvalue.Int(0)},
	)}, nil
}

func emptyIndex(name string, collections []string) jsonvalue.Value {
	items := make([]jsonvalue.Value, len(collections))
	for i, collection := range collections {
		items[i] = jsonvalue.Object(
			jsonvalue.Member{Name: "documentCount", Value: jsonvalue.Int(0)},
			jsonvalue.Member{Name: "name", Value: jsonvalue.String(collection)},
			jsonvalue.Member{Name: "size", Value: jsonvalue.Int(0)},
		)
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "collections", Value: jsonvalue.Array(items...)},
		jsonvalue.Member{Name: "name", Value: jsonvalue.String(name)},
		jsonvalue.Member{Name: "size", Value: jsonvalue.Int(0)},
	)
}

// indexExists is index:exists.
func (a *API) indexExists(ctx context.Context, c *call) (answer, error) {
	index, err := c.name("index")
	if err != nil {
		return answer{}, err
	}
	exists, err := c.tenant.IndexExists(ctx, c.caller, index, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Bool(exists)}, nil
}

// listIndexes is index:list.
func (a *API) listIndexes(ctx context.Context, c *call) (answer, error) {
	counted, err := c.flag("countCollection")
	if err != nil {
		return answer{}, err
	}
	indexes, err := c.tenant.Indexes(ctx, c.caller, c.local())
	if err != nil {
		return answer{}, err
	}
	result := jsonvalue.Object(jsonvalue.Member{Name: "indexes", Value: texts(indexes)})
	if !counted {
		return answer{result: result}, nil
	}
	counts := make([]jsonvalue.Member, len(indexes))
	for i, index := range indexes {
		collections, err := c.tenant.Collections(ctx, c.caller, index, c.local())
		if err != nil && !fault.HasCode(err, fault.CodeIndexNotFound) { // it may have been deleted since it was listed
			return answer{}, err
		}
		counts[i] = jsonvalue.Member{Name: index, Value: jsonvalue.Int(int64(len(collections)))}
	}
	return answer{result: result.With("collections", jsonvalue.Object(counts...))}, nil
}

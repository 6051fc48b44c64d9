package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
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

// indexExists is index:exists.
func (a *API) indexExists(ctx context.Context, c *call) (answer, error) {
	index, err := c.name("index")
	if err != nil {
		return answer{}, err
	}
	exists, err := c.tenant.IndexExists(ctx, c.caller, index, core.Read{})
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
	indexes, err := c.tenant.Indexes(ctx, c.caller, core.Read{Local: true})
	if err != nil {
		return answer{}, err
	}
	result := jsonvalue.Object(jsonvalue.Member{Name: "indexes", Value: texts(indexes)})
	if !counted {
		return answer{result: result}, nil
	}
	counts := make([]jsonvalue.Member, len(indexes))
	for i, index := range indexes {
		collections, err := c.tenant.Collections(ctx, c.caller, index, core.Read{Local: true})
		if err != nil {
			return answer{}, err
		}
		counts[i] = jsonvalue.Member{Name: index, Value: jsonvalue.Int(int64(len(collections)))}
	}
	return answer{result: result.With("collections", jsonvalue.Object(counts...))}, nil
}

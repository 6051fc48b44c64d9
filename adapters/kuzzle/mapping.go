package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// deleteCollection is collection:delete.
func (a *API) deleteCollection(ctx context.Context, c *call) (answer, error) {
	collection, err := c.collection()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.DeleteCollection(ctx, c.caller, collection)
	if err != nil {
		return answer{}, missing(collection, err)
	}
	return answer{result: jsonvalue.Null(), head: head, waits: c.waits()}, nil
}

// truncateCollection is collection:truncate. There are no documents that it could delete.
func (a *API) truncateCollection(ctx context.Context, c *call) (answer, error) {
	if err := c.checkCollection(ctx); err != nil {
		return answer{}, err
	}
	return answer{result: acknowledged()}, nil
}

// refreshCollection is collection:refresh. There are no documents that a search could not find yet.
func (a *API) refreshCollection(ctx context.Context, c *call) (answer, error) {
	if err := c.checkCollection(ctx); err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Null()}, nil
}

// getSettings is collection:getSettings. There is no index of a search engine behind a collection: told are the settings with which Kuzzle
// makes one.
func (a *API) getSettings(ctx context.Context, c *call) (answer, error) {
	if err := c.checkCollection(ctx); err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "number_of_replicas", Value: jsonvalue.String("1")},
		jsonvalue.Member{Name: "number_of_shards", Value: jsonvalue.String("1")},
	)}, nil
}

func (c *call) checkCollection(ctx context.Context) error {
	collection, err := c.collection()
	if err != nil {
		return err
	}
	return missing(collection, c.tenant.CheckCollection(ctx, c.caller, collection, c.recent()))
}

// getMapping is collection:getMapping.
func (a *API) getMapping(ctx context.Context, c *call) (answer, error) {
	collection, err := c.collection()
	if err != nil {
		return answer{}, err
	}
	withInfo, err := c.flag("includeKuzzleMeta")
	if err != nil {
		return answer{}, err
	}
	mapping, err := c.tenant.Mapping(ctx, c.caller, collection, c.recent())
	if err != nil {
		return answer{}, missing(collection, err)
	}
	if !withInfo {
		mapping = mapping.With("properties", mapping.Get("properties").Without(catalog.InfoField))
	}
	return answer{result: mapping}, nil
}

// updateMapping is collection:updateMapping.
func (a *API) updateMapping(ctx context.Context, c *call) (answer, error) {
	collection, err := c.collection()
	if err != nil {
		return answer{}, err
	}
	body, err := c.body()
	if err != nil {
		return answer{}, err
	}
	updated, err := c.tenant.UpdateMapping(ctx, c.caller, collection, body)
	if err != nil {
		return answer{}, missing(collection, err)
	}
	return answer{result: updated.Mapping, head: updated.Head, waits: c.waits()}, nil
}

// updateCollection is collection:update.
func (a *API) updateCollection(ctx context.Context, c *call) (answer, error) {
	collection, err := c.collection()
	if err != nil {
		return answer{}, err
	}
	mappings := c.Body.Get("mappings")
	if mappings.IsAbsent() {
		mappings = jsonvalue.Object()
	}
	updated, err := c.tenant.UpdateMapping(ctx, c.caller, collection, mappings)
	if err != nil {
		return answer{}, missing(collection, err)
	}
	return answer{result: jsonvalue.Null(), head: updated.Head, waits: c.waits()}, nil
}

// mappings are the body's; an old form has them as the body itself. Absent: there are none.
func (c *call) mappings() (jsonvalue.Value, error) {
	for _, name := range [...]string{"properties", "dynamic", "_meta"} {
		if truthy(c.Body.Get(name)) {
			return c.Body, nil
		}
	}
	v := c.Body.Get("mappings")
	if !v.IsAbsent() && v.Kind() != jsonvalue.KindObject {
		return v, fault.InvalidType("body.mappings", "object")
	}
	return v, nil
}

// missing tells a collection that does not exist by its name; only policies tell a list of names.
func missing(c catalog.Collection, err error) error {
	if fault.HasCode(err, fault.CodeCollectionNotFound) {
		return kerrorText("services.storage.unknown_collection", c.Index, c.Name)
	}
	return err
}

// getSecurityMapping is security:get…Mapping of one of Kuzzle's own collections.
func getSecurityMapping(collection catalog.Collection) handler {
	return func(_ *API, ctx context.Context, c *call) (answer, error) {
		mapping, err := c.tenant.Mapping(ctx, c.caller, collection, c.recent())
		if err != nil {
			return answer{}, err
		}
		properties := mapping.Get("properties").Without(catalog.InfoField)
		return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "mapping", Value: properties})}, nil
	}
}

// updateSecurityMapping is security:update…Mapping of one of Kuzzle's own collections.
func updateSecurityMapping(collection catalog.Collection) handler {
	return func(_ *API, ctx context.Context, c *call) (answer, error) {
		body, err := c.body()
		if err != nil {
			return answer{}, err
		}
		updated, err := c.tenant.UpdateMapping(ctx, c.caller, collection, body)
		if err != nil {
			return answer{}, err
		}
		return answer{result: updated.Mapping, head: updated.Head, waits: c.waits()}, nil
	}
}

package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// acknowledge is how most actions of the controller admin say that they are done.
func acknowledge() jsonvalue.Value {
	return jsonvalue.Object(jsonvalue.Member{Name: "acknowledge", Value: jsonvalue.Bool(true)})
}

// resetSecurity is admin:resetSecurity. It always waits for all nodes, as Kuzzle's does.
func (a *API) resetSecurity(ctx context.Context, c *call) (answer, error) {
	reset, err := c.tenant.ResetSecurity(ctx, c.caller)
	if err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "deletedUsers", Value: jsonvalue.Int(int64(reset.Users))},
		jsonvalue.Member{Name: "deletedProfiles", Value: jsonvalue.Int(int64(reset.Profiles))},
		jsonvalue.Member{Name: "deletedRoles", Value: jsonvalue.Int(int64(reset.Roles))},
	), head: reset.Head, waits: true}, nil
}

// resetDatabase is admin:resetDatabase.
func (a *API) resetDatabase(ctx context.Context, c *call) (answer, error) {
	head, err := c.tenant.ResetCatalog(ctx, c.caller)
	if err != nil {
		return answer{}, err
	}
	return answer{result: acknowledge(), head: head, waits: true}, nil
}

// resetCache is admin:resetCache. What Kuzzle caches, a node has as its view, which is never wrong: there is nothing to forget.
func (a *API) resetCache(_ context.Context, c *call) (answer, error) {
	database := c.Args.Get("database")
	if !truthy(database) {
		return answer{}, fault.MissingArgument("database")
	}
	if database.Kind() != jsonvalue.KindString {
		return answer{}, fault.InvalidType("database", "string")
	}
	if name := database.Text(); name != "internalCache" && name != "memoryStorage" {
		return answer{}, kerrorText("services.cache.database_not_found", name)
	}
	return answer{result: acknowledge()}, nil
}

// refreshIndexCache is admin:refreshIndexCache, which has no result. The view is never behind for longer than a read would wait.
func (a *API) refreshIndexCache(context.Context, *call) (answer, error) { return answer{}, nil }

// refreshSecurity is security:refresh: once it is answered, searches on every node find all that was written before.
func (a *API) refreshSecurity(ctx context.Context, c *call) (answer, error) {
	collection, err := c.name("collection")
	if err != nil {
		return answer{}, err
	}
	if collection != "users" && collection != "profiles" && collection != "roles" {
		return answer{}, kerror(idUnexpectedArg, jsonvalue.String(collection), texts([]string{"users", "profiles", "roles"}))
	}
	head, err := c.tenant.Head(ctx)
	if err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Null(), head: head, waits: true}, nil
}

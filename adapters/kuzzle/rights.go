package kuzzle

import (
	"context"
	"strconv"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// getProfileRights is security:getProfileRights.
func (a *API) getProfileRights(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	return rightsAnswer(c.tenant.ProfileRights(ctx, c.caller, id, c.recent()))
}

// getMyRights is auth:getMyRights.
func (a *API) getMyRights(ctx context.Context, c *call) (answer, error) {
	return rightsAnswer(c.tenant.ActorRights(ctx, c.caller, c.caller.Actor(), c.local()))
}

func rightsAnswer(rights []access.Right, err error) (answer, error) {
	if fault.HasCode(err, fault.CodeTooLarge) {
		return answer{}, kerror(idFetchLimit)
	}
	if err != nil {
		return answer{}, err
	}
	items := make([]jsonvalue.Value, len(rights))
	for i, r := range rights {
		value := "denied"
		if r.Allowed {
			value = "allowed"
		}
		items[i] = jsonvalue.Object(
			jsonvalue.Member{Name: "action", Value: jsonvalue.String(r.Action)},
			jsonvalue.Member{Name: "collection", Value: jsonvalue.String(r.Collection)},
			jsonvalue.Member{Name: "controller", Value: jsonvalue.String(r.Controller)},
			jsonvalue.Member{Name: "index", Value: jsonvalue.String(r.Index)},
			jsonvalue.Member{Name: "value", Value: jsonvalue.String(value)},
		)
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "hits", Value: jsonvalue.Array(items...)},
		jsonvalue.Member{Name: "total", Value: jsonvalue.Int(int64(len(items)))},
	)}, nil
}

// checkMyRights is auth:checkRights: may the caller do what the body says?
func (a *API) checkMyRights(ctx context.Context, c *call) (answer, error) {
	asked, err := c.askedRight()
	if err != nil {
		return answer{}, err
	}
	return allowedAnswer(c.tenant.Allows(ctx, c.caller.Actor(), asked))
}

// checkRights is security:checkRights: may a user do what the body says?
func (a *API) checkRights(ctx context.Context, c *call) (answer, error) {
	id := c.Args.Get("userId")
	if !truthy(id) {
		return answer{}, fault.MissingArgument("userId")
	}
	if id.Kind() != jsonvalue.KindString {
		return answer{}, fault.InvalidType("userId", "string")
	}
	asked, err := c.askedRight()
	if err != nil {
		return answer{}, err
	}
	actor, err := c.tenant.UserActor(ctx, c.caller, id.Text(), c.recent())
	if err != nil {
		return answer{}, err
	}
	return allowedAnswer(c.tenant.Allows(ctx, actor, asked))
}

// askedRight reads the request that the body describes.
func (c *call) askedRight() (access.Request, error) {
	body, err := c.body()
	if err != nil {
		return access.Request{}, err
	}
	for _, name := range [...]string{"controller", "action"} {
		if body.Get(name).Kind() != jsonvalue.KindString {
			return access.Request{}, fault.MissingArgument("body." + name)
		}
	}
	asked := access.Request{
		Controller: body.Get("controller").Text(), Action: body.Get("action").Text(),
		Index: body.Get("index").Text(), Collection: body.Get("collection").Text(),
	}
	targets := body.Get("targets")
	if targets.IsAbsent() {
		return asked, nil
	}
	if targets.Kind() != jsonvalue.KindArray {
		return access.Request{}, fault.InvalidType("targets", "array")
	}
	asked.Targets, err = parseTargets("targets", targets.Items())
	if len(asked.Targets) > 0 {
		asked.Index, asked.Collection = "", "" // targets stand for them, as where a request is judged
	}
	return asked, err
}

// parseTargets reads the places that a request is for: objects with an index and its collections, each of which may be missing. path is what
// faults call the list.
func parseTargets(path string, list []jsonvalue.Value) ([]access.Target, error) {
	targets := make([]access.Target, len(list))
	for i, item := range list {
		at := path + "[" + strconv.Itoa(i) + "]"
		if item.Kind() != jsonvalue.KindObject {
			return nil, fault.InvalidType(at, "object")
		}
		index, collections := item.Get("index"), item.Get("collections")
		if !truthy(index) || !truthy(collections) {
			continue
		}
		if index.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType(at+".index", "string")
		}
		names, err := targetCollections(at+".collections", collections)
		if err != nil {
			return nil, err
		}
		targets[i] = access.Target{Index: index.Text(), Collections: names}
	}
	return targets, nil
}

func targetCollections(path string, v jsonvalue.Value) ([]string, error) {
	if v.Kind() != jsonvalue.KindArray {
		return nil, fault.InvalidType(path, "string[]")
	}
	names := make([]string, v.Len())
	for i, item := range v.Items() {
		if item.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType(path, "string[]")
		}
		names[i] = item.Text()
	}
	return names, nil
}

func allowedAnswer(allowed bool, err error) (answer, error) {
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "allowed", Value: jsonvalue.Bool(allowed)})}, err
}

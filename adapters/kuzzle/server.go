package kuzzle

import (
	"context"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// spokenVersion is the version of Kuzzle whose API this is.
const spokenVersion = "2.56.0"

// now is server:now.
func (a *API) now(_ context.Context, c *call) (answer, error) {
	millis := jsonvalue.Int(c.tenant.Now().UnixMilli())
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "now", Value: millis})}, nil
}

// adminExists is server:adminExists.
func (a *API) adminExists(ctx context.Context, c *call) (answer, error) {
	exists, err := c.tenant.AdminExists(ctx, c.caller, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "exists", Value: jsonvalue.Bool(exists)})}, nil
}

// healthCheck is server:healthCheck. All of Kuzzle's services are one store here.
func (a *API) healthCheck(_ context.Context, c *call) (answer, error) {
	ans, color := answer{}, "green"
	if err := c.tenant.Ready(); err != nil {
		color = "red"
		ans.failure = kerrorText(idUnavailable, "the store cannot be reached")
	}
	var services []jsonvalue.Member
	for _, name := range [...]string{"internalCache", "memoryStorage", "storageEngine"} {
		if c.asksFor(name) {
			services = append(services, jsonvalue.Member{Name: name, Value: jsonvalue.String(color)})
		}
	}
	ans.result = jsonvalue.Object(
		jsonvalue.Member{Name: "services", Value: jsonvalue.Object(services...)},
		jsonvalue.Member{Name: "status", Value: jsonvalue.String(color)},
	)
	return ans, nil
}

// asksFor tells whether the argument services names a service; without it all are meant.
func (c *call) asksFor(service string) bool {
	wanted := c.Args.Get("services")
	if wanted.Kind() != jsonvalue.KindString {
		return true
	}
	for name := range strings.SplitSeq(wanted.Text(), ",") {
		if name == service {
			return true
		}
	}
	return false
}

// publicAPI is server:publicApi.
func (a *API) publicAPI(context.Context, *call) (answer, error) {
	return answer{result: a.describe()}, nil
}

// describe tells the actions that are served and their routes, from which SDKs build their URLs. What has no routes is for messages only.
func (a *API) describe() jsonvalue.Value {
	api := jsonvalue.Object()
	for _, row := range a.actions {
		if row.handle == nil || len(row.routes) == 0 {
			continue
		}
		controller := api.Get(row.controller)
		api = api.With(row.controller, controller.With(row.name, row.describe()))
	}
	return api
}

func (a action) describe() jsonvalue.Value {
	var routes []jsonvalue.Value
	for _, r := range a.routes {
		path := jsonvalue.String(r.path)
		routes = append(routes, jsonvalue.Object(
			jsonvalue.Member{Name: "path", Value: path},
			jsonvalue.Member{Name: "url", Value: path},
			jsonvalue.Member{Name: "verb", Value: jsonvalue.String(r.verb)},
		))
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "action", Value: jsonvalue.String(a.name)},
		jsonvalue.Member{Name: "controller", Value: jsonvalue.String(a.controller)},
		jsonvalue.Member{Name: "http", Value: jsonvalue.Array(routes...)},
	)
}

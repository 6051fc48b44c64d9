package kuzzle

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/profilegate/profilegate/core"
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
	exists, err := c.tenant.AdminExists(ctx, c.caller, core.Read{})
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

// info is server:info.
func (a *API) info(context.Context, *call) (answer, error) {
	api := jsonvalue.Object(jsonvalue.Member{Name: "routes", Value: a.describe()})
	kuzzle := jsonvalue.Object(
		jsonvalue.Member{Name: "api", Value: api},
		jsonvalue.Member{Name: "application", Value: jsonvalue.Object()},
		jsonvalue.Member{Name: "nodeVersion", Value: jsonvalue.String(runtime.Version())},
		jsonvalue.Member{Name: "plugins", Value: jsonvalue.Object()},
		jsonvalue.Member{Name: "uptime", Value: jsonvalue.String(strconv.FormatFloat(time.Since(a.started).Seconds(), 'f', 3, 64) + "s")},
		jsonvalue.Member{Name: "version", Value: jsonvalue.String(spokenVersion)},
	)
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "serverInfo", Value: jsonvalue.Object(
		jsonvalue.Member{Name: "kuzzle", Value: kuzzle},
		jsonvalue.Member{Name: "services", Value: jsonvalue.Object()},
	)})}, nil
}

// getConfig is server:getConfig, of what Kuzzle's configuration holds only what means something here.
func (a *API) getConfig(context.Context, *call) (answer, error) {
	server := jsonvalue.Object(jsonvalue.Member{Name: "maxRequestSize", Value: jsonvalue.Int(a.limits.BodyBytes)})
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "limits", Value: a.limitsTold()},
		jsonvalue.Member{Name: "server", Value: server},
		jsonvalue.Member{Name: "version", Value: jsonvalue.String(spokenVersion)},
	)}, nil
}

// capabilities is server:capabilities.
func (a *API) capabilities(context.Context, *call) (answer, error) {
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "limits", Value: a.limitsTold()},
		jsonvalue.Member{Name: "plugins", Value: jsonvalue.Object()},
		jsonvalue.Member{Name: "routes", Value: a.describe()},
		jsonvalue.Member{Name: "services", Value: jsonvalue.Object()},
		jsonvalue.Member{Name: "version", Value: jsonvalue.String(spokenVersion)},
	)}, nil
}

func (a *API) limitsTold() jsonvalue.Value {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "documentsFetchCount", Value: jsonvalue.Int(maxFetch)},
		jsonvalue.Member{Name: "documentsWriteCount", Value: jsonvalue.Int(maxWrites)},
		jsonvalue.Member{Name: "loginsPerSecond", Value: jsonvalue.Int(a.limits.LoginsPerSecond)},
	)
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

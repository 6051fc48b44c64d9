package kuzzle

import (
	"context"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// info is server:info.
func (a *API) info(context.Context, *call) (answer, error) {
	api := jsonvalue.Object(jsonvalue.Member{Name: "routes", Value: a.describe()})
	var services []jsonvalue.Member // of Kuzzle's all are one store here, which tells nothing of itself
	for _, name := range [...]string{"internalCache", "internalStorage", "memoryStorage", "publicStorage"} {
		services = append(services, jsonvalue.Member{Name: name, Value: jsonvalue.Object()})
	}
	kuzzle := jsonvalue.Object(
		jsonvalue.Member{Name: "api", Value: api},
		jsonvalue.Member{Name: "application", Value: jsonvalue.Object()},
		jsonvalue.Member{Name: "memoryUsed", Value: jsonvalue.Int(memoryUsed())},
		jsonvalue.Member{Name: "nodeVersion", Value: jsonvalue.String(runtime.Version())},
		jsonvalue.Member{Name: "plugins", Value: jsonvalue.Object()},
		jsonvalue.Member{Name: "system", Value: jsonvalue.Object(jsonvalue.Member{Name: "cpus", Value: cpus()})},
		jsonvalue.Member{Name: "uptime", Value: jsonvalue.String(strconv.FormatFloat(time.Since(a.started).Seconds(), 'f', 3, 64) + "s")},
		jsonvalue.Member{Name: "version", Value: jsonvalue.String(spokenVersion)},
	)
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "serverInfo", Value: jsonvalue.Object(
		jsonvalue.Member{Name: "kuzzle", Value: kuzzle},
		jsonvalue.Member{Name: "services", Value: jsonvalue.Object(services...)},
	)})}, nil
}

// memoryUsed is how much memory the process has from the system, in bytes.
func memoryUsed() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64())
}

// cpus lists the processors that the process may use, of which nothing else is known.
func cpus() jsonvalue.Value {
	list := make([]jsonvalue.Value, runtime.NumCPU())
	for i := range list {
		list[i] = jsonvalue.Object(jsonvalue.Member{Name: "model", Value: jsonvalue.String(runtime.GOARCH)})
	}
	return jsonvalue.Array(list...)
}

// getConfig is server:getConfig. Of Kuzzle's configuration it tells what means something here; the sections of what there is not are empty.
func (a *API) getConfig(context.Context, *call) (answer, error) {
	none := func(name string) jsonvalue.Member { return jsonvalue.Member{Name: name, Value: jsonvalue.Object()} }
	number := func(name string, n int64) jsonvalue.Member {
		return jsonvalue.Member{Name: name, Value: jsonvalue.Int(n)}
	}
	stats := jsonvalue.Object(
		jsonvalue.Member{Name: "enabled", Value: jsonvalue.Bool(true)},
		number("statsInterval", int64(framePeriod.Seconds())), number("ttl", int64(framePeriod.Seconds())*keptFrames),
	)
	return answer{result: jsonvalue.Object(
		none("dump"), none("internal"),
		jsonvalue.Member{Name: "limits", Value: a.limitsTold()},
		none("plugins"), none("realtime"), none("repositories"),
		jsonvalue.Member{Name: "server", Value: jsonvalue.Object(number("maxRequestSize", a.limits.BodyBytes))},
		none("services"),
		jsonvalue.Member{Name: "stats", Value: stats},
		none("validation"),
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

package kuzzle

import (
	"context"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// getStats is server:getStats: the frames of a span of time.
func (a *API) getStats(ctx context.Context, c *call) (answer, error) {
	from, err := c.moment("startTime")
	if err != nil {
		return answer{}, err
	}
	to, err := c.moment("stopTime")
	if err != nil {
		return answer{}, err
	}
	return a.tellFrames(ctx, from, to)
}

// getAllStats is server:getAllStats.
func (a *API) getAllStats(ctx context.Context, _ *call) (answer, error) {
	return a.tellFrames(ctx, time.Time{}, time.Time{})
}

// getLastStats is server:getLastStats.
func (a *API) getLastStats(ctx context.Context, _ *call) (answer, error) {
	s, now, err := a.statisticsOf(ctx)
	if err != nil {
		return answer{}, err
	}
	return answer{result: s.last(now()).tell()}, nil
}

func (a *API) tellFrames(ctx context.Context, from, to time.Time) (answer, error) {
	s, now, err := a.statisticsOf(ctx)
	if err != nil {
		return answer{}, err
	}
	frames := s.between(from, to, now())
	told := make([]jsonvalue.Value, len(frames))
	for i, f := range frames {
		told[i] = f.tell()
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "hits", Value: jsonvalue.Array(told...)},
		jsonvalue.Member{Name: "total", Value: jsonvalue.Int(int64(len(told)))},
	)}, nil
}

func (f frame) tell() jsonvalue.Value {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "timestamp", Value: jsonvalue.Int(f.at.UnixMilli())},
		jsonvalue.Member{Name: "completedRequests", Value: f.completed.tell()},
		jsonvalue.Member{Name: "connections", Value: f.connections.tell()},
		jsonvalue.Member{Name: "failedRequests", Value: f.failed.tell()},
		jsonvalue.Member{Name: "ongoingRequests", Value: f.ongoing.tell()},
	)
}

// tell leaves out the protocols of which there is nothing to tell.
func (t tally) tell() jsonvalue.Value {
	var members []jsonvalue.Member
	for p, n := range t {
		if n != 0 {
			members = append(members, jsonvalue.Member{Name: protocolNames[p], Value: jsonvalue.Int(n)})
		}
	}
	return jsonvalue.Object(members...)
}

func (t tally) sum() (n int64) {
	for _, of := range t {
		n += of
	}
	return n
}

// moment is an argument that is a time: milliseconds since 1970, or text that says a date. The zero time where it is not there.
func (c *call) moment(name string) (time.Time, error) {
	v := c.Args.Get(name)
	if !truthy(v) {
		return time.Time{}, nil
	}
	if v.Kind() != jsonvalue.KindString || literalEnd(v.Text()) == len(v.Text()) {
		if millis, ok := parsedFloat(v); ok {
			return time.UnixMilli(int64(max(min(millis, maxSafeInteger), -maxSafeInteger))), nil
		}
	}
	for _, layout := range [...]string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, v.Text()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.InvalidArgument(name, "number")
}

// nodeMetrics is server:metrics. Nobody subscribes to anything here, and no request waits for another to end before it begins.
func (a *API) nodeMetrics(ctx context.Context, _ *call) (answer, error) {
	s, now, err := a.statisticsOf(ctx)
	if err != nil {
		return answer{}, err
	}
	f := s.present(now())
	number := func(name string, n int64) jsonvalue.Member {
		return jsonvalue.Member{Name: name, Value: jsonvalue.Int(n)}
	}
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "api", Value: jsonvalue.Object(number("concurrentRequests", f.ongoing.sum()), number("pendingRequests", 0))},
		jsonvalue.Member{Name: "network", Value: jsonvalue.Object(jsonvalue.Member{Name: "connections", Value: f.connections.tell()})},
		jsonvalue.Member{Name: "realtime", Value: jsonvalue.Object(number("rooms", 0), number("subscriptions", 0))},
	)}, nil
}

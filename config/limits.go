package config

import "time"

// Limits is what one client may ask of the gateway before it is refused. They hold for every tenant.
type Limits struct {
	BodyBytes                     int           `mapstructure:"body_bytes" doc:"Most bytes of one request body or message, from 1024 to 4194304."`
	JSONDepth                     int           `mapstructure:"json_depth" doc:"Deepest nesting of a JSON body or message, from 8 to 1000."`
	HeaderBytes                   int           `mapstructure:"header_bytes" doc:"Most bytes of a request's headers or metadata, from 4096 to 1048576."`
	Connections                   int           `mapstructure:"connections" doc:"Most connections open at all listeners but admin ones together, from 1 to 1000000; fewer where the process may open fewer files. Beyond it a newcomer takes the place of the longest silent connection of the address that holds the most."`
	RequestsInFlightPerConnection int           `mapstructure:"requests_in_flight_per_connection" doc:"Most requests that one connection may have under way, from 1 to 10000."`
	LoginsPerSecond               int           `mapstructure:"logins_per_second" doc:"Most logins that one connection of JSON messages may try in a second, from 1 to 1000000."`
	ReadHeaderTimeout             time.Duration `mapstructure:"read_header_timeout" doc:"How long a client may take to send the headers of a request, from 100ms to 1m."`
	BodyTimeout                   time.Duration `mapstructure:"body_timeout" doc:"How long a client may take to send a request body, from 100ms to 10m."`
	WriteTimeout                  time.Duration `mapstructure:"write_timeout" doc:"How long a client may take to read an answer, from 100ms to 10m."`
	IdleTimeout                   time.Duration `mapstructure:"idle_timeout" doc:"How long a connection may stay open without a request, from 1s to 24h."`
	PageSize                      int           `mapstructure:"page_size" doc:"Most records in one answer of a search or list, from 1 to 10000."`
}

func defaultLimits() Limits {
	return Limits{
		BodyBytes:                     1 << 20,
		JSONDepth:                     128,
		HeaderBytes:                   64 << 10,
		Connections:                   10000,
		RequestsInFlightPerConnection: 64,
		LoginsPerSecond:               1,
		ReadHeaderTimeout:             5 * time.Second,
		BodyTimeout:                   15 * time.Second,
		WriteTimeout:                  15 * time.Second,
		IdleTimeout:                   2 * time.Minute,
		PageSize:                      10000,
	}
}

func (l Limits) validate(r report) {
	inRange(r.key("body_bytes"), l.BodyBytes, 1024, 4<<20)
	inRange(r.key("json_depth"), l.JSONDepth, 8, 1000)
	inRange(r.key("header_bytes"), l.HeaderBytes, 4<<10, 1<<20)
	inRange(r.key("connections"), l.Connections, 1, 1000000)
	inRange(r.key("requests_in_flight_per_connection"), l.RequestsInFlightPerConnection, 1, 10000)
	inRange(r.key("logins_per_second"), l.LoginsPerSecond, 1, 1000000)
	inRange(r.key("read_header_timeout"), l.ReadHeaderTimeout, 100*time.Millisecond, time.Minute)
	inRange(r.key("body_timeout"), l.BodyTimeout, 100*time.Millisecond, 10*time.Minute)
	inRange(r.key("write_timeout"), l.WriteTimeout, 100*time.Millisecond, 10*time.Minute)
	inRange(r.key("idle_timeout"), l.IdleTimeout, time.Second, 24*time.Hour)
	inRange(r.key("page_size"), l.PageSize, 1, 10000)
}

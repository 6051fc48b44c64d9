// Package config is the typed configuration of the gateway: what an operator may write in the file, in the environment and on the
// command line, what it means, and what is refused.
//
// A configuration is read once, by Load, into a Config that nobody changes afterwards. Four sources are laid over one another, the
// stronger first: flags, environment variables (PROFILEGATE_…), the file, the defaults. Every section is a struct in a file of its own,
// with its defaults and a validate method beside it; the tags of a field carry its key and the sentence that docs/configuration.md and
// `profilegate config reference` print. All problems of a configuration are reported together, each with the path of its key, the place
// it came from and what would be accepted.
//
// The package is plain data: it opens no connection and knows neither the core nor an adapter. Passwords and tokens are of the type
// Secret (or URL), which prints itself redacted wherever it may end up.
package config

import (
	"slices"
	"time"
)

// Config is a whole configuration. It was validated, so its parts fit each other, and it must not be changed: parts of it are shared by
// everything that serves.
type Config struct {
	Listeners       []Listener    `mapstructure:"listeners" doc:"Where the gateway listens. Names are unique."`
	Store           Store         `mapstructure:"store" doc:"Where the records of all tenants live."`
	Tenants         []Tenant      `mapstructure:"tenants" doc:"Who is served. Names are unique."`
	Limits          Limits        `mapstructure:"limits" doc:"What one client may ask of the gateway."`
	Wait            Wait          `mapstructure:"wait" doc:"How long writers wait for the other nodes."`
	Log             Log           `mapstructure:"log" doc:"What is logged, and how."`
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout" doc:"How long requests in flight may take to end once the process was told to stop; then they are cut off."`
}

// Default returns the configuration that an empty file stands for. It is not yet a valid one: it has no listener and no tenant.
func Default() Config {
	return Config{
		Store:           defaultStore(),
		Limits:          defaultLimits(),
		Wait:            defaultWait(),
		Log:             defaultLog(),
		ShutdownTimeout: 10 * time.Second,
	}
}

// TenantsOf returns the tenants that may be reached through the listener, in the order of the configuration. A listener that names none
// leads to all of them, save that MQTT then leads to those that speak the Kuzzle dialect, if there are any, and admin to none.
func (c Config) TenantsOf(l Listener) []Tenant {
	if l.Protocol == Admin {
		return nil
	}
	unnamed := l.Protocol == MQTT && len(l.Tenants) == 0
	kuzzleOnly := unnamed && slices.ContainsFunc(c.Tenants, func(t Tenant) bool { return t.Speaks(Kuzzle) })
	var reached []Tenant
	for _, t := range c.Tenants {
		if l.leadsTo(t.Name) && (!kuzzleOnly || t.Speaks(Kuzzle)) {
			reached = append(reached, t)
		}
	}
	return reached
}

// normalize writes out what the file may leave to a default inside list items, and gives names their one spelling.
func (c *Config) normalize() {
	for i := range c.Listeners {
		c.Listeners[i].normalize()
	}
	for i := range c.Tenants {
		c.Tenants[i].normalize()
	}
}

// validate reports what is wrong. How listeners and tenants fit each other is only looked at if the file is sound: where a tenant's name
// could not be read, every mention of it would look wrong too.
func (c Config) validate(r report, sound bool) {
	validateListeners(r.key("listeners"), c.Listeners)
	c.Store.validate(r.key("store"))
	validateTenants(r.key("tenants"), c.Tenants)
	c.Limits.validate(r.key("limits"))
	c.Wait.validate(r.key("wait"))
	c.Log.validate(r.key("log"))
	inRange(r.key("shutdown_timeout"), c.ShutdownTimeout, 100*time.Millisecond, 10*time.Minute)
	if sound {
		c.validateReach(r)
	}
}

package kuzzle

import (
	"context"
	"net/http"

	"github.com/profilegate/profilegate/core/access"
)

// action is one row of the table: an action of a controller, where HTTP finds it, and who answers.
type action struct {
	controller string
	name       string
	routes     []route
	// handle is nil for actions of Kuzzle that are not served: roles may name them, calling one is action_not_found.
	handle handler
	// routeOnly marks a route whose action Kuzzle itself does not have.
	routeOnly bool
}

// route is one HTTP route of an action. The path's placeholders begin with a colon.
type route struct {
	verb string
	path string
	// deprecatedSince is the version of Kuzzle that deprecated the route; it works all the same.
	deprecatedSince string
}

// handler answers one action.
type handler func(*API, context.Context, *call) (answer, error)

func get(path string) route               { return route{verb: http.MethodGet, path: path} }
func post(path string) route              { return route{verb: http.MethodPost, path: path} }
func put(path string) route               { return route{verb: http.MethodPut, path: path} }
func del(path string) route               { return route{verb: http.MethodDelete, path: path} }
func (r route) deprecated(v string) route { r.deprecatedSince = v; return r }
func (a action) by(h handler) action      { a.handle = h; return a }
func (a action) withoutAction() action    { a.routeOnly = true; return a }
func (a action) id() actionID             { return actionID{a.controller, a.name} }
func row(name string, rs ...route) action { return action{name: name, routes: rs} }

// named gives rows of actions that exist by name only.
func named(names ...string) []action {
	rows := make([]action, len(names))
	for i, name := range names {
		rows[i] = row(name)
	}
	return rows
}

// actionID names an action.
type actionID struct{ controller, name string }

// table lists every action of every native controller of Kuzzle 2.56, in the order in which its publicApi does, and those of spec profiles.
func table() []action {
	var rows []action
	add := func(controller string, actions ...action) {
		for _, a := range actions {
			a.controller = controller
			rows = append(rows, a)
		}
	}
	add("auth", authActions()...)
	add("bulk", named("import", "write", "mWrite", "deleteByQuery", "updateByQuery")...)
	add("cluster", named("status")...)
	add("collection", collectionActions()...)
	add("debug", named("nodeVersion", "enable", "disable", "post", "addListener", "removeListener")...)
	add("document", named(documentActions()...)...)
	add("index", indexActions()...)
	add("realtime", named("count", "join", "list", "publish", "subscribe", "unsubscribe", "validate")...)
	add("security", securityActions()...)
	add("server", serverActions()...)
	add("admin", adminActions()...)
	add("memoryStorage", named(memoryStorageActions()...)...)
	add("ms", named(memoryStorageActions()...)...)
	add(specController, specProfileActions()...)
	return rows
}

// Actions lists the controllers and actions that roles may name: all that Kuzzle has, served here or not.
func Actions() access.Actions {
	all := make(access.Actions)
	for _, a := range table() {
		if a.routeOnly {
			continue
		}
		if all[a.controller] == nil {
			all[a.controller] = make(map[string]struct{})
		}
		all[a.controller][a.name] = struct{}{}
	}
	return all
}

func authActions() []action {
	return []action{
		row("checkRights", post("/_checkRights")).by((*API).checkMyRights),
		row("checkToken", post("/_checkToken")).by((*API).checkToken),
		row("createApiKey", post("/api-keys/_create")).by((*API).createMyAPIKey),
		row("createMyCredentials",
			post("/_me/credentials/:strategy/_create"), post("/credentials/:strategy/_me/_create").deprecated("2.4.0")).by((*API).createMyCredentials),
		row("createToken", post("/_createToken")).by((*API).createToken),
		row("credentialsExist",
			get("/_me/credentials/:strategy/_exists"), get("/credentials/:strategy/_me/_exists").deprecated("2.4.0")).by((*API).credentialsExist),
		row("deleteApiKey", del("/api-keys/:_id")).by((*API).deleteMyAPIKey),
		row("deleteMyCredentials",
			del("/_me/credentials/:strategy"), del("/credentials/:strategy/_me").deprecated("2.4.0")).by((*API).deleteMyCredentials),
		row("getCurrentUser", get("/_me"), get("/users/_me").deprecated("2.4.0")).by((*API).getCurrentUser),
		row("getMyCredentials",
			get("/_me/credentials/:strategy"), get("/credentials/:strategy/_me").deprecated("2.4.0")).by((*API).getMyCredentials),
		row("getMyRights", get("/_me/_rights"), get("/users/_me/_rights").deprecated("2.4.0")).by((*API).getMyRights),
		row("getStrategies", get("/strategies")).by((*API).getStrategies),
		row("login", get("/_login/:strategy"), post("/_login/:strategy")).by((*API).login),
		row("logout", post("/_logout")).by((*API).logout),
		row("refreshToken", post("/_refreshToken")).by((*API).refreshToken),
		row("searchApiKeys", post("/api-keys/_search")).by((*API).searchMyAPIKeys),
		row("updateMyCredentials",
			put("/_me/credentials/:strategy/_update"), put("/credentials/:strategy/_me/_update").deprecated("2.4.0")).by((*API).updateMyCredentials),
		row("updateSelf", put("/_me"), put("/_updateSelf").deprecated("2.4.0")).by((*API).updateSelf),
		row("validateMyCredentials",
			post("/_me/credentials/:strategy/_validate"), post("/credentials/:strategy/_me/_validate").deprecated("2.4.0")).by((*API).validateMyCredentials),
	}
}

func collectionActions() []action {
	return []action{
		row("create", put("/:index/:collection")).by((*API).createCollection),
		row("delete", del("/:index/:collection")).by((*API).deleteCollection),
		row("deleteSpecifications", del("/:index/:collection/_specifications")),
		row("exists", get("/:index/:collection/_exists")).by((*API).collectionExists),
		row("getMapping", get("/:index/:collection/_mapping")).by((*API).getMapping),
		row("getSettings", get("/:index/:collection/_settings")).by((*API).getSettings),
		row("getSpecifications", get("/:index/:collection/_specifications")),
		row("list", get("/:index/_list")).by((*API).listCollections),
		row("refresh", post("/:index/:collection/_refresh")).by((*API).refreshCollection),
		row("scrollSpecifications", get("/validations/_scroll/:scrollId")),
		row("searchSpecifications", post("/validations/_search")),
		row("truncate", del("/:index/:collection/_truncate")).by((*API).truncateCollection),
		row("update", post("/:index/:collection")).by((*API).updateCollection),
		row("updateMapping", put("/:index/:collection/_mapping").deprecated("2.1.0")).by((*API).updateMapping),
		row("updateSpecifications", put("/:index/:collection/_specifications")),
		row("validateSpecifications", post("/:index/:collection/_validateSpecifications")),
	}
}

func documentActions() []string {
	return []string{
		"count", "create", "createOrReplace", "delete", "deleteByQuery", "deleteFields", "exists", "export", "get", "mCreate",
		"mCreateOrReplace", "mDelete", "mExists", "mGet", "mReplace", "mUpdate", "mUpsert", "replace", "scroll", "search", "update",
		"updateByQuery", "upsert", "validate",
	}
}

func indexActions() []action {
	return []action{
		row("create", post("/:index/_create")).by((*API).createIndex),
		row("delete", del("/:index")).by((*API).deleteIndex),
		row("exists", get("/:index/_exists")).by((*API).indexExists),
		row("list", get("/_list")).by((*API).listIndexes),
		row("mDelete", del("/_mDelete"), del("/_mdelete").deprecated("2.4.0")).by((*API).mDeleteIndexes),
		row("stats", get("/_storageStats")).by((*API).indexStats),
		row("getAutoRefresh", get("/:index/_autoRefresh")).withoutAction(),
	}
}

func serverActions() []action {
	return []action{
		row("adminExists", get("/_adminExists")).by((*API).adminExists),
		row("capabilities", get("/_capabilities")).by((*API).capabilities),
		row("getAllStats", get("/_getAllStats").deprecated("auto-version")).by((*API).getAllStats),
		row("getConfig", get("/_getConfig")).by((*API).getConfig),
		row("getLastStats", get("/_getLastStats").deprecated("auto-version")).by((*API).getLastStats),
		row("getStats", get("/_getStats").deprecated("auto-version")).by((*API).getStats),
		row("healthCheck", get("/_healthCheck")).by((*API).healthCheck),
		row("info", get("/"), get("/_serverInfo")).by((*API).info),
		row("metrics", get("/_metrics")).by((*API).nodeMetrics),
		row("now", get("/_now")).by((*API).now),
		row("publicApi", get("/_publicApi").deprecated("2.5.0")).by((*API).publicAPI),
		row("openapi", get("/_openapi")).by((*API).openapi),
	}
}

func adminActions() []action {
	return []action{
		row("dump", post("/admin/_dump")),
		row("loadFixtures", post("/admin/_loadFixtures")),
		row("loadMappings", post("/admin/_loadMappings")).by((*API).loadMappings),
		row("loadSecurities", post("/admin/_loadSecurities")).by((*API).loadSecurities),
		row("refreshIndexCache", post("/admin/_refreshIndexCache")).by((*API).refreshIndexCache),
		row("resetCache", post("/admin/_resetCache")).by((*API).resetCache),
		row("resetDatabase", post("/admin/_resetDatabase")).by((*API).resetDatabase),
		row("resetSecurity", post("/admin/_resetSecurity")).by((*API).resetSecurity),
		row("shutdown", post("/admin/_shutdown")),
		row("resetKuzzleData", post("/admin/_resetKuzzleData")).withoutAction(),
	}
}

func memoryStorageActions() []string {
	return []string{
		"append", "bitcount", "bitop", "bitpos", "dbsize", "decr", "decrby", "del", "exists", "expire", "expireat", "flushdb", "geoadd",
		"geodist", "geohash", "geopos", "georadius", "georadiusbymember", "get", "getbit", "getrange", "getset", "hdel", "hexists", "hget",
		"hgetall", "hincrby", "hincrbyfloat", "hkeys", "hlen", "hmget", "hmset", "hscan", "hset", "hsetnx", "hstrlen", "hvals", "incr",
		"incrby", "incrbyfloat", "keys", "lindex", "linsert", "llen", "lpop", "lpush", "lpushx", "lrange", "lrem", "lset", "ltrim",
		"mexecute", "mget", "mset", "msetnx", "object", "persist", "pexpire", "pexpireat", "pfadd", "pfcount", "pfmerge", "ping", "psetex",
		"pttl", "randomkey", "rename", "renamenx", "rpop", "rpoplpush", "rpush", "rpushx", "sadd", "scan", "scard", "sdiff", "sdiffstore",
		"set", "setex", "setnx", "sinter", "sinterstore", "sismember", "smembers", "smove", "sort", "spop", "srandmember", "srem", "sscan",
		"strlen", "sunion", "sunionstore", "time", "touch", "ttl", "type", "zadd", "zcard", "zcount", "zincrby", "zinterstore", "zlexcount",
		"zrange", "zrangebylex", "zrangebyscore", "zrank", "zrem", "zremrangebylex", "zremrangebyrank", "zremrangebyscore", "zrevrange",
		"zrevrangebylex", "zrevrangebyscore", "zrevrank", "zscan", "zscore", "zunionstore",
	}
}

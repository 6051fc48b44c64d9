package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/profilegate/profilegate/config"
)

func TestProblems(t *testing.T) {
	clearEnv(t)
	const dev = "tenants: [{name: dev, dialects: [kuzzle]}]\n"
	const main = "listeners: [{name: main, address: \":1\", protocol: http}]\n"
	const address = "host:port is wanted, such as 127.0.0.1:7512, [::1]:7512 or :7512"
	const id = "missing; an id is wanted, such as d3300000000000000000000000000001"
	listener := func(rest string) string { return "listeners: [{" + rest + "}]\n" + dev }
	tenant := func(rest string) string { return main + "tenants: [{" + rest + "}]\n" }
	redis := func(rest string) string { return smallest + "store: {kind: redis, redis: {" + rest + "}}\n" }

	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", []string{
			"listeners: none given; at least one is needed, such as {name: main, address: 127.0.0.1:7512, protocol: http}",
			"tenants: none given; at least one is needed, such as {name: dev, dialects: [kuzzle]}",
		}},

		// How it is written.
		{"no YAML", "a: [", []string{"the file: cannot be read: line 1: did not find expected node content"}},
		{"a list", "[]", []string{"the file: is a list; keys with values are wanted: listeners, store, tenants, limits, wait, log, shutdown_timeout"}},
		{"two documents", smallest + "---\n{}\n", []string{"the file: has a second document after '---'; one is wanted"}},
		{"given twice", smallest + "log: {level: info, level: warn}\n", []string{"log.level (line 6): given twice; once is wanted"}},
		{"alias", smallest + "log: &x {level: info}\nwait: *x\n", []string{"wait (line 7): *x is an alias, and those are not followed; the value itself is wanted"}},
		{"merge", smallest + "log: &x {level: info}\nwait: {<<: *x}\n", []string{"wait.<< (line 7): merge keys are not followed; the keys themselves are wanted"}},
		{"key that is a list", smallest + "log: {[a]: b}\n", []string{"log (line 6): has a key on line 6 that is no plain word"}},
		{"number for text", smallest + "log: {level: 5}\n", []string{"log.level (line 6): 5 is a number; a text is wanted: put it in quotes"}},
		{"list for text", smallest + "log: {level: [info]}\n", []string{"log.level (line 6): is a list; a single value is wanted"}},
		{"text for section", smallest + "log: info\n", []string{"log (line 6): is a text; keys with values are wanted: level, format"}},
		{"text for list", main + "tenants: dev\n", []string{"tenants (line 2): is a text; a list is wanted"}},
		{"text for number", smallest + "limits: {json_depth: deep}\n", []string{`limits.json_depth (line 6): "deep" is not a whole number; digits only are wanted, such as 64`}},
		{"number too large", smallest + "limits: {json_depth: 99999999999999999999}\n", []string{"limits.json_depth (line 6): 99999999999999999999 is too large a number"}},
		{"number for duration", smallest + "wait: {timeout: 3}\n", []string{`wait.timeout (line 6): "3" is not a duration; a number with its unit is wanted, such as 250ms, 3s or 1m30s`}},
		{"text for boolean", tenant("name: dev, dialects: [kuzzle], senlin: {name_unique: yes}"), []string{
			`tenants[0].senlin.name_unique (line 2): "yes" is neither true nor false; one of them is wanted`,
		}},
		{"empty item", smallest + "  - ~\n", []string{"tenants[1] (line 6): empty; a value is wanted"}},
		{"number for secret", tenant("name: dev, dialects: [kuzzle], tokens: [{token: 12345, project: p, user: u}]"), []string{
			"tenants[0].tokens[0].token (line 2): is a number; a text is wanted: put it in quotes",
		}},

		// Keys.
		{"unknown key", smallest + "lgo: {level: info}\n", []string{"lgo (line 6): unknown key: did you mean log?"}},
		{"unknown keys, one in the other", "listners: [{name: main, adress: \":1\", protocol: http}]\n" + dev, []string{
			"listners (line 1): unknown key: did you mean listeners?",
			"listeners[0].adress (line 1): unknown key: did you mean address?",
		}},
		{"unknown key, and what is wrong below", smallest + "lgo: {level: loud}\n", []string{
			"lgo (line 6): unknown key: did you mean log?",
			`log.level (line 6): "loud" is not accepted; debug, info, warn or error is wanted`,
		}},
		{"upper case", smallest + "Log: {level: info}\n", []string{"Log (line 6): unknown key: did you mean log?"}},
		{"nothing like it", smallest + "log: {colour: red}\n", []string{"log.colour (line 6): unknown key; accepted here: level, format"}},
		{"misspelt beside the right one", smallest + "log: {levl: loud, level: info}\n", []string{"log.levl (line 6): unknown key: did you mean level?"}},

		// Listeners.
		{"empty listener", listener(""), []string{
			"listeners[0].name (line 1): missing; 1 to 63 of a-z, 0-9 and '-' are wanted",
			"listeners[0].address (line 1): missing; " + address,
			"listeners[0].protocol (line 1): missing; http, mqtt, grpc or admin is wanted",
		}},
		{"name", listener(`name: Main_1, address: ":1", protocol: http`), []string{
			`listeners[0].name (line 1): "Main_1" is not accepted; 1 to 63 of a-z, 0-9 and '-' are wanted`,
		}},
		{"long name", listener(`name: ` + strings.Repeat("a", 64) + `, address: ":1", protocol: http`), []string{
			`listeners[0].name (line 1): "` + strings.Repeat("a", 64) + `" is not accepted; 1 to 63 of a-z, 0-9 and '-' are wanted`,
		}},
		{"no port", listener(`name: a, address: localhost, protocol: http`), []string{`listeners[0].address (line 1): "localhost" is not an address; ` + address}},
		{"port by name", listener(`name: a, address: "localhost:http", protocol: http`), []string{
			`listeners[0].address (line 1): "http" is not a port; a number from 0 to 65535 is wanted, 0 for any free port`,
		}},
		{"port too high", listener(`name: a, address: ":65536", protocol: http`), []string{
			`listeners[0].address (line 1): "65536" is not a port; a number from 0 to 65535 is wanted, 0 for any free port`,
		}},
		{"no host", listener(`name: a, address: "http//x:80", protocol: http`), []string{
			`listeners[0].address (line 1): "http//x" is neither an IP address nor a host name; ` + address,
		}},
		{"scoped address", listener(`name: a, address: "[fe80::1%eth0]:80", protocol: http`), nil},
		{"protocol", listener(`name: a, address: ":1", protocol: grcp`), []string{
			`listeners[0].protocol (line 1): "grcp" is not accepted: did you mean grpc? http, mqtt, grpc or admin is wanted`,
		}},
		{"root", listener(`name: a, address: ":1", protocol: http, root: nova`), []string{
			`listeners[0].root (line 1): "nova" is not accepted; kuzzle or senlin is wanted`,
		}},
		{"root of another protocol", listener(`name: a, address: ":1", protocol: grpc, root: senlin`), []string{
			"listeners[0].root (line 1): only a listener with protocol http has a root; leave it out",
		}},
		{"same name and address", `
listeners:
  - {name: a, address: ":1", protocol: http}
  - {name: a, address: ":1", protocol: grpc}
` + dev, []string{
			`listeners[1].name (line 4): "a" is already that of listeners[0]; each may be given once`,
			`listeners[1].address (line 4): ":1" is already that of listeners[0]; each may be given once`,
		}},
		{"free ports", "listeners: [{name: a, address: \":0\", protocol: http}, {name: b, address: \":0\", protocol: grpc}]\n" + dev, nil},

		// What listeners and tenants are together.
		{"unknown tenant", listener(`name: a, address: ":1", protocol: http, tenants: [dve, dev, dev]`), []string{
			`listeners[0].tenants[0] (line 1): "dve" is not accepted: did you mean dev? dev is wanted`,
			`listeners[0].tenants[2] (line 1): "dev" is already that of listeners[0].tenants[1]; each may be given once`,
		}},
		{"admin with tenants", listener(`name: a, address: ":1", protocol: admin, tenants: [dev]`), []string{
			"listeners[0].tenants (line 1): a listener with protocol admin belongs to no tenant; leave it out",
		}},
		{"two without hosts", main + "tenants: [{name: a, dialects: [kuzzle]}, {name: b, dialects: [kuzzle]}]\n", []string{
			`tenants[1].hosts (line 2): listener "main" cannot tell it from tenant "a": neither has hosts; give one of them hosts, or listeners of their own`,
		}},
		{"two with one host", main + "tenants: [{name: a, dialects: [kuzzle], hosts: [x]}, {name: b, dialects: [kuzzle], hosts: [X]}]\n", []string{
			`tenants[1].hosts (line 2): listener "main" cannot tell it from tenant "a": both have the host "x"; a host leads to one tenant`,
		}},
		{"one without hosts", main + "tenants: [{name: a, dialects: [kuzzle], hosts: [x]}, {name: b, dialects: [kuzzle]}]\n", nil},
		{"two listeners, two tenants", `
listeners:
  - {name: a, address: ":1", protocol: http, tenants: [a]}
  - {name: b, address: ":2", protocol: http, tenants: [b]}
tenants: [{name: a, dialects: [kuzzle]}, {name: b, dialects: [kuzzle]}]
`, nil},
		{"grpc for two", "listeners: [{name: a, address: \":1\", protocol: grpc}]\ntenants: [{name: a, dialects: [kuzzle]}, {name: b, dialects: [kuzzle]}]\n", nil},
		{"mqtt for two", "listeners: [{name: a, address: \":1\", protocol: mqtt}]\ntenants: [{name: a, dialects: [kuzzle]}, {name: b, dialects: [kuzzle]}]\n", []string{
			"listeners[0].tenants (line 1): a message over MQTT names no tenant, so exactly one tenant is wanted here; reached are a, b",
		}},
		{"mqtt for senlin", `
listeners: [{name: a, address: ":1", protocol: mqtt, tenants: [a]}]
tenants: [{name: a, dialects: [senlin], anonymous: {project: p, user: u}}, {name: b, dialects: [kuzzle]}]
`, nil},
		{"mqtt for whoever speaks kuzzle", `
listeners: [{name: a, address: ":1", protocol: mqtt}]
tenants: [{name: a, dialects: [senlin], anonymous: {project: p, user: u}}, {name: b, dialects: [kuzzle]}]
`, nil},
		{"mqtt for two that speak senlin", `
listeners: [{name: a, address: ":1", protocol: mqtt}]
tenants: [{name: a, dialects: [senlin], anonymous: {project: p, user: u}}, {name: b, dialects: [senlin], anonymous: {project: p, user: u}}]
`, []string{"listeners[0].tenants (line 2): a message over MQTT names no tenant, so exactly one tenant is wanted here; reached are a, b"}},

		// Tenants.
		{"empty tenant", tenant(""), []string{
			"tenants[0].name (line 2): missing; 1 to 63 of a-z, 0-9 and '-' are wanted",
			"tenants[0].dialects (line 2): none given; kuzzle or senlin is wanted, or both",
		}},
		{"tenant's name", tenant("name: Ab, dialects: [kuzzle]"), []string{
			`tenants[0].name (line 2): "Ab" is not accepted; 1 to 63 of a-z, 0-9 and '-' are wanted`,
		}},
		{"tenants of one name", main + "tenants: [{name: a, hosts: [x], dialects: [kuzzle]}, {name: a, hosts: [z], dialects: [kuzzle]}]\n", []string{
			`tenants[1].name (line 2): "a" is already that of tenants[0]; each may be given once`,
		}},
		{"dialects", tenant("name: a, dialects: [kuzle, kuzzle, kuzzle]"), []string{
			`tenants[0].dialects[0] (line 2): "kuzle" is not accepted: did you mean kuzzle? kuzzle or senlin is wanted`,
			`tenants[0].dialects[2] (line 2): "kuzzle" is already that of tenants[0].dialects[1]; each may be given once`,
		}},
		{"hosts", tenant("name: a, dialects: [kuzzle], hosts: ['x:80', x, x]"), []string{
			`tenants[0].hosts[0] (line 2): "x:80" is not a host; a host name or IP address without scheme and port is wanted, such as api.example.org`,
			`tenants[0].hosts[2] (line 2): "x" is already that of tenants[0].hosts[1]; each may be given once`,
		}},
		{"nobody gets in", tenant("name: a, dialects: [senlin]"), []string{
			"tenants[0] (line 2): it speaks senlin but has neither keystone nor tokens nor anonymous, so nobody could get in; give one of them",
		}},
		{"empty keystone", tenant("name: dev, dialects: [senlin], keystone: {}"), []string{
			"tenants[0].keystone.auth_url (line 2): missing; one with http or https is wanted, such as https://keystone.example.org:5000",
			"tenants[0].keystone.username (line 2): missing; the name of a user is wanted, such as profilegate",
			"tenants[0].keystone.password (line 2): missing; the user's password is wanted",
		}},
		{"keystone", tenant(`name: dev, dialects: [senlin], keystone: {auth_url: "http://u:p@h", username: u, password: p, cache_ttl: 2h, timeout: 1ms, ca_file: f}`), []string{
			"tenants[0].keystone.auth_url (line 2): http://<redacted>@h is not a URL of an identity service; one with http or https is wanted, such as https://keystone.example.org:5000",
			"tenants[0].keystone.cache_ttl (line 2): 2h is out of range; 1s to 1h is accepted",
			"tenants[0].keystone.timeout (line 2): 1ms is out of range; 100ms to 1m is accepted",
			"tenants[0].keystone.ca_file (line 2): given, but the URL has no TLS; an https URL is wanted",
		}},
		{"keystone for nothing", tenant(`name: dev, dialects: [kuzzle], keystone: {auth_url: "http://h", username: u, password: p}`), []string{
			"tenants[0].keystone (line 2): given, but the tenant does not speak senlin; leave it out",
		}},
		{"anonymous without ids", tenant("name: a, dialects: [senlin], anonymous: {roles: ['', a, a]}"), []string{
			"tenants[0].anonymous.project (line 2): " + id,
			"tenants[0].anonymous.user (line 2): " + id,
			"tenants[0].anonymous.roles[0] (line 2): empty; a name is wanted",
			`tenants[0].anonymous.roles[2] (line 2): "a" is already that of tenants[0].anonymous.roles[1]; each may be given once`,
		}},
		{"tokens", tenant(`name: a, dialects: [senlin], tokens: [
  {token: "hush hush", project: p, user: u},
  {token: silence, project: p, user: u},
  {token: silence, user: u, profiles: [""]},
  {project: p, user: u}]`), []string{
			"tenants[0].tokens[0].token (line 3): 1 to 1024 characters of printable ASCII without spaces are wanted",
			"tenants[0].tokens[2].project (line 5): " + id,
			"tenants[0].tokens[2].profiles[0] (line 5): empty; a name is wanted",
			"tenants[0].tokens[2].token (line 5): the same token as tenants[0].tokens[1]; every token is wanted once",
			"tenants[0].tokens[3].token (line 6): 1 to 1024 characters of printable ASCII without spaces are wanted",
		}},
		{"timestamps", tenant("name: a, dialects: [kuzzle], senlin: {timestamps: zone}"), []string{
			`tenants[0].senlin.timestamps (line 2): "zone" is not accepted: did you mean zoned? zoned or naive is wanted`,
		}},
		{"naive timestamps", tenant("name: a, dialects: [kuzzle], senlin: {timestamps: naive}"), nil},
		{"auth_uri", tenant("name: a, dialects: [kuzzle], senlin: {auth_uri: keystone}"), []string{
			`tenants[0].senlin.auth_uri (line 2): "keystone" is not a URL; one with http or https is wanted, such as https://keystone.example.org:5000`,
		}},

		// Store.
		{"store", smallest + "store: {kind: rdis}\n", []string{`store.kind (line 6): "rdis" is not accepted: did you mean redis? embedded or redis is wanted`}},
		{"no directory", smallest + "store: {embedded: {data_dir: ''}}\n", []string{"store.embedded.data_dir (line 6): missing; a directory is wanted, such as /var/lib/profilegate"}},
		{"redis without URL", redis(""), []string{"store.redis.url (line 6): missing, and so are addresses; with kind redis, " + redisForms}},
		{"another scheme", redis("url: 'http://u:hush@h/0'"), []string{"store.redis.url (line 6): http://<redacted>@h/0 is not a URL of a Redis server; " + redisForms}},
		{"no URL at all", redis("url: 'redis://u:hu%zzsh@h'"), []string{"store.redis.url (line 6): <redacted> is not a URL of a Redis server; " + redisForms}},
		{"parameters", redis("url: 'redis://h:1/x?pool_size=3'"), []string{
			"store.redis.url (line 6): has parameters after '?', which are not read; the keys of store.redis are wanted instead; " + redisForms,
			"store.redis.url (line 6): does not end in the number of a database; " + redisForms,
		}},
		{"port of redis", redis("url: 'redis://h:65536'"), []string{`store.redis.url (line 6): "65536" is not a port; host:port is wanted`}},
		{"two passwords", redis("url: 'redis://u:a@h', password: b"), []string{"store.redis.url (line 6): has a user or password, and so has store.redis; one of the two is wanted"}},
		{"half a certificate", redis("url: 'rediss://h', tls: {cert_file: a}"), []string{"store.redis.tls (line 6): cert_file and key_file are wanted together"}},
		{"TLS without TLS", redis("url: 'redis://h', tls: {ca_file: a}"), []string{"store.redis.tls (line 6): given, but nothing asks for TLS; a rediss URL or `enabled: true` is wanted"}},
		{"another mode", redis("mode: ring, addresses: [h]"), []string{`store.redis.mode (line 6): "ring" is not accepted; standalone, sentinel or cluster is wanted`}},
		{"several servers", redis("url: 'redis://a,b'"), []string{"store.redis.url (line 6): names several servers, and redis:// is one; redis+sentinel:// or redis+cluster:// is wanted; " + redisForms}},
		{"several addresses", redis("addresses: [a, b]"), []string{"store.redis.addresses (line 6): names several servers, and mode standalone has one; mode sentinel or cluster is wanted"}},
		{"bad addresses", redis("mode: cluster, addresses: ['', 'a:b']"), []string{
			`store.redis.addresses (line 6): "" names no host; host:port is wanted`,
			`store.redis.addresses (line 6): "b" is not a port; host:port is wanted`,
		}},
		{"URL and addresses", redis("url: 'redis://a', addresses: [a]"), []string{
			"store.redis.addresses (line 6): given, and so is a URL; one of the two is wanted",
		}},
		{"URL and mode", redis("url: 'redis+cluster://a', mode: sentinel"), []string{"store.redis.mode (line 6): is sentinel, and that of the URL is cluster; one of the two is wrong"}},
		{"master without name", redis("url: 'redis+sentinel://a'"), []string{"store.redis.master_name (line 6): is wanted with mode sentinel, and only there: what the sentinels call the master"}},
		{"sentinel without name", redis("mode: sentinel, addresses: [a]"), []string{"store.redis.master_name (line 6): is wanted with mode sentinel, and only there: what the sentinels call the master"}},
		{"name without sentinel", redis("addresses: [a], master_name: b"), []string{"store.redis.master_name (line 6): is wanted with mode sentinel, and only there: what the sentinels call the master"}},
		{"password of no sentinel", redis("url: 'redis+cluster://a', sentinel: {password: a}"), []string{"store.redis.sentinel (line 6): given, but the mode is cluster, which has no sentinels"}},
		{"database of a cluster", redis("url: 'redis+cluster://a/1'"), []string{"store.redis.database (line 6): 1 is not accepted: a cluster has only database 0"}},
		{"redis' numbers", redis("url: 'redis://h', pool_size: 0, call_timeout: 1ms, retry_for: 1h, key_prefix: '{x}', log_length: 1"), []string{
			"store.redis.pool_size (line 6): 0 is out of range; 1 to 10000 is accepted",
			"store.redis.call_timeout (line 6): 1ms is out of range; 10ms to 1m is accepted",
			"store.redis.retry_for (line 6): 1h is out of range; 100ms to 1m is accepted",
			"store.redis.log_length (line 6): 1 is out of range; 1000 to 10000000 is accepted",
			`store.redis.key_prefix (line 6): "{x}" is not accepted; 1 to 64 of a-z, A-Z, 0-9, '_', '-', '.' and ':' are wanted`,
		}},

		// The rest.
		{"limits", smallest + `limits:
  body_bytes: 1023
  json_depth: 1001
  header_bytes: 1
  connections: 0
  requests_in_flight_per_connection: -1
  read_header_timeout: 2m
  body_timeout: 1ms
  write_timeout: 11m
  idle_timeout: 25h
  page_size: 10001
`, []string{
			"limits.body_bytes (line 7): 1023 is out of range; 1024 to 4194304 is accepted",
			"limits.json_depth (line 8): 1001 is out of range; 8 to 1000 is accepted",
			"limits.header_bytes (line 9): 1 is out of range; 4096 to 1048576 is accepted",
			"limits.connections (line 10): 0 is out of range; 1 to 1000000 is accepted",
			"limits.requests_in_flight_per_connection (line 11): -1 is out of range; 1 to 10000 is accepted",
			"limits.read_header_timeout (line 12): 2m is out of range; 100ms to 1m is accepted",
			"limits.body_timeout (line 13): 1ms is out of range; 100ms to 10m is accepted",
			"limits.write_timeout (line 14): 11m is out of range; 100ms to 10m is accepted",
			"limits.idle_timeout (line 15): 25h is out of range; 1s to 24h is accepted",
			"limits.page_size (line 16): 10001 is out of range; 1 to 10000 is accepted",
		}},
		{"wait", smallest + "wait: {timeout: 2m, lease: 1ms}\n", []string{
			"wait.timeout (line 6): 2m is out of range; 100ms to 1m is accepted",
			"wait.lease (line 6): 1ms is out of range; 50ms to 1m is accepted",
		}},
		{"wait shorter than the lease", smallest + "wait: {timeout: 2s}\n", []string{
			"wait.timeout (line 6): 2s is not longer than wait.lease (2s), so a node that died would fail every waiting write; a longer one is wanted",
		}},
		{"shutdown", smallest + "shutdown_timeout: 0s\n", []string{"shutdown_timeout (line 6): 0s is out of range; 100ms to 10m is accepted"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := problemsOf(t, c.text, config.Flags{})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// redisForms is how problems name the URLs that are accepted.
const redisForms = "redis://host:port/db is wanted, redis+sentinel://host:port,host:port/master/db or redis+cluster://host:port,host:port; with rediss for TLS"

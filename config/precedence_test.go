package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

func TestPrecedence(t *testing.T) {
	const inFile = smallest + "store: {kind: embedded, embedded: {data_dir: from-file}, redis: {url: 'redis://file'}}\n"
	const redisInFile = smallest + "store: {kind: redis, redis: {url: 'redis://file'}}\n"
	type want struct {
		kind config.StoreKind
		dir  string
		url  string
	}
	for _, c := range []struct {
		name  string
		text  string
		env   map[string]string
		flags config.Flags
		want  want
	}{
		{"default", smallest, nil, config.Flags{}, want{config.Embedded, "data", ""}},
		{"file over default", inFile, nil, config.Flags{}, want{config.Embedded, "from-file", "redis://file"}},
		{
			"environment over file", inFile,
			map[string]string{"PROFILEGATE_STORE_EMBEDDED_DATA_DIR": "from-env", "PROFILEGATE_STORE_KIND": "redis", "PROFILEGATE_STORE_REDIS_URL": "redis://env"},
			config.Flags{},
			want{config.Redis, "from-env", "redis://env"},
		},
		{
			"flags over environment", inFile,
			map[string]string{"PROFILEGATE_STORE_EMBEDDED_DATA_DIR": "from-env", "PROFILEGATE_STORE_KIND": "redis", "PROFILEGATE_STORE_REDIS_URL": "redis://env"},
			config.Flags{DataDir: "from-flag"},
			want{config.Embedded, "from-flag", "redis://env"},
		},
		{"an empty variable counts as not set", inFile, map[string]string{"PROFILEGATE_STORE_EMBEDDED_DATA_DIR": ""}, config.Flags{}, want{config.Embedded, "from-file", "redis://file"}},
		{"a variable alone", smallest, map[string]string{"PROFILEGATE_STORE_EMBEDDED_DATA_DIR": "from-env"}, config.Flags{}, want{config.Embedded, "from-env", ""}},
		{"--data-dir chooses the store", redisInFile, nil, config.Flags{DataDir: "dir"}, want{config.Embedded, "dir", "redis://file"}},
		{"--store embedded", redisInFile, nil, config.Flags{Store: "embedded"}, want{config.Embedded, "data", "redis://file"}},
		{"--store URL", inFile, nil, config.Flags{Store: "redis://flag/1"}, want{config.Redis, "from-file", "redis://flag/1"}},
		{"--store over --data-dir", inFile, nil, config.Flags{Store: "redis://flag/1", DataDir: "dir"}, want{config.Redis, "dir", "redis://flag/1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clearEnv(t)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			cfg := parse(t, c.text, c.flags).Config
			require.Equal(t, c.want, want{cfg.Store.Kind, cfg.Store.Embedded.DataDir, cfg.Store.Redis.URL.Reveal()})
		})
	}
}

// TestEveryVariable sets each variable to a value that is not the default and looks for it in what is shown.
func TestEveryVariable(t *testing.T) {
	values := map[string]string{"text": "other", "number": "1001", "duration": "4s", "secret": "hush", "URL": "rediss+sentinel://other:1/other/1001", "boolean": "true"}
	special := map[string]string{
		"store.kind":             "redis",
		"store.redis.mode":       "sentinel",
		"store.redis.tls":        "",
		"limits.json_depth":      "77",
		"limits.header_bytes":    "5000",
		"limits.body_bytes":      "5001",
		"wait.lease":             "3s",
		"log.level":              "warn",
		"log.format":             "json",
		"store.redis.log_length": "5002",
		"store.redis.fence":      "replicas",
		"store.redis.replicas":   "3",
	}
	clearEnv(t)
	seen := map[string]bool{}
	for _, row := range config.Reference() {
		if row.Env == "" || strings.Contains(row.Key, "[]") {
			continue
		}
		require.False(t, seen[row.Env], "two keys have the variable %s", row.Env)
		seen[row.Env] = true
		value := values[row.Type]
		if s, ok := special[row.Key]; ok {
			value = s
		}
		require.NotEmpty(t, value, row.Key)
		require.NotEqual(t, row.Default, value, row.Key)
		t.Setenv(row.Env, value)
	}
	loaded := parse(t, smallest, config.Flags{})
	shown, err := loaded.YAML()
	require.NoError(t, err)
	for env := range seen {
		require.Contains(t, string(shown), "# "+env+"\n")
	}
	require.Empty(t, loaded.Warnings)
	cfg := loaded.Config
	require.Equal(t, "hush", cfg.Store.Redis.Password.Reveal())
	require.Equal(t, "rediss+sentinel://other:1/other/1001", cfg.Store.Redis.URL.Reveal())
	require.Equal(t, 4*time.Second, cfg.ShutdownTimeout)
	require.Equal(t, 5001, cfg.Limits.BodyBytes)
	require.Equal(t, config.Warn, cfg.Log.Level)
}

func TestListenVariable(t *testing.T) {
	const text = `
listeners:
  - {name: main, address: ":1", protocol: http}
  - {name: far-away, address: ":2", protocol: grpc}
tenants: [{name: dev, dialects: [kuzzle]}]
`
	t.Run("changes the address of the listener named so", func(t *testing.T) {
		clearEnv(t)
		t.Setenv("PROFILEGATE_LISTEN_FAR_AWAY", "127.0.0.1:0")
		cfg := parse(t, text, config.Flags{}).Config
		require.Equal(t, ":1", cfg.Listeners[0].Address)
		require.Equal(t, "127.0.0.1:0", cfg.Listeners[1].Address)
	})
	t.Run("is checked like the file", func(t *testing.T) {
		clearEnv(t)
		t.Setenv("PROFILEGATE_LISTEN_MAIN", ":2")
		t.Setenv("PROFILEGATE_LISTEN_FAR_AWAY", "nowhere")
		require.Equal(t, []string{
			`listeners[1].address (PROFILEGATE_LISTEN_FAR_AWAY): "nowhere" is not an address; host:port is wanted, such as 127.0.0.1:7512, [::1]:7512 or :7512`,
		}, problemsOf(t, text, config.Flags{}))
	})
	t.Run("names a listener", func(t *testing.T) {
		clearEnv(t)
		t.Setenv("PROFILEGATE_LISTEN_FAR", ":3")
		require.Equal(t, []string{
			"PROFILEGATE_LISTEN_FAR: no listener has that name; accepted here: PROFILEGATE_LISTEN_MAIN or PROFILEGATE_LISTEN_FAR_AWAY",
		}, problemsOf(t, text, config.Flags{}))
	})
}

func TestProblemsNameTheirSource(t *testing.T) {
	clearEnv(t)
	t.Setenv("PROFILEGATE_LIMITS_JSON_DEPTH", "deep")
	t.Setenv("PROFILEGATE_LIMITS_BODY_BYTES", "5")
	t.Setenv("PROFILEGATE_STORE_REDIS_PASSWORD", "hush")
	require.Equal(t, []string{
		`limits.json_depth (PROFILEGATE_LIMITS_JSON_DEPTH): "deep" is not a whole number; digits only are wanted, such as 64`,
		"store.redis.url (--store): has a user or password, and so has store.redis; one of the two is wanted",
		"limits.body_bytes (PROFILEGATE_LIMITS_BODY_BYTES): 5 is out of range; 1024 to 4194304 is accepted",
	}, problemsOf(t, smallest+"limits: {json_depth: 9}\n", config.Flags{Store: "redis://u:p@h"}))
	require.Contains(t, problemsOf(t, smallest, config.Flags{Store: "secret-without-scheme"}),
		"--store: neither embedded nor a URL; one of them is wanted, such as redis://127.0.0.1:6379/0")
}

func TestTextIsUTF8(t *testing.T) {
	clearEnv(t)
	t.Setenv("PROFILEGATE_STORE_REDIS_USERNAME", "\xff")
	require.Equal(t, []string{
		"store.redis.username (PROFILEGATE_STORE_REDIS_USERNAME): is not valid UTF-8, which is wanted",
		"--data-dir: is not valid UTF-8, which is wanted",
	}, problemsOf(t, smallest, config.Flags{DataDir: "\xff"}))
}

func TestWarnings(t *testing.T) {
	clearEnv(t)
	t.Setenv("PROFILEGATE_LOG_LEVL", "debug")
	t.Setenv("PROFILEGATE_SOMETHING_ELSE_ENTIRELY", "1")
	// What Kubernetes sets for a service of that name.
	t.Setenv("PROFILEGATE_SERVICE_HOST", "10.0.0.1")
	t.Setenv("PROFILEGATE_PORT", "tcp://10.0.0.1:80")
	t.Setenv("PROFILEGATE_PORT_80_TCP", "tcp://10.0.0.1:80")
	loaded := parse(t, `
listeners: [{name: main, address: ":1", protocol: http, tenants: [dev]}]
tenants: [{name: dev, dialects: [kuzzle]}, {name: lost, dialects: [kuzzle]}]
`, config.Flags{DataDir: "dir", Store: "redis://h"})
	require.ElementsMatch(t, []string{
		"the environment variable PROFILEGATE_LOG_LEVL has no effect: did you mean PROFILEGATE_LOG_LEVEL?",
		"the environment variable PROFILEGATE_SOMETHING_ELSE_ENTIRELY has no effect",
		"--data-dir has no effect: the store is redis",
		"no listener leads to the tenant lost",
	}, loaded.Warnings)
}

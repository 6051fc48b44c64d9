package config_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

func loadExample(t *testing.T, name string) config.Config {
	t.Helper()
	clearEnv(t)
	loaded, err := config.Load(config.Source{File: filepath.Join("examples", name)})
	require.NoError(t, err)
	require.Empty(t, loaded.Warnings)
	return loaded.Config
}

// addresses returns "protocol address" of each listener by name.
func addresses(cfg config.Config) map[string]string {
	found := map[string]string{}
	for _, l := range cfg.Listeners {
		found[l.Name] = string(l.Protocol) + " " + l.Address
	}
	return found
}

func TestEveryExampleIsValid(t *testing.T) {
	files, err := filepath.Glob("examples/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 7)
	for _, file := range files {
		loadExample(t, filepath.Base(file))
	}
}

func TestDevelopmentExample(t *testing.T) {
	cfg := loadExample(t, "development.yaml")
	require.Equal(t, map[string]string{
		"main":  "http 127.0.0.1:7512",
		"mqtt":  "mqtt 127.0.0.1:1883",
		"grpc":  "grpc 127.0.0.1:7513",
		"admin": "admin 127.0.0.1:7514",
	}, addresses(cfg))
	require.Equal(t, config.Embedded, cfg.Store.Kind)
	require.Len(t, cfg.Tenants, 1)
	require.True(t, cfg.Tenants[0].Speaks(config.Kuzzle))
	require.True(t, cfg.Tenants[0].Speaks(config.Senlin))
	require.NotNil(t, cfg.Tenants[0].Anonymous)
	require.Empty(t, cfg.Tenants[0].Tokens)
	for _, l := range cfg.Listeners {
		require.True(t, strings.HasPrefix(l.Address, "127.0.0.1:"), "%s is open to the network", l.Name)
	}
}

func TestConformanceExample(t *testing.T) {
	cfg := loadExample(t, "conformance.yaml")
	require.Equal(t, map[string]string{
		"senlin": "http 127.0.0.1:18777",
		"kuzzle": "http 127.0.0.1:17512",
		"mqtt":   "mqtt 127.0.0.1:11883",
		"grpc":   "grpc 127.0.0.1:15051",
		"admin":  "admin 127.0.0.1:19090",
	}, addresses(cfg))
	require.Less(t, cfg.ShutdownTimeout, 2*time.Second)

	require.Len(t, cfg.Tenants, 2)
	senlin, kuzzle := cfg.Tenants[0], cfg.Tenants[1]
	require.Equal(t, "senlin", senlin.Name)
	require.Equal(t, []config.Dialect{config.Senlin}, senlin.Dialects)
	require.Nil(t, senlin.Anonymous)
	got := map[string]config.Actor{}
	for _, token := range senlin.Tokens {
		got[token.Token.Reveal()] = token.Actor()
	}
	require.Equal(t, map[string]config.Actor{
		"token-demo":  {Project: "d3300000000000000000000000000001", User: "d3300000000000000000000000000002", Roles: []string{"member"}},
		"token-other": {Project: "07e30000000000000000000000000001", User: "07e30000000000000000000000000002", Roles: []string{"member"}},
		"token-admin": {Project: "ad310000000000000000000000000001", User: "ad310000000000000000000000000002", Roles: []string{"admin"}},
	}, got)
	require.Equal(t, config.Tenant{Name: "kuzzle", Dialects: []config.Dialect{config.Kuzzle}}, kuzzle)

	reached := map[string][]string{}
	for _, l := range cfg.Listeners {
		for _, tenant := range cfg.TenantsOf(l) {
			reached[l.Name] = append(reached[l.Name], tenant.Name)
		}
	}
	require.Equal(t, map[string][]string{"senlin": {"senlin"}, "kuzzle": {"kuzzle"}, "mqtt": {"kuzzle"}, "grpc": {"senlin", "kuzzle"}}, reached)
}

func TestConformanceExampleOverRedis(t *testing.T) {
	clearEnv(t)
	t.Setenv("PROFILEGATE_LISTEN_SENLIN", "127.0.0.1:0")
	loaded, err := config.Load(config.Source{File: "examples/conformance.yaml", Flags: config.Flags{Store: "redis://127.0.0.1:6390/0"}})
	require.NoError(t, err)
	require.Equal(t, config.Redis, loaded.Config.Store.Kind)
	require.Equal(t, []string{"127.0.0.1:6390"}, loaded.Config.Store.Redis.Servers().Addresses)
	require.Equal(t, "127.0.0.1:0", loaded.Config.Listeners[0].Address)
}

func TestRedisExample(t *testing.T) {
	cfg := loadExample(t, "redis.yaml")
	require.Equal(t, config.Redis, cfg.Store.Kind)
	require.True(t, cfg.Store.Redis.Servers().TLS)
	// The example writes the defaults out, so that they can be seen and changed.
	require.Equal(t, config.Default().Limits, cfg.Limits)
	require.Equal(t, config.Default().Wait, cfg.Wait)
}

func TestSpecTypesExample(t *testing.T) {
	types := loadExample(t, "spec-types.yaml").Tenants[0].Senlin.Types
	require.Len(t, types, 2)
	require.Equal(t, "acme.db.postgres 1.0 SUPPORTED 2026.11", strings.Join([]string{types[0].Name, types[0].Version, types[0].Status, types[0].Since}, " "))
	require.True(t, strings.HasPrefix(types[0].Properties.JSON(), `{"flavor":{"type":"String","required":true,`), "keys keep their order")
	require.Contains(t, types[0].Operations.JSON(), `"restart"`)
	require.Contains(t, types[1].Schema.JSON(), `"$schema":"https://json-schema.org/draft/2020-12/schema"`)
}

func TestOpenStackExample(t *testing.T) {
	cfg := loadExample(t, "openstack.yaml")
	require.Len(t, cfg.Tenants, 1)
	cloud := cfg.Tenants[0]
	require.Equal(t, []config.Dialect{config.Senlin}, cloud.Dialects)
	require.Nil(t, cloud.Anonymous)
	require.Empty(t, cloud.Tokens)
	require.Equal(t, "https://keystone.cloud.example.org:5000", cloud.Keystone.AuthURL)
	require.Equal(t, 5*time.Minute, cloud.Keystone.CacheTTL)
}

func TestRedisClusterExample(t *testing.T) {
	servers := loadExample(t, "redis-cluster.yaml").Store.Redis.Servers()
	require.Equal(t, config.Cluster, servers.Mode)
	require.Len(t, servers.Addresses, 3)
	require.True(t, servers.TLS)
}

func TestRedisSentinelExample(t *testing.T) {
	cfg := loadExample(t, "redis-sentinel.yaml")
	servers := cfg.Store.Redis.Servers()
	require.Equal(t, config.Sentinel, servers.Mode)
	require.Len(t, servers.Addresses, 3)
	require.Equal(t, "profilegate", servers.MasterName)
	require.Equal(t, "sentinel-reader", cfg.Store.Redis.Sentinel.Username)
}

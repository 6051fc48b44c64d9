package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/profilegate/profilegate/config"
)

// hush is in every secret below, and nowhere else.
const hush = "hush-hush"

const withSecrets = `
listeners:
  - {name: main, address: ":1", protocol: http}
store:
  kind: redis
  redis: {url: "redis://user:` + hush + `@h:1/2"}
tenants:
  - name: dev
    dialects: [senlin]
    tokens: [{token: ` + hush + `, project: p, user: u}, {token: ` + hush + `2, project: p, user: u}]
`

func TestShowRedacts(t *testing.T) {
	clearEnv(t)
	loaded := parse(t, withSecrets, config.Flags{})
	require.Equal(t, hush, loaded.Config.Tenants[0].Tokens[0].Token.Reveal())
	text, err := loaded.YAML()
	require.NoError(t, err)
	require.NotContains(t, string(text), hush)
	require.Contains(t, string(text), "token: <redacted>")
	require.Contains(t, string(text), "url: redis://<redacted>@h:1/2")
}

func TestShowRedactsThePassword(t *testing.T) {
	clearEnv(t)
	t.Setenv("PROFILEGATE_STORE_REDIS_PASSWORD", hush)
	loaded := parse(t, smallest, config.Flags{Store: "redis://h"})
	text, err := loaded.YAML()
	require.NoError(t, err)
	require.NotContains(t, string(text), hush)
	require.Contains(t, string(text), "password: <redacted> # PROFILEGATE_STORE_REDIS_PASSWORD")
}

// TestNoWayOut prints a whole configuration in every way that comes to mind.
func TestNoWayOut(t *testing.T) {
	clearEnv(t)
	t.Setenv("PROFILEGATE_STORE_REDIS_USERNAME", "")
	cfg := parse(t, withSecrets, config.Flags{}).Config
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		require.NotContains(t, fmt.Sprintf(verb, cfg), hush, verb)
		require.NotContains(t, fmt.Sprintf(verb, &cfg), hush, verb)
		require.NotContains(t, fmt.Sprintf(verb, cfg), fmt.Sprintf("%x", hush), verb)
	}
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)
	require.NotContains(t, string(asJSON), hush)
	asYAML, err := yaml.Marshal(cfg)
	require.NoError(t, err)
	require.NotContains(t, string(asYAML), hush)
	for _, handler := range []func(*bytes.Buffer) slog.Handler{
		func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
	} {
		var b bytes.Buffer
		log := slog.New(handler(&b))
		log.Info("config", "all", cfg, "token", cfg.Tenants[0].Tokens[0].Token, "url", cfg.Store.Redis.URL)
		require.NotContains(t, b.String(), hush)
		require.Contains(t, b.String(), "redacted")
	}
}

// TestSecretsAreOfTheirType holds every key that sounds like a secret to a type that redacts itself.
func TestSecretsAreOfTheirType(t *testing.T) {
	for _, row := range config.Reference() {
		last := row.Key[strings.LastIndex(row.Key, ".")+1:]
		if last == "token" || strings.Contains(last, "password") || strings.Contains(last, "secret") {
			require.Equal(t, "secret", row.Type, row.Key)
		}
	}
}

func TestProblemsRedact(t *testing.T) {
	clearEnv(t)
	for _, text := range []string{
		strings.Replace(withSecrets, "redis://user", "mysql://user", 1),
		strings.Replace(withSecrets, "@h:1", "@h:x", 1),
		strings.Replace(withSecrets, "@h:1/2", "@h:1/2?p="+hush, 1),
		strings.Replace(withSecrets, `"redis://user:`+hush+`@h:1/2"`, hush, 1),
		strings.Replace(withSecrets, hush+"2", hush, 1),
		strings.Replace(withSecrets, hush+"2", `"with space `+hush+`"`, 1),
		strings.Replace(withSecrets, hush+"2", "["+hush+"]", 1),
	} {
		_, err := config.Parse("test.yaml", []byte(text), config.Flags{})
		require.Error(t, err, text)
		require.NotContains(t, err.Error(), hush)
	}
	_, err := config.Parse("test.yaml", []byte(withSecrets), config.Flags{Store: "redis//" + hush})
	require.Error(t, err)
	require.NotContains(t, err.Error(), hush)
}

func TestSecret(t *testing.T) {
	var none config.Secret
	require.True(t, none.IsZero())
	require.Empty(t, none.String())
	one := config.NewSecret("a")
	require.True(t, one.Equal(config.NewSecret("a")))
	require.False(t, one.Equal(none))
	require.Equal(t, reflect.TypeFor[config.Secret](), reflect.TypeOf(one))
}

func TestURL(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"redis://h:1/2":                     "redis://h:1/2",
		"redis://u@h":                       "redis://<redacted>@h",
		"redis://:p@h/0":                    "redis://<redacted>@h/0",
		"redis://h/0?password=p":            "redis://h/0?<redacted>",
		"redis+sentinel://u:p@a:1,b/gate/0": "redis+sentinel://<redacted>@a:1,b/gate/0",
		"redis+cluster://u:p@a,b:x":         "<redacted>",
		"redis://h/0#p":                     "redis://h/0?<redacted>",
		"u:p@h":                             "<redacted>",
		"redis:p":                           "<redacted>",
		"redis://u:p%@h":                    "<redacted>",
	} {
		require.Equal(t, want, config.NewURL(text).String(), text)
	}
	require.True(t, config.NewURL("a").Equal(config.NewURL("a")))
}

package keystone

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/conformance"
)

// cacheTTL is short, so that a test can wait for a revoked token to be refused.
const cacheTTL = 3 * time.Second

// configuration has the listeners for which conformance.Start chooses addresses.
const configuration = `
listeners:
  - {name: senlin, address: "127.0.0.1:0", protocol: http, tenants: [cloud]}
  - {name: kuzzle, address: "127.0.0.1:0", protocol: http, tenants: [messages]}
  - {name: mqtt, address: "127.0.0.1:0", protocol: mqtt, tenants: [messages]}
  - {name: grpc, address: "127.0.0.1:0", protocol: grpc, tenants: [cloud]}
  - {name: admin, address: "127.0.0.1:0", protocol: admin}
tenants:
  - name: cloud
    dialects: [senlin]
    keystone: {auth_url: %q, username: %q, password: %q, cache_ttl: %s, timeout: 30s}
    tokens: [{token: of-the-config, project: c0f1a000000000000000000000000001, user: c0f1a000000000000000000000000002, roles: [member]}]
  - name: messages
    dialects: [kuzzle]
log: {level: info, format: json}
shutdown_timeout: 1500ms
`

// gate is a running gateway.
type gate struct {
	*conformance.Process
	url string
}

// startGateway starts a gateway whose tenant asks the cloud about tokens.
func startGateway(t *testing.T, c *cloud) *gate {
	t.Helper()
	dir := t.TempDir()
	file, log := filepath.Join(dir, "gateway.yaml"), filepath.Join(dir, "log")
	text := fmt.Sprintf(configuration, c.url, service.user, password, cacheTTL)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := conformance.Start(ctx, conformance.Launch{Binary: binary, Config: file, DataDir: t.TempDir(), Log: log})
	if err != nil {
		told, _ := os.ReadFile(log)
		require.NoError(t, err, "%s", told)
	}
	t.Cleanup(func() {
		require.NoError(t, p.Stop())
		told, err := os.ReadFile(log)
		require.NoError(t, err)
		require.NotContains(t, string(told), "panic")
		require.NotContains(t, string(told), password)
	})
	return &gate{Process: p, url: "http://" + p.Target.Senlin}
}

func (g *gate) call(t *testing.T, method, path, token string, body any) answer {
	t.Helper()
	header := http.Header{"Accept": {"application/json"}}
	if token != "" {
		header["X-Auth-Token"] = []string{token}
	}
	return call(t, method, g.url+path, header, body)
}

// profile is one as the gateway shows it.
type profile struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	User    string  `json:"user"`
	Project string  `json:"project"`
	Domain  *string `json:"domain"`
}

func (g *gate) create(t *testing.T, token, name string) profile {
	t.Helper()
	a := g.call(t, http.MethodPost, "/v1/profiles", token, map[string]any{"profile": map[string]any{"name": name, "spec": map[string]any{
		"type": "os.nova.server", "version": "1.0", "properties": map[string]any{"flavor": "m1.small", "name": "web", "networks": []any{map[string]any{"network": "private"}}},
	}}})
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	var made struct{ Profile profile }
	a.decode(t, &made)
	return made.Profile
}

func (g *gate) list(t *testing.T, token string) []profile {
	t.Helper()
	a := g.call(t, http.MethodGet, "/v1/profiles", token, nil)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var found struct{ Profiles []profile }
	a.decode(t, &found)
	return found.Profiles
}

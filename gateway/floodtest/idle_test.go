package floodtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/clienttest"
	"github.com/profilegate/profilegate/gateway/conformance"
)

const (
	patience = 30 * time.Second
	served   = 20 * time.Second // within which a newcomer is; the machine may be slow
	places   = 10_000           // limits.connections, as it is by default
	dear     = 96 << 10         // more bytes of memory than an idle connection may cost
)

// TestTenThousandIdleConnections: who opens more connections than there are places, and says nothing on them, harms only themselves. Newcomers
// of other addresses are served over every protocol, and so is who was there before and has been quiet since.
func TestTenThousandIdleConnections(t *testing.T) {
	p := startGateway(t)
	quiet := dial(t, conformance.WebSocket, p)
	now(t, quiet)
	before := resident(t, p)

	began := time.Now()
	startFlood(t, p.Target.Kuzzle, p.Target.MQTT, p.GRPC, p.Target.Senlin)
	took := time.Since(began)
	shown := metrics(t, p)
	require.Positive(t, shown["profilegate_connections_displaced_total"], "the flood does not fill the places")
	require.LessOrEqual(t, shown["profilegate_connections"], float64(places))
	each := float64(resident(t, p)-before) / shown["profilegate_connections"]
	t.Logf("opened in %s; %v are open, %v were displaced, %.1f KiB each", took.Round(time.Millisecond),
		shown["profilegate_connections"], shown["profilegate_connections_displaced_total"], each/1024)
	require.Less(t, each, float64(dear))

	for n := range 10 {
		for name, address := range map[string]string{"Kuzzle": p.Target.Kuzzle, "Senlin": p.Target.Senlin} {
			within(t, fmt.Sprintf("newcomer %d over HTTP to %s", n, name), func(ctx context.Context) { get(ctx, t, "http://"+address+"/") })
		}
		within(t, fmt.Sprintf("newcomer %d over gRPC", n), func(ctx context.Context) { settings(ctx, t, p.GRPC) })
		for _, protocol := range []conformance.Protocol{conformance.WebSocket, conformance.MQTT} {
			within(t, fmt.Sprintf("newcomer %d over %s", n, protocol), func(context.Context) { now(t, dial(t, protocol, p)) })
		}
	}
	within(t, "who was there before", func(context.Context) { now(t, quiet) })
}

func startGateway(t *testing.T) *conformance.Process {
	t.Helper()
	log, binary := filepath.Join(t.TempDir(), "log"), clienttest.Binary(t) // built before the clock runs
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := conformance.Start(ctx, conformance.Launch{
		Binary: binary, Config: filepath.Join("testdata", "gateway.yaml"), DataDir: t.TempDir(), Log: log,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, p.Stop())
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		require.NotRegexp(t, `panic|fatal error|"level":"ERROR"`, string(text))
	})
	return p
}

// within holds what a newcomer does to a generous time, and tells how long it took.
func within(t *testing.T, what string, do func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), served)
	defer cancel()
	began := time.Now()
	do(ctx)
	took := time.Since(began)
	require.Less(t, took, served, what)
}

func dial(t *testing.T, protocol conformance.Protocol, p *conformance.Process) conformance.Messenger {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), served)
	defer cancel()
	m, err := conformance.DialMessenger(ctx, protocol, p.Target)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

func now(t *testing.T, m conformance.Messenger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), served)
	defer cancel()
	data, err := m.Exchange(ctx, []byte(`{"controller":"server","action":"now","requestId":"r"}`))
	require.NoError(t, err)
	var answer struct{ Status int }
	require.NoError(t, json.Unmarshal(data, &answer))
	require.Equal(t, http.StatusOK, answer.Status, "%s", data)
}

// get asks on a connection of its own.
func get(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Less(t, answer.StatusCode, 400, "%s", body)
	return string(body)
}

// settings opens a connection of HTTP/2 and waits for the server's first frame.
func settings(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(served)))
	_, err = io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	require.NoError(t, err)
	frame := make([]byte, 9)
	_, err = io.ReadFull(c, frame)
	require.NoError(t, err)
	require.Equal(t, byte(4), frame[3], "SETTINGS")
}

var sample = regexp.MustCompile(`(?m)^(profilegate_connections\w*) (\S+)$`)

func metrics(t *testing.T, p *conformance.Process) map[string]float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	all := make(map[string]float64)
	for _, m := range sample.FindAllStringSubmatch(get(ctx, t, "http://"+p.Admin+"/metrics"), -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		require.NoError(t, err)
		all[m[1]] = v
	}
	return all
}

// resident is how much memory the process has, in bytes.
func resident(t *testing.T, p *conformance.Process) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	require.NoError(t, err)
	m := regexp.MustCompile(`VmRSS:\s*(\d+) kB`).FindSubmatch(text)
	require.NotNil(t, m)
	kilobytes, err := strconv.ParseInt(string(m[1]), 10, 64)
	require.NoError(t, err)
	return kilobytes << 10
}

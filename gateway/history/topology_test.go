package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/conformance"
)

// deployment is a number of gateways on a store, and what can go wrong with them.
type deployment struct {
	gateways []*Gateway
	recorder *Recorder
	nemeses  []*Nemesis
	options  Options
}

// deployer starts a deployment that ends with the test. The span is how long faults of single processes and links last.
type deployer func(t *testing.T, lasts Span) *deployment

// topologies are the deployments that are held to their promises.
var topologies = map[string]deployer{
	"embedded": onEmbedded, "standalone": onStandalone, "cluster": onCluster, "sentinel": onSentinel,
}

// launched starts a gateway that stops with the test.
func launched(t *testing.T, name, dataDir, store string, env ...string) *Gateway {
	t.Helper()
	g := NewGateway(name, conformance.Launch{
		Binary: binary(t), Config: filepath.Join("testdata", "gateway.yaml"), DataDir: dataDir, Store: store,
		Env: append([]string{"GORACE=atexit_sleep_ms=50"}, env...),
	}, t.TempDir())
	require.NoError(t, g.Start(starting(t)))
	t.Cleanup(func() { require.NoError(t, g.Kill()) })
	return g
}

// starting bounds the start of a process on a busy machine.
func starting(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func linked(t *testing.T, target string) *Link {
	t.Helper()
	k, err := NewLink(t.Context(), target)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

// round plays one round on a deployment and holds it to its promises.
func round(t *testing.T, start deployer, faults Span, lasts time.Duration, seed uint64) {
	t.Helper()
	d := start(t, faults)
	r := &Round{
		Workload: &Workload{Recorder: d.recorder, Gateways: d.gateways, Seed: seed},
		Nemeses:  d.nemeses, Lasts: lasts, Options: d.options,
	}
	verdict, err := r.Run(t.Context())
	t.Logf("seed %d: %s", seed, summary(d.recorder.History()))
	if len(verdict.Undecided) > 0 {
		t.Logf("not decided in the time that there was: %v", verdict.Undecided)
	}
	if err == nil && len(verdict.Violations) == 0 {
		return
	}
	folder := kept(t, seed)
	if writeErr := r.Write(folder, verdict, err); writeErr != nil {
		t.Error(writeErr)
	}
	for _, n := range d.nemeses {
		t.Log(n.Log())
	}
	require.NoError(t, err, "seed %d; see %s", seed, folder)
	require.Empty(t, verdict.String(), "seed %d; see %s", seed, folder)
}

// kept makes a folder that outlives the test, for what there is to see.
func kept(t *testing.T, seed uint64) string {
	t.Helper()
	folder := filepath.Join(os.TempDir(), "profilegate-history-"+strings.ReplaceAll(t.Name(), "/", "-")+"-"+strconv.FormatUint(seed, 10))
	require.NoError(t, os.MkdirAll(folder, 0o700))
	return folder
}

// summary counts what clients were told.
func summary(h History) string {
	counts := map[Result]int{}
	for _, o := range h.Operations {
		counts[o.Answer.Result]++
	}
	return fmt.Sprintf("%d operations: %v", len(h.Operations), counts)
}

// seedOf is the seed that SEED gives, to play a round again, or a new one.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	if given := os.Getenv("SEED"); given != "" {
		seed, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err)
		return seed
	}
	return rand.Uint64N(1 << 32)
}

// TestPromises plays a short round on every topology.
func TestPromises(t *testing.T) {
	for name, start := range topologies {
		t.Run(name, func(t *testing.T) {
			round(t, start, Span{300 * time.Millisecond, 1500 * time.Millisecond}, 8*time.Second, seedOf(t))
		})
	}
}

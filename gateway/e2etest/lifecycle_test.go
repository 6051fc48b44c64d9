package e2etest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
)

// TestReadyWithinSeconds holds the contract with replays, which is one second on a machine that has nothing else to do. This one may be busy, and
// the race detector is on: so the best of a few starts counts, and more time.
func TestReadyWithinSeconds(t *testing.T) {
	const tries, bound = 5, 5 * time.Second
	for name, storage := range storages {
		t.Run(name, func(t *testing.T) {
			s, best := storage(t), time.Hour
			for range tries {
				begun := time.Now()
				n := start(t, s, "one")
				if best = min(best, time.Since(begun)); best < bound {
					return
				}
				require.NoError(t, n.Stop())
				n.ended = true
			}
			require.Less(t, best, bound, "the best of %d starts", tries)
		})
	}
}

// TestStopAnswersWhatIsUnderWay ends a process by SIGTERM while creates wait: for another node that just died (it drops out with its lease), and
// for the rest of a body. All are answered, and the process is gone soon (start's clean-up would tell too).
func TestStopAnswersWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	const lease = "PROFILEGATE_WAIT_LEASE=1s"
	s := onRedis(t)
	n, dead := start(t, s, "one", lease), start(t, s, "one", lease)
	clients := map[string]policyClient{"grpc": dialGRPC(t, n.GRPC)}
	for _, transport := range kuzzleTransports {
		clients[transport] = dialKuzzle(t, transport, n.Target)
	}
	for way, c := range clients { // connected, and known to the other node
		o, err := c.createProfile(soon(t), policyDraft{id: way + "-before", roles: []string{"default"}, wait: true})
		require.NoError(t, err)
		require.True(t, o.ok, "%s", o)
	}
	half := beginRequest(t, n.Target.Kuzzle)
	dead.kill(t)
	type end struct {
		way string
		o   outcome
		err error
	}
	ends := make(chan end, len(clients))
	ctx := soon(t)
	for way, c := range clients {
		go func() {
			o, err := c.createProfile(ctx, policyDraft{id: way, roles: []string{"default"}, wait: true})
			ends <- end{way, o, err}
		}()
	}
	look := dialKuzzle(t, "http", n.Target)
	for way := range clients {
		stored := func() bool { o, err := look.getProfile(ctx, way); return err == nil && o.ok }
		eventually(t, stored, patience, "the create is under way", way)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- n.Stop() }()
	n.ended = true // there is nothing left for the clean-up
	require.Equal(t, http.StatusOK, half())
	for range clients {
		e := <-ends
		require.NoError(t, e.err, "%s was cut off", e.way)
		require.True(t, e.o.ok, "%s: %s", e.way, e.o)
	}
	require.NoError(t, <-stopped, "within two seconds, with exit status 0: %s", logged{n.logFile})
}

// beginRequest sends a create as far as the middle of its body, and knows that the gateway is reading that. finish sends the rest and
// returns the answer's status.
func beginRequest(t *testing.T, address string) (finish func() int) {
	t.Helper()
	const body = `{"policies":[{"roleId":"default"}]}`
	c := dialRaw(t, address)
	fmt.Fprintf(c, "POST /profiles/half/_create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"+
		"Content-Length: %d\r\n\r\n", len(body))
	require.Equal(t, http.StatusContinue, c.status(t), "the body is wanted")
	fmt.Fprint(c, body[:10])
	return func() int {
		fmt.Fprint(c, body[10:])
		return c.status(t)
	}
}

// ended is a process that ended by itself.
type ended struct {
	status int
	said   string
	after  time.Duration
}

// runToEnd runs `serve`, which is to fail.
func runToEnd(t *testing.T, env []string, args ...string) ended {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"serve", "--config", "testdata/one.yaml"}, args...)...)
	cmd.Env = append(append(cmd.Environ(), raceOptions), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	err := cmd.Run()
	after := time.Since(begun)
	require.NoError(t, ctx.Err(), "it runs on: %s", said.String())
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "%v", err)
	require.NotRegexp(t, alarms, said.String())
	return ended{exit.ExitCode(), said.String(), after}
}

func TestSecondProcessOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	s := onEmbedded(t)
	n := start(t, s, "one")
	got := runToEnd(t, nil, "--data-dir", s.dataDir)
	require.Equal(t, 1, got.status, got.said)
	require.Contains(t, got.said, s.dataDir)
	require.Contains(t, got.said, "another process")
	require.Less(t, got.after, 10*time.Second)
	status, report := n.readiness(t)
	require.Equal(t, http.StatusOK, status, report)
}

func TestPortInUseIsTold(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for _, listener := range []string{"KUZZLE", "MQTT", "GRPC", "ADMIN"} {
		address := taken.Addr().String()
		got := runToEnd(t, []string{"PROFILEGATE_LISTEN_" + listener + "=" + address}, "--data-dir", t.TempDir())
		require.Equal(t, 1, got.status, got.said)
		require.Contains(t, got.said, address)
		require.Contains(t, got.said, "address already in use")
		require.Contains(t, got.said, "listener")
	}
}

func TestRedisDownAtStartIsTold(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	require.NoError(t, s.redis.Kill())
	const env, bound = "PROFILEGATE_STORE_REDIS_RETRY_FOR=500ms", 10 * time.Second
	got := runToEnd(t, []string{env}, "--store", s.redis.URL())
	require.Equal(t, 1, got.status, got.said)
	require.Contains(t, got.said, "opening the store")
	require.Contains(t, got.said, s.redis.Addr())
	require.Less(t, got.after, bound)
}

// TestRedisGoneIsUnavailable takes the store away from a gateway that runs: killed, so that nobody listens, and frozen, so that nothing is
// answered. No call hangs, each dialect tells it in its own shape, readiness tells it, and all is well by itself when Redis is back.
func TestRedisGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		leave, comeBack func(*testing.T, *redistest.Server)
		creates         []fault.Kind // what a create may be told: one that was sent may have been carried out
	}{
		{
			"killed", func(t *testing.T, r *redistest.Server) { require.NoError(t, r.Kill()) },
			func(t *testing.T, r *redistest.Server) { redistest.Restart(t, r) },
			[]fault.Kind{fault.Unavailable},
		},
		{
			"frozen", func(t *testing.T, r *redistest.Server) { require.NoError(t, r.Freeze()) },
			func(t *testing.T, r *redistest.Server) { require.NoError(t, r.Thaw()) },
			[]fault.Kind{fault.Unavailable, fault.Uncertain, fault.DeadlineExceeded},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := onRedis(t)
			n := start(t, s, "one", "PROFILEGATE_STORE_REDIS_RETRY_FOR=500ms", "PROFILEGATE_STORE_REDIS_CALL_TIMEOUT=500ms")
			o := newObserver(t, n)
			o.allWell(t, "before")

			tt.leave(t, s.redis)
			o.allUnavailable(t, tt.creates)
			eventually(t, func() bool { status, _ := n.readiness(t); return status == http.StatusServiceUnavailable }, patience, "not ready")
			require.Equal(t, http.StatusOK, statusOf(t, n.Admin, "", "/healthz"), "the process lives")

			tt.comeBack(t, s.redis)
			n.awaitReady(t)
			o.allWell(t, "after")
		})
	}
}

// observer has a client of each protocol.
type observer struct {
	policies map[string]policyClient
	specs    map[string]specClient
}

func newObserver(t *testing.T, n *node) *observer {
	o := &observer{policies: map[string]policyClient{}, specs: map[string]specClient{"senlin": dialSenlin(t, n.Target), "grpc": dialGRPC(t, n.GRPC)}}
	for _, transport := range kuzzleTransports {
		o.policies[transport] = dialKuzzle(t, transport, n.Target)
	}
	o.policies["grpc"] = dialGRPC(t, n.GRPC)
	return o
}

func (o *observer) allWell(t *testing.T, when string) {
	t.Helper()
	for way, c := range o.policies {
		d := policyDraft{id: when + "-" + way, roles: []string{"default"}}
		created, err := c.createProfile(soon(t), d)
		require.NoError(t, err, way)
		requireProfile(t, d, created)
		got, err := c.getProfile(soon(t), d.id)
		require.NoError(t, err, way)
		requireProfile(t, d, got)
	}
	for way, c := range o.specs {
		created, err := c.createSpec(soon(t), when+way, heatSpec(way))
		require.NoError(t, err, way)
		require.True(t, created.ok, "%s: %s", way, created)
		got, err := c.getSpec(soon(t), created.id)
		require.NoError(t, err, way)
		require.True(t, got.ok, "%s: %s", way, got)
	}
}

// allUnavailable asks for what the store is needed for. Reads by id are linearizable, so they cannot be answered from memory.
func (o *observer) allUnavailable(t *testing.T, creates []fault.Kind) {
	t.Helper()
	const bound = 20 * time.Second // twice retry_for and call_timeout, and a busy machine
	within := func(way string, call func(context.Context) (outcome, error), kinds ...fault.Kind) {
		ctx, cancel := context.WithTimeout(t.Context(), bound)
		defer cancel()
		got, err := call(ctx)
		require.NoError(t, err, "%s: no answer", way)
		require.False(t, got.ok, "%s: %s", way, got)
		require.Contains(t, kinds, got.kind, "%s: %s", way, got)
	}
	for way, c := range o.policies {
		within(way+" get", func(ctx context.Context) (outcome, error) { return c.getProfile(ctx, "default") }, fault.Unavailable)
		within(way+" create", func(ctx context.Context) (outcome, error) {
			return c.createProfile(ctx, policyDraft{id: "meanwhile-" + way, roles: []string{"default"}})
		}, creates...)
	}
	for way, c := range o.specs {
		within(way+" get", func(ctx context.Context) (outcome, error) {
			return c.getSpec(ctx, "5f2b2b6e-0000-0000-0000-000000000000")
		}, fault.Unavailable)
		within(way+" create", func(ctx context.Context) (outcome, error) { return c.createSpec(ctx, way, heatSpec(way)) }, creates...)
	}
}

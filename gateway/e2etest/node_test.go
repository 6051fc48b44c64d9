package e2etest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/gateway/conformance"
)

// patience bounds a wait for what is about to happen. It is generous: how fast things are is for the benchmarks to say, and only lifecycle
// tests hold the gateway to times.
const patience = 30 * time.Second

// soon is a context for one call, or one short series of them.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// storage is where nodes keep their records.
type storage struct {
	redis   *redistest.Server // nil: embedded
	dataDir string
}

// storages are the stores that a promise is tested on.
var storages = map[string]func(*testing.T) storage{"embedded": onEmbedded, "redis": onRedis}

func onEmbedded(t *testing.T) storage { return storage{dataDir: t.TempDir()} }

func onRedis(t *testing.T) storage {
	return storage{redis: redistest.Start(t, redistest.Durable()...)}
}

// node is one gateway process.
type node struct {
	*conformance.Process
	logFile string
	ended   bool // by the test
}

// raceOptions keeps the race detector from delaying the end of a process by a second.
const raceOptions = "GORACE=atexit_sleep_ms=50"

// launch says how to start a process. Env are additional NAME=value.
func launch(t *testing.T, s storage, config string, env ...string) conformance.Launch {
	t.Helper()
	l := conformance.Launch{
		Binary: binary, Config: filepath.Join("testdata", config+".yaml"), DataDir: s.dataDir,
		Log: filepath.Join(t.TempDir(), "log"), Env: append([]string{raceOptions}, env...),
	}
	if s.redis != nil {
		l.Store = s.redis.URL()
	}
	return l
}

// start starts a process that is ready when start returns. When the test ends it must still be there, stop when it is told to, and have
// nothing in its log that should not be there.
func start(t *testing.T, s storage, config string, env ...string) *node {
	t.Helper()
	l := launch(t, s, config, env...)
	p, err := conformance.Start(soon(t), l)
	require.NoError(t, err, logged{l.Log})
	n := &node{Process: p, logFile: l.Log}
	t.Cleanup(func() {
		if !n.ended {
			require.NoError(t, n.Stop(), logged{l.Log})
		}
		n.requireCleanLog(t)
	})
	return n
}

// logged prints what a process wrote, where a check fails.
type logged struct{ file string }

func (l logged) String() string {
	text, err := os.ReadFile(l.file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// kill ends the process as a crash does.
func (n *node) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, n.Kill())
	n.ended = true
}

// alarms are what no log may hold, whatever was done to the process.
var alarms = regexp.MustCompile(`panic|DATA RACE|fatal error:|"level":"ERROR"`)

// storeGone is the one error that is none of the gateway's.
var storeGone = regexp.MustCompile(`"fault":"(store_unavailable|unavailable|lease_lost|stale|history_changed|commit_uncertain|uncertain|deadline_exceeded)"`)

func (n *node) requireCleanLog(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(n.logFile)
	require.NoError(t, err)
	for line := range bytes.Lines(text) {
		if alarms.Match(line) && !storeGone.Match(line) {
			require.Fail(t, "the log holds what it should not", "%s\nin\n%s", line, text)
		}
	}
}

// welcomed is the address of a listener as the process told it at its start, for those whose address nobody chose.
func (n *node) welcomed(t *testing.T, listener string) string {
	t.Helper()
	text, err := os.ReadFile(n.logFile)
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^` + listener + ` listens on (\S+) `).FindSubmatch(text)
	require.NotNil(t, found, "%s", text)
	return string(found[1])
}

// readiness asks the admin listener; 0 where nobody answers.
func (n *node) readiness(t *testing.T) (status int, report string) {
	t.Helper()
	r, err := http.NewRequestWithContext(soon(t), http.MethodGet, "http://"+n.Admin+"/readyz?verbose", nil)
	require.NoError(t, err)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(bytes.TrimSpace(body))
}

// lastReport prints what readiness told last.
type lastReport struct{ text *string }

func (l lastReport) String() string { return *l.text }

// awaitReady waits until the process is ready again by itself.
func (n *node) awaitReady(t *testing.T) {
	t.Helper()
	report := new(string)
	ready := func() bool {
		var status int
		status, *report = n.readiness(t)
		return status == http.StatusOK
	}
	eventually(t, ready, patience, "%s: %s\n%s", "ready again", lastReport{report}, logged{n.logFile})
}

// eventually waits until a condition holds.
func eventually(t *testing.T, holds func() bool, within time.Duration, what string, args ...any) {
	t.Helper()
	end := time.NewTimer(within)
	defer end.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end.C:
			require.FailNow(t, "not within "+within.String(), append([]any{what}, args...)...)
		}
	}
}

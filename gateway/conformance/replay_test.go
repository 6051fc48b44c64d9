package conformance

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// What TestReplay replays. Without flags: the cases that must pass, on the
// embedded store, so that a plain "go test" stays quick.
var (
	storeFlag  = flag.String("store", "embedded", "stores to replay on: embedded, redis or all")
	casesFlag  = flag.String("cases", "must-pass", "cases to replay: must-pass or all")
	caseFlag   = flag.String("case", "", "replay only cases whose DIALECT/NAME, or NAME, matches this glob")
	binaryFlag = flag.String("binary", os.Getenv("PROFILEGATE_BINARY"), "the profilegate to replay against (default: $PROFILEGATE_BINARY, else build it from this checkout)")
	updateFlag = flag.Bool("update-must-pass", false, "add the cases that passed everywhere to testdata/must-pass.txt; needs -store all -cases all")
)

const (
	mustPassFile = "testdata/must-pass.txt"
	moduleRoot   = "../.."
	// workers bounds how many servers run at once; -parallel may bound it further.
	workers = 4
	logTail = 4096
)

// mustPassAlways are patterns of cases that may never leave the list.
func mustPassAlways() []string {
	return []string{"senlin/*", "kuzzle/create-profile-*", "kuzzle/create-role*"}
}

// TestReplay replays recorded cases against real processes, one fresh process and
// one empty store for each replay. It fails if a case fails that must pass, or if
// a server crashes or does not stop whatever the case; other failing cases are
// skipped as "not yet" and listed.
func TestReplay(t *testing.T) {
	suite := newSuite(t)
	for _, store := range suite.stores {
		pool := suite.newPool(t, store)
		t.Run(store, func(t *testing.T) {
			for _, protocol := range Protocols() {
				t.Run(string(protocol), func(t *testing.T) { suite.replayAll(t, pool, protocol) })
			}
		})
	}
	require.NoError(t, suite.tally.Write(os.Stdout, suite.mustPass))
	if *updateFlag {
		suite.update(t)
	}
}

type suite struct {
	cases    []*Case
	mustPass []string
	stores   []string
	launch   Launch // Binary and Config are set
	tally    Tally
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	s := &suite{stores: selectedStores(t)}
	all, err := Load(os.DirFS("testdata"))
	require.NoError(t, err)
	data, err := os.ReadFile(mustPassFile)
	require.NoError(t, err)
	s.mustPass, err = ParseMustPass(data)
	require.NoError(t, err)
	require.NoError(t, CheckMustPass(s.mustPass, all, mustPassAlways()...))
	for _, c := range all {
		if s.selects(t, c) {
			s.cases = append(s.cases, c)
		}
	}
	require.NotEmpty(t, s.cases, "no case is selected")
	s.launch.Config, err = filepath.Abs(filepath.Join(moduleRoot, "config/examples/conformance.yaml"))
	require.NoError(t, err)
	s.launch.Binary = binary(t)
	return s
}

func selectedStores(t *testing.T) []string {
	t.Helper()
	switch *storeFlag {
	case "embedded", "redis":
		return []string{*storeFlag}
	case "all":
		return []string{"embedded", "redis"}
	}
	t.Fatalf("-store is embedded, redis or all, not %q", *storeFlag)
	return nil
}

func (s *suite) selects(t *testing.T, c *Case) bool {
	t.Helper()
	if *caseFlag != "" {
		whole, err := path.Match(*caseFlag, c.ID())
		require.NoError(t, err)
		name, err := path.Match(*caseFlag, c.Name)
		require.NoError(t, err)
		return whole || name
	}
	switch *casesFlag {
	case "all":
		return true
	case "must-pass":
		return slices.Contains(s.mustPass, c.ID())
	}
	t.Fatalf("-cases is must-pass or all, not %q", *casesFlag)
	return false
}

// binary returns the server to replay against. Without -binary it is built from
// this checkout, so that no old bin/profilegate is taken for the present code.
func binary(t *testing.T) string {
	t.Helper()
	if *binaryFlag != "" {
		abs, err := filepath.Abs(*binaryFlag)
		require.NoError(t, err)
		require.FileExists(t, abs)
		return abs
	}
	out := filepath.Join(t.TempDir(), "profilegate")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", out, "./cmd/profilegate")
	build.Dir = moduleRoot
	printed, err := build.CombinedOutput()
	require.NoError(t, err, "building the server: %s", printed)
	return out
}

// slot is what one replay at a time may use: with Redis, a server of its own.
type slot struct{ redis *redistest.Server }

func (s *suite) newPool(t *testing.T, store string) chan slot {
	t.Helper()
	pool := make(chan slot, workers)
	for range workers {
		var one slot
		if store == "redis" {
			one.redis = redistest.Start(t)
		}
		pool <- one
	}
	return pool
}

func (s *suite) replayAll(t *testing.T, pool chan slot, protocol Protocol) {
	for _, dialect := range Dialects() {
		t.Run(string(dialect), func(t *testing.T) {
			for _, c := range s.cases {
				if c.Dialect != dialect || !slices.Contains(c.Protocols(), protocol) {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					one := <-pool
					defer func() { pool <- one }()
					s.replayOne(t, one, protocol, c)
				})
			}
		})
	}
}

func (s *suite) replayOne(t *testing.T, one slot, protocol Protocol, c *Case) {
	t.Helper()
	dir := t.TempDir()
	launch := s.launch
	launch.DataDir = filepath.Join(dir, "data")
	launch.Log = filepath.Join(dir, "log")
	require.NoError(t, os.Mkdir(launch.DataDir, 0o700))
	store := "embedded"
	if one.redis != nil {
		store = "redis"
		launch.Store = one.redis.URL()
		redistest.Flush(t, one.redis)
	}
	err := replayFresh(t, launch, protocol, c)
	s.tally.Add(Result{Store: store, Protocol: protocol, Case: c.ID(), Passed: err == nil})
	switch {
	case err == nil:
	case slices.Contains(s.mustPass, c.ID()), errors.Is(err, ErrStop):
		t.Errorf("%v\nthe server's log ends:\n%s", err, tail(launch.Log))
	default:
		t.Skipf("not yet: %v", err)
	}
}

// replayFresh replays one case against a process of its own.
func replayFresh(t *testing.T, launch Launch, protocol Protocol, c *Case) error {
	t.Helper()
	server, err := Start(t.Context(), launch)
	if err != nil {
		return err
	}
	replayErr := Replay(t.Context(), c, protocol, server.Target)
	stopErr := server.Stop()
	return errors.Join(replayErr, stopErr)
}

func tail(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return strings.ToValidUTF8(string(data[max(0, len(data)-logTail):]), "")
}

// update adds the cases that passed on every store and protocol to the list. It
// never takes one off, and refuses to judge by a part of the replays.
func (s *suite) update(t *testing.T) {
	t.Helper()
	want := 0
	for _, c := range s.cases {
		want += len(c.Protocols()) * 2
	}
	require.True(t, *storeFlag == "all" && *casesFlag == "all" && *caseFlag == "" && len(s.tally.results) == want,
		"-update-must-pass needs every case on every store: -store all -cases all, nothing left out")
	data, err := os.ReadFile(mustPassFile)
	require.NoError(t, err)
	data, err = ExtendMustPass(data, s.tally.Everywhere())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(mustPassFile, data, 0o600))
	t.Logf("%s is updated", mustPassFile)
}

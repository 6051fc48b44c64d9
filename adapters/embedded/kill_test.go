package embedded_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/adapters/embedded"
	"github.com/profilegate/profilegate/core/store"
)

// killWriters write at once in the process that is killed, each to a pair of records of its own.
const killWriters = 8

// ack is what the writing process says of a commit that was acknowledged to it.
type ack struct {
	writer, n int
	revision  uint64
	id        uuid.UUID
}

// TestKillLosesNothingAcknowledged kills a process that writes, at a moment that a random number of acknowledgements decides, and looks
// for each of them in the file; many times with one file.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	last := map[int]ack{}
	for round := range 12 {
		acks := runAndKill(t, path, []int{0, 1, rand.IntN(20), rand.IntN(400)}[round%4]) //nolint:gosec // not a secret
		newest := store.Head{}
		for _, a := range acks {
			require.Greater(t, a.n, last[a.writer].n)
			last[a.writer] = a
			if a.revision > newest.Revision {
				newest = store.Head{Revision: a.revision, CommitID: a.id}
			}
		}
		requireKept(t, path, last, newest)
	}
	require.NotEmpty(t, last)
}

// runAndKill starts the process, kills it after n acknowledgements and gives all that it could tell until then.
func runAndKill(t *testing.T, path string, n int) []ack {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very binary
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	var acks []ack
	lines := bufio.NewReader(out)
	for {
		if len(acks) == n {
			require.NoError(t, cmd.Process.Kill())
		}
		line, err := lines.ReadString('\n')
		if err != nil { // the end, with less than a line before it
			require.ErrorIs(t, err, io.EOF)
			break
		}
		var a ack
		var id string
		_, err = fmt.Sscan(line, &a.writer, &a.n, &a.revision, &id)
		require.NoError(t, err, "line %q", line)
		a.id = uuid.MustParse(id)
		acks = append(acks, a)
	}
	require.Error(t, cmd.Wait(), "it was killed")
	require.GreaterOrEqual(t, len(acks), n, "it ended by itself: %s", stderr.String())
	return acks
}

// requireKept opens the file as the next process would.
func requireKept(t *testing.T, path string, last map[int]ack, newest store.Head) {
	t.Helper()
	db := mustOpen(t, path, nil)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	head, records := s.Snapshot(t.Context())
	require.GreaterOrEqual(t, head.Revision, newest.Revision)
	if head.Revision == newest.Revision && newest.Revision > 0 {
		require.Equal(t, newest, head)
	}
	pairs := map[string]store.Record{}
	for r, err := range records {
		require.NoError(t, err)
		if had, second := pairs[r.ID]; second {
			require.Equal(t, string(had.Data), string(r.Data), "a commit stands whole or not at all")
		}
		pairs[r.ID] = r
	}
	for w, a := range last {
		var n int
		_, err := fmt.Sscan(string(pairs[fmt.Sprint(w)].Data), &n)
		require.NoError(t, err, "writer %d", w)
		require.GreaterOrEqual(t, n, a.n, "writer %d lost an acknowledged commit", w)
	}
	require.NoError(t, db.Close())
	requireSound(t, path)
}

// requireSound has bbolt check every page.
func requireSound(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("check: %v", err)
		}
		return nil
	}))
	require.NoError(t, db.Close())
}

// writeForever is the process that is killed. Each writer goes on where its record stands.
func writeForever(path string) {
	err := writeAcks(path)
	slog.Error("the writing process ended", "err", err)
	os.Exit(1)
}

func writeAcks(path string) error {
	ctx := context.Background()
	db, err := embedded.Open(path, nil)
	if err != nil {
		return err
	}
	s, err := db.Tenant("acme")
	if err != nil {
		return err
	}
	counts, err := readCounts(ctx, s)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error, killWriters)
	for w := range killWriters {
		go func() {
			for n := counts[w] + 1; ; n++ {
				data := []byte(fmt.Sprint(n, " ", string(bytes.Repeat([]byte("x"), n%3000))))
				e, err := s.Commit(ctx, store.Commit{ID: uuid.New(), Changes: []store.Change{
					{Key: store.Key{Kind: "left", ID: fmt.Sprint(w)}, Data: data, Refs: []store.Key{{Kind: "role", ID: fmt.Sprint(n % 5)}}},
					{Key: store.Key{Kind: "right", ID: fmt.Sprint(w)}, Data: data},
				}})
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				_, err = fmt.Println(w, n, e.Revision, e.CommitID)
				mu.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func readCounts(ctx context.Context, s store.Store) (map[int]int, error) {
	counts := map[int]int{}
	_, records := s.Snapshot(ctx)
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		var w, n int
		if _, err := fmt.Sscan(r.ID, &w); err != nil {
			return nil, err
		}
		if _, err := fmt.Sscan(string(r.Data), &n); err != nil {
			return nil, err
		}
		counts[w] = n
	}
	return counts, nil
}

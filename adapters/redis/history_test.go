package redisstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/store"
)

// shortLease is a lease that tests can wait for.
func shortLease(opt redisstore.Options) redisstore.Options {
	opt.LeaseLife, opt.LeaseRenew = 900*time.Millisecond, 250*time.Millisecond
	return opt
}

// atHead waits until a view has noticed by itself what the head is, commit id and all, and vouches again.
func atHead(t *testing.T, v *view, want store.Head) {
	t.Helper()
	require.Eventually(t, func() bool { return v.head() == want && time.Now().Before(v.Lease()) }, 20*time.Second, 5*time.Millisecond,
		"the view is at %v, the history at %v", v.head(), want)
}

// TestFlushedWhileIdle empties the server while nobody writes: the views notice without being told.
func TestFlushedWhileIdle(t *testing.T) {
	server := redistest.Start(t)
	a, b := openView(t, shortLease(redisstore.Options{URL: server.URL()}), nil), openView(t, shortLease(redisstore.Options{URL: server.URL()}), nil)
	for range 3 {
		require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
	}
	redistest.Flush(t, server)
	atHead(t, a, store.Head{})
	atHead(t, b, store.Head{})
	e := write(t, a.node)
	require.NoError(t, a.Wait(bounded(t), e.Head))
	require.Equal(t, e.Head, b.head())
}

// TestFlushedAndOvertaken has another node write more after the server was emptied than there was before, at once.
func TestFlushedAndOvertaken(t *testing.T) {
	server := redistest.Start(t)
	opt := shortLease(redisstore.Options{URL: server.URL()})
	a, b := openView(t, opt, nil), openView(t, opt, nil)
	for range 5 {
		require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
	}
	late := openNode(t, opt)
	for _, more := range []int{5, 9} {
		redistest.Flush(t, server)
		var head store.Head
		for range more {
			head = write(t, late).Head
		}
		late.Applied(head)
		require.NoError(t, a.Wait(bounded(t), head))
		require.Equal(t, head, a.head())
		require.Equal(t, head, b.head())
	}
}

// TestRestoredDump stops the server, puts an older dump in its place, and starts it again: as it was, and with other writes upon it that
// have overtaken the old numbers.
func TestRestoredDump(t *testing.T) {
	for _, overtaken := range []int{0, 4, 9} {
		dir := t.TempDir()
		server, err := redistest.Launch(t.Context(), dir)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, server.Kill()) })
		opt := shortLease(redisstore.Options{URL: server.URL()})
		a, b := openView(t, opt, nil), openView(t, opt, nil)
		head := write(t, a.node).Head
		require.NoError(t, a.Wait(bounded(t), head))
		dump := save(t, server, dir)
		for range 4 {
			require.NoError(t, a.Wait(bounded(t), write(t, b.node).Head))
		}
		if overtaken > 0 {
			dump, head = continued(t, dump, overtaken)
		}
		require.NoError(t, server.Kill())
		require.NoError(t, os.WriteFile(filepath.Join(dir, "dump.rdb"), dump, 0o600))
		redistest.Restart(t, server)
		atHead(t, a, head)
		atHead(t, b, head)
		e := write(t, b.node)
		require.NoError(t, b.Wait(bounded(t), e.Head))
		require.Equal(t, e.Head, a.head())
	}
}

// save writes a dump and returns it.
func save(t *testing.T, server *redistest.Server, dir string) []byte {
	t.Helper()
	rdb := server.Client()
	require.NoError(t, rdb.Save(t.Context()).Err())
	require.NoError(t, rdb.Close())
	dump, err := os.ReadFile(filepath.Join(dir, "dump.rdb")) //nolint:gosec // a directory of the test's own
	require.NoError(t, err)
	return dump
}

// continued makes of a dump one with more writes.
func continued(t *testing.T, dump []byte, writes int) ([]byte, store.Head) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dump.rdb"), dump, 0o600))
	server, err := redistest.Launch(t.Context(), dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Kill()) }()
	n := openNode(t, redisstore.Options{URL: server.URL()})
	var head store.Head
	for range writes {
		head = write(t, n).Head
	}
	dump = save(t, server, dir)
	require.NoError(t, n.client.Close())
	return dump, head
}

// again starts a view over on what history there is now.
func (v *view) again(ctx context.Context) (store.Head, error) {
	head, err := v.Head(ctx)
	if err == nil {
		v.reach(head)
	}
	return head, err
}

// next reads the log on, or starts over where it cannot be read on.
func (v *view) next(ctx context.Context, after store.Head) ([]store.Event, store.Head, error) {
	events, err := v.Events(ctx, after, 100)
	if errors.Is(err, store.ErrHistory) {
		after, err = v.again(ctx)
	}
	return events, after, err
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var profile = store.Key{Kind: "profile", ID: "p"}

func putting(k store.Key, data string) store.Commit {
	return store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: k, Data: []byte(data)}}}
}

// opened is a DB whose transactions a test can hold or fail, and one tenant of it.
func opened(t *testing.T, opts *Options, wrap func(transactor) transactor) (*DB, store.Store) {
	t.Helper()
	db, err := open(filepath.Join(t.TempDir(), "store.db"), opts, wrap)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	return db, s
}

// gate holds transactions: each says that it has come and waits to be let in.
type gate struct{ came, enter chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}), make(chan struct{})} }

func (g *gate) wrap(inner transactor) transactor {
	return func(f func(*bbolt.Tx) error) error {
		g.came <- struct{}{}
		<-g.enter
		return inner(f)
	}
}

type answer struct {
	event store.Event
	err   error
}

func commitLater(ctx context.Context, s store.Store, c store.Commit) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		e, err := s.Commit(ctx, c)
		got <- answer{e, err}
	}()
	return got
}

// queued waits until n commits are in the queue.
func queued(t *testing.T, db *DB, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(db.queue) == n }, 10e9, 1e5)
}

func TestGroupSharesOneTransaction(t *testing.T) {
	g := newGate()
	db, s := opened(t, nil, g.wrap)
	other, err := db.Tenant("other")
	require.NoError(t, err)
	first := commitLater(t.Context(), s, putting(profile, "first"))
	<-g.came

	absent := []store.Condition{{Key: profile, Require: store.Absent}}
	var stand, fall []<-chan answer
	for i := range 10 {
		stand = append(stand, commitLater(t.Context(), s, putting(store.Key{Kind: "role", ID: fmt.Sprint(i)}, "")))
		c := putting(profile, "refused")
		c.Conditions = absent
		fall = append(fall, commitLater(t.Context(), s, c))
		stand = append(stand, commitLater(t.Context(), other, putting(profile, fmt.Sprint(i))))
	}
	queued(t, db, 30)
	g.enter <- struct{}{}
	require.NoError(t, (<-first).err)
	<-g.came
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(1), head.Revision, "nothing is told before it is on the disk")
	g.enter <- struct{}{} // one transaction for all thirty

	for _, c := range stand {
		require.NoError(t, (<-c).err)
	}
	for _, c := range fall {
		require.True(t, fault.HasCode((<-c).err, fault.CodeRecordExists))
	}
	head, err = s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(11), head.Revision)
	head, err = other.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(10), head.Revision)
}

func TestGroupIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts Options
		want []int // commits in each transaction after the first
	}{
		{"by commits", Options{GroupCommits: 4}, []int{4, 4, 2}},
		{"by bytes", Options{GroupBytes: 3000}, []int{3, 3, 3, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate()
			db, s := opened(t, &tt.opts, g.wrap)
			first := commitLater(t.Context(), s, putting(profile, ""))
			<-g.came
			var rest []<-chan answer
			for range 10 {
				rest = append(rest, commitLater(t.Context(), s, putting(profile, strings.Repeat("x", 1000))))
			}
			queued(t, db, 10)
			g.enter <- struct{}{}
			require.NoError(t, (<-first).err)
			left := 10
			for _, n := range tt.want {
				<-g.came
				left -= n
				require.Len(t, db.queue, left)
				g.enter <- struct{}{}
			}
			for _, c := range rest {
				require.NoError(t, (<-c).err)
			}
		})
	}
}

func TestGivingUp(t *testing.T) {
	g := newGate()
	db, s := opened(t, &Options{QueueLength: 2}, g.wrap)
	again, err := db.Tenant("acme")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	late, lateCancel := context.WithTimeout(t.Context(), 20e6)
	defer lateCancel()

	takenUp := commitLater(ctx, s, putting(profile, "taken"))
	<-g.came
	inQueue := commitLater(ctx, s, putting(profile, "queued"))
	queued(t, db, 1)
	closing := commitLater(t.Context(), again, putting(profile, "closing"))
	queued(t, db, 2)
	before := commitLater(late, s, putting(profile, "no room"))

	require.Equal(t, fault.DeadlineExceeded, fault.KindOf((<-before).err))
	cancel()
	require.Equal(t, fault.Canceled, fault.KindOf((<-inQueue).err))
	require.NoError(t, again.Close())
	require.Equal(t, fault.Unavailable, fault.KindOf((<-closing).err))
	g.enter <- struct{}{}
	got := <-takenUp
	require.NoError(t, got.err, "what was taken up gets its true answer")
	require.Equal(t, uint64(1), got.event.Revision)

	last := commitLater(t.Context(), s, putting(profile, "last"))
	<-g.came
	g.enter <- struct{}{}
	got = <-last
	require.NoError(t, got.err)
	require.Equal(t, uint64(2), got.event.Revision, "what was given up was not written")
}

func TestCloseWhileWriting(t *testing.T) {
	g := newGate()
	db, s := opened(t, nil, g.wrap)
	takenUp := commitLater(t.Context(), s, putting(profile, "taken"))
	<-g.came
	inQueue := commitLater(t.Context(), s, putting(profile, "queued"))
	queued(t, db, 1)
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	require.Equal(t, fault.Unavailable, fault.KindOf((<-inQueue).err))
	g.enter <- struct{}{}
	require.NoError(t, (<-takenUp).err)
	require.NoError(t, <-closed)
}

// TestResentWithinAGroup sends a commit again while it waits in the same transaction.
func TestResentWithinAGroup(t *testing.T) {
	g := newGate()
	db, s := opened(t, nil, g.wrap)
	first := commitLater(t.Context(), s, putting(profile, ""))
	<-g.came
	c := putting(profile, "twice")
	var got []<-chan answer
	for range 3 {
		got = append(got, commitLater(t.Context(), s, c))
	}
	queued(t, db, 3)
	g.enter <- struct{}{}
	<-first
	<-g.came
	g.enter <- struct{}{}
	for _, a := range got {
		answered := <-a
		require.NoError(t, answered.err)
		require.Equal(t, store.Head{Revision: 2, CommitID: c.ID}, answered.event.Head)
	}
}

// TestFullFile fills the file up to its bound. What is in it can still be read, and with more room it goes on.
func TestFullFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := Open(path, &Options{MaxFileBytes: 1 << 20})
	require.NoError(t, err)
	s, err := db.Tenant("acme")
	require.NoError(t, err)
	var last store.Event
	for err = error(nil); err == nil; {
		var e store.Event
		e, err = s.Commit(t.Context(), putting(store.Key{Kind: "profile", ID: uuid.NewString()}, strings.Repeat("x", 50000)))
		if err == nil {
			last = e
		}
	}
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	head, records := s.Snapshot(t.Context())
	require.Equal(t, last.Head, head)
	n := uint64(0)
	for _, err := range records {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, last.Revision, n)
	require.NoError(t, db.Close())

	db, err = Open(path, nil)
	require.NoError(t, err)
	s, err = db.Tenant("acme")
	require.NoError(t, err)
	e, err := s.Commit(t.Context(), putting(profile, "goes on"))
	require.NoError(t, err)
	require.Equal(t, last.CommitID, e.Previous)
	require.NoError(t, db.Close())
}

// TestUnknownOutcome has the last sync of a transaction fail: its pages can be read, but nobody knows for how long.
func TestUnknownOutcome(t *testing.T) {
	lost := errors.New("input/output error")
	fail := make(chan struct{}, 1)
	db, s := opened(t, nil, func(inner transactor) transactor {
		return func(f func(*bbolt.Tx) error) error {
			err := inner(f)
			select {
			case <-fail:
				return errors.Join(err, lost)
			default:
				return err
			}
		}
	})
	good, err := s.Commit(t.Context(), putting(profile, "good"))
	require.NoError(t, err)
	follower := make(chan error, 1)
	go func() {
		_, err := s.Events(t.Context(), good.Head, 1)
		follower <- err
	}()
	fail <- struct{}{}
	_, err = s.Commit(t.Context(), putting(profile, "who knows"))
	require.Equal(t, fault.Uncertain, fault.KindOf(err))
	require.ErrorIs(t, err, lost)

	require.Equal(t, fault.Unavailable, fault.KindOf(<-follower))
	_, err = s.Head(t.Context())
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "a head that may be behind the file is not told")
	_, err = s.Commit(t.Context(), putting(profile, "after"))
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, fault.Unavailable, fault.KindOf(db.Ping(t.Context())))
	_, records := s.Snapshot(t.Context())
	for _, err := range records {
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
	}
}

// TestDamagedRecord has a record in the file that nobody wrote so: it is an internal fault, and the others stay as they are.
func TestDamagedRecord(t *testing.T) {
	db, s := opened(t, nil, nil)
	_, err := s.Commit(t.Context(), putting(profile, "fine"))
	require.NoError(t, err)
	broken := store.Key{Kind: "profile", ID: "broken"}
	require.NoError(t, db.bolt.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketName("acme")).Put(appendKey(nil, recordTag, broken), []byte{1, 1, 9, 200})
	}))
	_, err = s.Commit(t.Context(), putting(broken, "new"))
	require.Equal(t, fault.Internal, fault.KindOf(err))
	_, records := s.Snapshot(t.Context())
	var failed error
	for _, err := range records {
		failed = err
	}
	require.Equal(t, fault.Internal, fault.KindOf(failed))
	e, err := s.Commit(t.Context(), putting(profile, "still fine"))
	require.NoError(t, err)
	require.Equal(t, uint64(2), e.Revision)
}

package redisstore_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// view follows a tenant's log as the core does, and tells the barrier how far it is.
type view struct {
	node
	reached atomic.Uint64
	last    atomic.Pointer[store.Head]
	gate    chan struct{} // where it is not nil, each step takes one from it
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// openView joins the deployment; the view is ready when this returns.
func openView(t testing.TB, opt redisstore.Options, gate chan struct{}) *view {
	t.Helper()
	return followTenant(t, openNode(t, opt), gate)
}

// followTenant makes a view of a tenant that is open; it is ready when this returns.
func followTenant(t testing.TB, n node, gate chan struct{}) *view {
	t.Helper()
	v := &view{node: n, gate: gate}
	head, err := v.Head(bounded(t)) // a view of nothing: the head is all there is to know of a snapshot
	require.NoError(t, err)
	v.reach(head)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	v.stop = stop
	v.done.Go(func() { v.follow(ctx, head) })
	t.Cleanup(v.end)
	return v
}

func (v *view) end() {
	v.stop()
	v.done.Wait()
}

func (v *view) reach(h store.Head) {
	v.reached.Store(h.Revision)
	v.last.Store(&h)
	v.Applied(h)
}

func (v *view) head() store.Head { return *v.last.Load() }

func (v *view) follow(ctx context.Context, after store.Head) {
	for {
		events, from, err := v.next(ctx, after)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			continue // the store tries for seconds before it fails
		}
		after = from
		for _, e := range events {
			if v.gate != nil {
				select {
				case <-v.gate:
				case <-ctx.Done():
					return
				}
			}
			after = e.Head
			v.reach(after)
		}
	}
}

func write(t testing.TB, n node) store.Event {
	t.Helper()
	e, err := n.Commit(bounded(t), create(uuid.NewString()))
	require.NoError(t, err)
	return e
}

func TestBarrierAlone(t *testing.T) {
	server := redistest.Start(t)
	n := openNode(t, redisstore.Options{URL: server.URL()})
	e := write(t, n)
	waited := make(chan error, 1)
	go func() { waited <- n.Wait(bounded(t), e.Head) }()
	require.Empty(t, waited)
	n.Applied(e.Head)
	require.NoError(t, <-waited)

	// From here on nobody is asked: what has been applied is enough.
	e = write(t, n)
	n.Applied(e.Head)
	require.NoError(t, server.Freeze())
	require.NoError(t, n.Wait(bounded(t), e.Head))
	require.NoError(t, server.Thaw())
}

func TestBarrierEveryNodeHasIt(t *testing.T) {
	server := redistest.Start(t)
	views := make([]*view, 3)
	for i := range views {
		views[i] = openView(t, redisstore.Options{URL: server.URL()}, nil)
	}
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for range 50 {
				v := views[w%3]
				e, err := v.Commit(bounded(t), create(uuid.NewString()))
				if err == nil {
					err = v.Wait(bounded(t), e.Head)
				}
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				for i, other := range views {
					if got := other.reached.Load(); got < e.Revision {
						t.Errorf("view %d is at %d when the barrier of %d is over", i, got, e.Revision)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestBarrierWaitsForTheSlow(t *testing.T) {
	server := redistest.Start(t)
	gate := make(chan struct{})
	a, b := openView(t, redisstore.Options{URL: server.URL()}, nil), openView(t, redisstore.Options{URL: server.URL()}, nil)
	slow := openView(t, redisstore.Options{URL: server.URL()}, gate)
	first, second := write(t, a.node), write(t, b.node)

	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	err := a.Wait(ctx, first.Head)
	require.Equal(t, fault.DeadlineExceeded, fault.KindOf(err), "%v", err)

	gate <- struct{}{}
	require.NoError(t, a.Wait(bounded(t), first.Head))
	waited := make(chan error, 2)
	for _, v := range []*view{a, slow} {
		go func() { waited <- v.Wait(bounded(t), second.Head) }()
	}
	require.Empty(t, waited)
	gate <- struct{}{}
	require.NoError(t, <-waited)
	require.NoError(t, <-waited)
}

func TestBarrierWithoutTheDead(t *testing.T) {
	server := redistest.Start(t)
	opt := redisstore.Options{URL: server.URL(), LeaseLife: 600 * time.Millisecond, LeaseRenew: 200 * time.Millisecond}
	a, b, dead := openView(t, opt, nil), openView(t, opt, nil), openView(t, opt, nil)
	require.NoError(t, a.Wait(bounded(t), write(t, dead.node).Head))

	dead.end()
	require.NoError(t, dead.client.Abandon())
	for _, v := range []*view{a, b} {
		require.NoError(t, v.Wait(bounded(t), write(t, v.node).Head))
	}
	// Once taken out it holds nobody up again.
	rdb := server.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	require.Len(t, rdb.HGetAll(t.Context(), "pg:{acme}:applied").Val(), 2)
}

func TestBarrierWithoutTheClosed(t *testing.T) {
	server := redistest.Start(t)
	a, b := openView(t, redisstore.Options{URL: server.URL()}, nil), openNode(t, redisstore.Options{URL: server.URL()})
	e := write(t, a.node)
	waited := make(chan error, 1)
	go func() { waited <- a.Wait(bounded(t), e.Head) }()
	require.Empty(t, waited)
	require.NoError(t, b.Close()) // it had applied nothing
	require.NoError(t, <-waited)
	require.Equal(t, fault.Unavailable, fault.KindOf(b.Wait(bounded(t), e.Head)))
}

// TestBarrierSeesWhoJoined has nodes come and go while others write. Whoever is ready before a write must have it when its barrier is over.
func TestBarrierSeesWhoJoined(t *testing.T) {
	server := redistest.Start(t)
	writer := openView(t, redisstore.Options{URL: server.URL()}, nil)
	var ready atomic.Pointer[view]
	ctx, stop := context.WithCancel(bounded(t))
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			guest := ready.Load()
			e, err := writer.Commit(ctx, create(uuid.NewString()))
			if err != nil {
				continue
			}
			if err := writer.Wait(ctx, e.Head); err != nil && ctx.Err() == nil {
				t.Errorf("barrier: %v", err)
			} else if err == nil && guest != nil && guest == ready.Load() && guest.reached.Load() < e.Revision {
				t.Errorf("the guest is at %d when the barrier of %d is over", guest.reached.Load(), e.Revision)
			}
		}
	})
	for range 10 {
		guest := openView(t, redisstore.Options{URL: server.URL()}, nil)
		ready.Store(guest)
		from := writer.reached.Load()
		require.Eventually(t, func() bool { return writer.reached.Load() > from+20 }, 10*time.Second, time.Millisecond)
		ready.Store(nil)
		guest.end()
		require.NoError(t, guest.client.Close())
	}
	stop()
	wg.Wait()
}

// TestTakenForDead freezes the server until every lease has ended, and has the registrations removed as late as can be: the nodes register
// again and vouch again, and a barrier waits for both.
func TestTakenForDead(t *testing.T) {
	server := redistest.Start(t)
	rdb := server.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	const life = 300 * time.Millisecond
	opt := redisstore.Options{URL: server.URL(), LeaseLife: life, LeaseRenew: life / 3, CallTimeout: 200 * time.Millisecond}
	a, b := openView(t, opt, nil), openView(t, opt, nil)
	for range 3 {
		require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
		registered := rdb.HKeys(t.Context(), "pg:{acme}:applied").Val()
		require.Len(t, registered, 2)
		require.NoError(t, server.Freeze())
		over := func(v *view) bool { return time.Now().After(v.Lease().Add(life)) }
		require.Eventually(t, func() bool { return over(a) && over(b) }, 10*time.Second, 10*time.Millisecond)
		require.NoError(t, server.Thaw())

		vouched := func(v *view) bool { return time.Now().Before(v.Lease()) }
		require.Eventually(t, func() bool { return vouched(a) && vouched(b) }, 10*time.Second, time.Millisecond)
		require.Zero(t, rdb.HDel(t.Context(), "pg:{acme}:applied", registered...).Val(), "they have new names")
		for _, v := range []*view{a, b} {
			e := write(t, v.node)
			require.NoError(t, v.Wait(bounded(t), e.Head))
			require.GreaterOrEqual(t, a.reached.Load(), e.Revision)
			require.GreaterOrEqual(t, b.reached.Load(), e.Revision)
		}
	}
}

// TestRemoved removes the registrations under live nodes: they notice and register again.
func TestRemoved(t *testing.T) {
	server := redistest.Start(t)
	rdb := server.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	a, b := openView(t, redisstore.Options{URL: server.URL()}, nil), openView(t, redisstore.Options{URL: server.URL()}, nil)
	require.NoError(t, a.Wait(bounded(t), write(t, a.node).Head))
	require.NoError(t, rdb.Del(t.Context(), "pg:{acme}:applied").Err())
	require.Eventually(t, func() bool {
		require.NoError(t, b.Wait(bounded(t), write(t, b.node).Head))
		return rdb.HLen(t.Context(), "pg:{acme}:applied").Val() == 2
	}, 10*time.Second, 10*time.Millisecond)
	e := write(t, a.node)
	require.NoError(t, a.Wait(bounded(t), e.Head))
	require.GreaterOrEqual(t, b.reached.Load(), e.Revision)
}

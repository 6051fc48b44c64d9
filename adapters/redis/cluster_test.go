package redisstore_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/store"
)

// keyOf is one of a tenant's keys.
func keyOf(opt redisstore.Options, tenant string) string {
	return opt.Prefix + ":{" + tenant + "}:head"
}

// onMasters finds, for each of the Cluster's masters, the name of a tenant that lies on it.
func onMasters(t *testing.T, c *redistest.Cluster, opt redisstore.Options) map[*redistest.Server]string {
	t.Helper()
	found := map[*redistest.Server]string{}
	for i := 0; len(found) < 3; i++ {
		require.Less(t, i, 1000)
		name := "tenant" + strconv.Itoa(i)
		owner, err := c.Owner(t.Context(), keyOf(opt, name))
		require.NoError(t, err)
		if _, known := found[owner]; !known {
			found[owner] = name
		}
	}
	return found
}

// viewOf follows one more tenant on a node that is open.
func viewOf(t *testing.T, c *redisstore.Client, name string) *view {
	t.Helper()
	s, err := c.Tenant(name)
	require.NoError(t, err)
	tenant, ok := s.(*redisstore.Tenant)
	require.True(t, ok)
	return followTenant(t, node{c, tenant}, nil)
}

// writer writes again and again, and notes what was acknowledged.
type writer struct {
	acked   atomic.Int64
	mu      sync.Mutex
	ids     []string
	longest time.Duration // between two acknowledgements
}

func (w *writer) run(ctx context.Context, n node) {
	last := time.Now()
	for ctx.Err() == nil {
		c := create(uuid.NewString())
		if _, err := n.Commit(ctx, c); err != nil {
			continue
		}
		w.mu.Lock()
		w.ids = append(w.ids, c.Changes[0].Key.ID)
		w.longest, last = max(w.longest, time.Since(last)), time.Now()
		w.mu.Unlock()
		w.acked.Add(1)
	}
}

// more waits for so many more acknowledgements.
func (w *writer) more(t *testing.T, count int64) {
	t.Helper()
	from := w.acked.Load()
	require.Eventually(t, func() bool { return w.acked.Load() >= from+count }, 30*time.Second, 5*time.Millisecond)
}

func (w *writer) longestPause() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.longest
}

// lost are the acknowledged writes that a tenant does not have.
func (w *writer) lost(t *testing.T, n node) []string {
	t.Helper()
	w.mu.Lock()
	ids := slices.Clone(w.ids) // what is acknowledged by now
	w.mu.Unlock()
	have := map[string]bool{}
	for _, r := range records(t, n) {
		have[r.ID] = true
	}
	var lost []string
	for _, id := range ids {
		if !have[id] {
			lost = append(lost, id)
		}
	}
	return lost
}

// struckCluster is a Cluster with a writer and two views for a tenant on each of its masters. The master of one is about to meet something.
type struckCluster struct {
	*redistest.Cluster
	struck  *redistest.Server
	writers map[*redistest.Server]*writer
	views   map[*redistest.Server][2]*view
}

func strike(t *testing.T, fence redisstore.Fence) struckCluster {
	t.Helper()
	opt := clusterOptions(t)
	opt.Fence = fence
	c := struckCluster{Cluster: cluster(t), writers: map[*redistest.Server]*writer{}, views: map[*redistest.Server][2]*view{}}
	a, b := open(t, opt), open(t, opt)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for owner, name := range onMasters(t, c.Cluster, opt) {
		if name == "tenant0" {
			c.struck = owner
		}
		c.views[owner] = [2]*view{viewOf(t, a, name), viewOf(t, b, name)}
		c.writers[owner] = &writer{}
		writing.Go(func() { c.writers[owner].run(ctx, c.views[owner][0].node) })
	}
	t.Cleanup(func() {
		stop()
		writing.Wait()
	})
	for _, w := range c.writers {
		w.more(t, 20)
	}
	return c
}

// barriersPass waits until the barriers of a master's tenant pass again.
func (c struckCluster) barriersPass(t *testing.T, owner *redistest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		e, err := c.views[owner][1].Commit(bounded(t), create(uuid.NewString()))
		return err == nil && c.views[owner][0].Wait(bounded(t), e.Head) == nil
	}, 30*time.Second, 10*time.Millisecond)
}

// TestClusterLosesAMaster kills the master of one tenant: its writes come back, tenants on other masters are written to meanwhile.
func TestClusterLosesAMaster(t *testing.T) {
	c := strike(t, redisstore.FenceNone)
	require.NoError(t, c.struck.Kill())
	killed := time.Now()
	for owner, w := range c.writers {
		if owner != c.struck {
			w.more(t, 20)
			c.barriersPass(t, owner)
			t.Logf("on another master the longest pause was %s", w.longestPause().Round(time.Millisecond))
		}
	}
	c.writers[c.struck].more(t, 20)
	t.Logf("writes to the lost master's tenant are back after %s", time.Since(killed).Round(time.Millisecond))
	c.barriersPass(t, c.struck)
}

// TestClusterLosesNoConfirmedWrite kills a master under writes that its replica confirms: all of them are there afterwards.
func TestClusterLosesNoConfirmedWrite(t *testing.T) {
	c := strike(t, redisstore.FenceReplicas)
	require.NoError(t, c.struck.Kill())
	require.NoError(t, c.Revive(t.Context())) // the new master needs a replica to confirm its writes
	for owner, w := range c.writers {
		w.more(t, 20)
		c.barriersPass(t, owner)
		require.Empty(t, w.lost(t, c.views[owner][1].node))
	}
}

// TestLeasesOfOtherMastersHold freezes one master and its replica: the leases of tenants on others go on.
func TestLeasesOfOtherMastersHold(t *testing.T) {
	c, opt := cluster(t), clusterOptions(t)
	opt.LeaseLife = 5 * time.Second
	client := open(t, opt)
	var struck *redistest.Server
	views := map[*redistest.Server]*view{}
	for owner, name := range onMasters(t, c, opt) {
		struck, views[owner] = owner, viewOf(t, client, name)
	}
	vouched := func(v *view) bool { return time.Now().Before(v.Lease()) }
	for _, v := range views {
		require.Eventually(t, func() bool { return vouched(v) }, 10*time.Second, time.Millisecond)
	}
	replica, err := c.ReplicaOf(t.Context(), struck)
	require.NoError(t, err)
	require.NoError(t, replica.Freeze())
	require.NoError(t, struck.Freeze())
	require.Eventually(t, func() bool {
		for owner, v := range views {
			require.True(t, owner == struck || vouched(v), "the lease of a tenant on another master ended")
		}
		return !vouched(views[struck])
	}, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, struck.Thaw())
	require.NoError(t, replica.Thaw())
	require.Eventually(t, func() bool { return vouched(views[struck]) }, 30*time.Second, 5*time.Millisecond)
}

// TestSlotMovesUnderLoad hands a tenant's slot to another master and back while two nodes write and follow.
func TestSlotMovesUnderLoad(t *testing.T) {
	c, opt := cluster(t), clusterOptions(t)
	opt.RetryFor = 20 * time.Second
	a, b := openView(t, opt, nil), openView(t, opt, nil)
	key := keyOf(opt, "acme")
	home, err := c.Owner(t.Context(), key)
	require.NoError(t, err)
	var other *redistest.Server
	for owner := range onMasters(t, c, opt) {
		if owner != home {
			other = owner
		}
	}
	var w writer
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { w.run(ctx, a.node) })
	defer wg.Wait()
	defer stop()
	for _, to := range []*redistest.Server{other, home} {
		w.more(t, 50)
		require.NoError(t, c.MoveSlot(t.Context(), key, to))
		w.more(t, 50)
		e, err := b.Commit(bounded(t), create(uuid.NewString()))
		require.NoError(t, err)
		require.NoError(t, b.Wait(bounded(t), e.Head))
		require.GreaterOrEqual(t, a.reached.Load(), e.Revision)
	}
	stop()
	wg.Wait()
	require.Empty(t, w.lost(t, b.node))
	t.Logf("the longest pause between two writes was %s", w.longest.Round(time.Millisecond))
}

// TestLeaseFollowsTheTenant moves a tenant to another master: in the end its registration names a home there.
func TestLeaseFollowsTheTenant(t *testing.T) {
	c, opt := cluster(t), clusterOptions(t)
	opt.LeaseRenew = 100 * time.Millisecond
	v := openView(t, opt, nil)
	write(t, v.node)
	key := keyOf(opt, "acme")
	from, err := c.Owner(t.Context(), key)
	require.NoError(t, err)
	before := v.Home()
	for owner := range onMasters(t, c, opt) {
		if owner != from {
			require.NoError(t, c.MoveSlot(t.Context(), key, owner))
			break
		}
	}
	require.Eventually(t, func() bool { return v.Home() != before && time.Now().Before(v.Lease()) }, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, v.Wait(bounded(t), write(t, v.node).Head))
	require.NoError(t, c.MoveSlot(t.Context(), key, from))
}

// TestSentinelLosesTheMaster kills the master: the writes come back, and none is lost that replicas have confirmed.
func TestSentinelLosesTheMaster(t *testing.T) {
	s, opt := sentinel(t), sentinelOptions(t)
	opt.Fence, opt.Replicas = redisstore.FenceReplicas, 2
	a, b := openView(t, opt, nil), openView(t, opt, nil)
	var w writer
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { w.run(ctx, a.node) })
	defer wg.Wait()
	defer stop()
	w.more(t, 20)
	master, err := s.Master(t.Context())
	require.NoError(t, err)
	require.NoError(t, master.Kill())
	require.NoError(t, s.AwaitMaster(t.Context(), func(now *redistest.Server) bool { return now != master }))
	require.NoError(t, s.Revive(t.Context())) // both replicas are to confirm
	w.more(t, 20)
	require.Eventually(t, func() bool {
		e, err := b.Commit(bounded(t), create(uuid.NewString()))
		return err == nil && b.Wait(bounded(t), e.Head) == nil
	}, 30*time.Second, 10*time.Millisecond)
	stop()
	wg.Wait()
	require.Empty(t, w.lost(t, b.node))
}

// TestIdleClusterNodeIsCheap opens thousands of tenants on one node, each followed, and counts what each master is sent in a while.
func TestIdleClusterNodeIsCheap(t *testing.T) {
	const tenants = 5000
	c, opt := cluster(t), clusterOptions(t)
	client := open(t, opt)
	ctx, stop := context.WithCancel(t.Context())
	var followers, opening sync.WaitGroup
	defer followers.Wait()
	defer stop()
	began, names := time.Now(), make(chan int)
	for range 16 {
		opening.Go(func() {
			for i := range names {
				s, err := client.Tenant(fmt.Sprint("t", i))
				if err != nil {
					t.Errorf("opening tenant %d: %v", i, err)
					continue
				}
				followers.Go(func() { _, _ = s.Events(ctx, store.Head{}, 1) })
			}
		})
	}
	for i := range tenants {
		names <- i
	}
	close(names)
	opening.Wait()
	t.Logf("%d tenants were opened in %s", tenants, time.Since(began).Round(time.Millisecond))

	// Opening and subscribing have their time; then nothing is left but leases and checks.
	const window = 3 * time.Second
	require.Eventually(t, func() bool {
		busiest := 0
		for _, sent := range monitor(t, c.Servers(), window) {
			busiest = max(busiest, sent)
		}
		t.Logf("%.1f commands a second at the busiest server", float64(busiest)/window.Seconds())
		return busiest <= int(5*window.Seconds())
	}, 90*time.Second, time.Millisecond)
}

// monitor counts, for each server, the commands that clients send to it in a while; what scripts call is not counted.
func monitor(t *testing.T, servers []*redistest.Server, window time.Duration) []int {
	t.Helper()
	counts := make([]int, len(servers))
	var watching sync.WaitGroup
	defer watching.Wait()
	for i, s := range servers {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
		require.NoError(t, err)
		_, err = conn.Write([]byte("MONITOR\r\n"))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(window)))
		watching.Go(func() {
			defer func() { _ = conn.Close() }()
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "+") && !strings.Contains(lines.Text(), " lua]") && lines.Text() != "+OK" {
					counts[i]++
				}
			}
		})
	}
	watching.Wait()
	return counts
}

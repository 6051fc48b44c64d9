package e2etest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
)

// ledger notes what a stream of creates was told, to hold the gateway to it afterwards.
type ledger struct {
	mu       sync.Mutex
	acked    []policyDraft     // the answer was a success
	refused  []policyDraft     // the answer was that nothing was written
	open     []policyDraft     // no answer, or one that says neither
	specs    map[string]string // id → name of those that were acknowledged
	lost     []string          // names of spec profiles without an answer
	wrong    []string          // answers that should not have come
	stopping chan struct{}     // closed when the writers are to end
	progress chan struct{}     // takes one for each acknowledgement, as far as there is room
}

func newLedger() *ledger {
	return &ledger{specs: map[string]string{}, progress: make(chan struct{}, 1)}
}

// count is how many creates were acknowledged.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked) + len(l.specs)
}

// awaitMore waits until so many more were acknowledged.
func (l *ledger) awaitMore(t *testing.T, n int) {
	t.Helper()
	want := l.count() + n
	for end := soon(t); l.count() < want; {
		select {
		case <-l.progress:
		case <-end.Done():
			require.FailNow(t, "the creates do not get on", "%d of %d; %v", l.count(), want, l.wrong)
		}
	}
}

// note files the answer to one create; false ends the writer.
func (l *ledger) note(o outcome, err error, acked, refused, open func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		open()
		return false
	case o.ok:
		acked()
		select {
		case l.progress <- struct{}{}:
		default:
		}
	case o.kind == fault.Unavailable && refused != nil:
		refused()
	case o.kind == fault.Uncertain, o.kind == fault.Unavailable:
		open()
	default:
		open()
		l.wrong = append(l.wrong, o.String())
	}
	return true
}

func (l *ledger) goesOn() bool {
	select {
	case <-l.stopping:
		return false
	default:
		return true
	}
}

// writePolicies creates profiles, one after the other, until the connection is lost or they are to end.
func (l *ledger) writePolicies(ctx context.Context, c policyClient, prefix string, wait bool) {
	for i := 0; l.goesOn(); i++ {
		d := policyDraft{id: fmt.Sprintf("%s-%d", prefix, i), roles: []string{"default", "admin"}, rate: int64(i), wait: wait}
		o, err := c.createProfile(ctx, d)
		if !l.note(o, err, func() { l.acked = append(l.acked, d) },
			func() { l.refused = append(l.refused, d) }, func() { l.open = append(l.open, d) }) {
			return
		}
	}
}

// writeSpecs does the same with spec profiles, whose ids the gateway chooses. Senlin's status 503 does not tell refused from uncertain.
func (l *ledger) writeSpecs(ctx context.Context, c specClient, prefix string) {
	for i := 0; l.goesOn(); i++ {
		name := fmt.Sprintf("%s-%d", prefix, i)
		o, err := c.createSpec(ctx, name, heatSpec(name))
		if !l.note(o, err, func() { l.specs[o.id] = name }, nil, func() { l.lost = append(l.lost, name) }) {
			return
		}
	}
}

// stream has clients of every protocol write to a node, until stop is called or the node is gone. The creates that are under way when stop is
// called are answered before it returns.
func (l *ledger) stream(t *testing.T, n *node, round string) (stop func()) {
	t.Helper()
	ctx := soon(t) // a writer that hangs notes an open create, and nothing is acknowledged any more
	l.stopping = make(chan struct{})
	var writers sync.WaitGroup
	for i, transport := range kuzzleTransports {
		c := dialKuzzle(t, transport, n.Target)
		writers.Go(func() { l.writePolicies(ctx, c, round+transport, i == 0) })
	}
	policies, specs, senlin := dialGRPC(t, n.GRPC), dialGRPC(t, n.GRPC), dialSenlin(t, n.Target)
	writers.Go(func() { l.writePolicies(ctx, policies, round+"grpc", false) })
	writers.Go(func() { l.writeSpecs(ctx, specs, round+"grpc") })
	writers.Go(func() { l.writeSpecs(ctx, senlin, round+"senlin") })
	return func() {
		close(l.stopping)
		writers.Wait()
	}
}

// audit holds a node to the ledger.
func (l *ledger) audit(t *testing.T, n *node) {
	t.Helper()
	t.Logf("acknowledged %d policy and %d spec profiles; refused %d; without a clear answer %d and %d",
		len(l.acked), len(l.specs), len(l.refused), len(l.open), len(l.lost))
	require.Empty(t, l.wrong, "answers that should not have come")
	l.auditPolicies(t, n)
	l.auditSpecs(t, n)
}

func (l *ledger) auditPolicies(t *testing.T, n *node) {
	t.Helper()
	ctx := soon(t)
	http, grpc := dialKuzzle(t, "http", n.Target), dialGRPC(t, n.GRPC)
	found, err := http.search(ctx, "admin")
	require.NoError(t, err)
	for _, d := range l.acked {
		for _, c := range []policyClient{http, grpc} {
			got, err := c.getProfile(ctx, d.id)
			require.NoError(t, err)
			requireProfile(t, d, got)
		}
		require.Contains(t, found, d.id, "searched")
		require.Equal(t, d.roles, found[d.id].roles())
	}
	for _, d := range l.refused {
		require.NotContains(t, found, d.id, "it was said that nothing was written")
	}
	for _, d := range append(l.open, l.refused...) {
		_, searched := found[d.id]
		requireWholeOrAbsent(ctx, t, d, searched, http, grpc)
	}
	l.acked, l.open, l.refused = append(append(l.acked, l.open...), l.refused...), nil, nil // all are there now
}

// requireWholeOrAbsent holds clients and search to one story of a profile whose create was not acknowledged, and creates it again: which
// succeeds only where the profile was absent.
func requireWholeOrAbsent(ctx context.Context, t *testing.T, d policyDraft, searched bool, clients ...policyClient) {
	t.Helper()
	for _, c := range clients {
		got, err := c.getProfile(ctx, d.id)
		require.NoError(t, err)
		if searched {
			requireProfile(t, d, got)
		} else {
			require.Equal(t, fault.NotFound, got.kind, "%s: no search finds it, a get does: %s", d.id, got)
		}
	}
	again, err := clients[0].createProfile(ctx, d)
	require.NoError(t, err)
	if searched {
		require.False(t, again.ok)
		require.Equal(t, fault.AlreadyExists, again.kind, "%s", again)
	} else {
		require.True(t, again.ok, "%s: %s", d.id, again)
	}
}

func (l *ledger) auditSpecs(t *testing.T, n *node) {
	t.Helper()
	ctx := soon(t)
	senlin, grpc := dialSenlin(t, n.Target), dialGRPC(t, n.GRPC)
	all, err := senlin.list(ctx, "")
	require.NoError(t, err)
	listed, named := map[string]senlinProfile{}, map[string]int{}
	for _, p := range all {
		listed[p.ID] = p
		named[p.Name]++
		require.True(t, sameJSON(heatSpec(p.Name), string(p.Spec)), "half a profile: %s", p.Spec)
	}
	require.Len(t, listed, len(all))
	for id, name := range l.specs {
		require.Equal(t, name, listed[id].Name, "listed")
		for _, c := range []specClient{senlin, grpc} {
			got, err := c.getSpec(ctx, id)
			require.NoError(t, err)
			require.True(t, got.ok, "%s", got)
			require.True(t, sameJSON(heatSpec(name), got.spec), "half a profile: %s", got.spec)
		}
	}
	for _, name := range l.lost {
		require.LessOrEqual(t, named[name], 1, "%s was written more than once", name)
		got, err := grpc.getSpec(ctx, name) // a name will do for an id
		require.NoError(t, err)
		require.Equal(t, named[name] == 1, got.ok, "%s: a list and a get do not agree: %s", name, got)
	}
	require.LessOrEqual(t, len(all), len(l.specs)+len(l.lost), "profiles that nobody made")
}

package e2etest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// startThree starts three processes on one Redis. Waits are longer than by default, since one that is given up is a success that promises
// nothing, and this is about what is promised.
func startThree(t *testing.T) []*node {
	t.Helper()
	s := onRedis(t)
	var nodes []*node
	for range 3 {
		nodes = append(nodes, start(t, s, "one", "PROFILEGATE_WAIT_TIMEOUT=20s"))
	}
	return nodes
}

// TestWaitForIsFoundOnEveryNode has writers on three nodes over all protocols. After each answer, searches on all nodes find the profile
// at once.
func TestWaitForIsFoundOnEveryNode(t *testing.T) {
	t.Parallel()
	const creates = 10
	nodes := startThree(t)
	writers, ctx := errgroup.WithContext(soon(t))
	for i, n := range nodes {
		for _, transport := range kuzzleTransports {
			w := newWriter(t, dialKuzzle(t, transport, n.Target), nodes)
			w.role = fmt.Sprintf("%s-%d", transport, i)
			writers.Go(func() error { return w.run(ctx, creates) })
		}
		w := newWriter(t, dialGRPC(t, n.GRPC), nodes)
		w.role = fmt.Sprintf("grpc-%d", i)
		writers.Go(func() error { return w.run(ctx, creates) })
	}
	require.NoError(t, writers.Wait())
}

// searchingWriter creates profiles with a role of its own, and looks for each on every node.
type searchingWriter struct {
	policyClient
	role     string
	searches []*kuzzleClient
}

func newWriter(t *testing.T, c policyClient, nodes []*node) *searchingWriter {
	w := &searchingWriter{policyClient: c}
	for _, n := range nodes {
		w.searches = append(w.searches, dialKuzzle(t, "http", n.Target))
	}
	return w
}

func (w *searchingWriter) run(ctx context.Context, creates int) error {
	if o, err := w.searches[0].createRole(ctx, w.role); err != nil || !o.ok {
		return errors.Join(fmt.Errorf("creating the role %s: %s", w.role, o), err)
	}
	for i := range creates {
		d := policyDraft{id: fmt.Sprintf("%s-%d", w.role, i), roles: []string{w.role}, wait: true}
		o, err := w.createProfile(ctx, d)
		if err != nil || !o.ok || o.unconfirmed {
			return errors.Join(fmt.Errorf("creating %s: %s, unconfirmed: %t", d.id, o, o.unconfirmed), err)
		}
		for at, s := range w.searches {
			found, err := s.search(ctx, w.role)
			if err != nil {
				return err
			}
			if _, ok := found[d.id]; !ok || len(found) != i+1 {
				return fmt.Errorf("%s was answered, and a search on node %d finds %d profiles, it among them: %t", d.id, at, len(found), ok)
			}
		}
	}
	return nil
}

// TestWithoutWaitIsReadOnEveryNode shows what needs no wait_for: reading by id, and using a role.
func TestWithoutWaitIsReadOnEveryNode(t *testing.T) {
	t.Parallel()
	nodes := startThree(t)
	ctx := soon(t)
	var kuzzles []*kuzzleClient
	var grpcs []*grpcClient
	var senlins []*senlinClient
	for i, n := range nodes {
		kuzzles = append(kuzzles, dialKuzzle(t, kuzzleTransports[i], n.Target))
		grpcs = append(grpcs, dialGRPC(t, n.GRPC))
		senlins = append(senlins, dialSenlin(t, n.Target))
	}
	for i := range 30 {
		here, there := i%3, (i+1+i/3%2)%3
		role := fmt.Sprintf("role-%d", i)
		o, err := kuzzles[here].createRole(ctx, role)
		require.NoError(t, err)
		require.True(t, o.ok, "%s", o)

		d := policyDraft{id: role, roles: []string{role}, rate: int64(i)}
		created, err := grpcs[there].createProfile(ctx, d)
		require.NoError(t, err)
		requireProfile(t, d, created)
		got, err := kuzzles[here].getProfile(ctx, d.id)
		require.NoError(t, err)
		requireProfile(t, d, got)

		made, err := senlins[here].createSpec(ctx, role, heatSpec(role))
		require.NoError(t, err)
		require.True(t, made.ok, "%s", made)
		for _, c := range []specClient{grpcs[there], senlins[there]} {
			got, err := c.getSpec(ctx, made.id)
			require.NoError(t, err)
			require.True(t, got.ok, "%s", got)
		}
	}
}

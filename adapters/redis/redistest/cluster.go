package redistest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	clusterMasters = 3
	clusterSlots   = 16384
	groupWithin    = 60 * time.Second // for what a group of servers has to agree on
)

// NodeTimeout is after how long the nodes of a Cluster take one that is silent for dead, and the sentinels likewise.
const NodeTimeout = 2 * time.Second

// Cluster is a Redis Cluster of three masters with a replica each. A master that dies is replaced within about twice NodeTimeout, and comes
// back as a replica. Slots without a master do not stop the others.
type Cluster struct{ servers group }

// LaunchCluster starts a Cluster that keeps its data under dir, each node with these lines of configuration. Without any it persists nothing.
func LaunchCluster(ctx context.Context, dir string, config ...string) (*Cluster, error) {
	return launchCluster(ctx, dir, nil, config)
}

// LaunchClusterTLS is LaunchCluster with TLS only, between the nodes too.
func LaunchClusterTLS(ctx context.Context, dir string, certs *Certificates, config ...string) (*Cluster, error) {
	return launchCluster(ctx, dir, certs, config)
}

func launchCluster(ctx context.Context, dir string, certs *Certificates, config []string) (*Cluster, error) {
	lines := append([]string{
		"cluster-enabled yes",
		"cluster-node-timeout " + strconv.FormatInt(NodeTimeout.Milliseconds(), 10),
		"cluster-require-full-coverage no",
		"cluster-allow-replica-migration no", // each master keeps its replica
		"repl-diskless-sync-delay 0",
	}, config...)
	c := &Cluster{servers: make(group, 2*clusterMasters)}
	for i := range c.servers {
		c.servers[i] = &Server{kind: clusterNode, dir: filepath.Join(dir, strconv.Itoa(i)), tls: certs}
	}
	err := c.servers.each(ctx, func(ctx context.Context, s *Server) error {
		_, err := launch(ctx, s, lines)
		return err
	})
	if err == nil {
		err = c.form(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// form makes one cluster of the servers: the first three are masters, the others their replicas.
func (c *Cluster) form(ctx context.Context) error {
	share := (clusterSlots + clusterMasters - 1) / clusterMasters
	for i, s := range c.servers {
		if i < clusterMasters {
			if err := s.do(ctx, "CLUSTER", "ADDSLOTSRANGE", i*share, min((i+1)*share, clusterSlots)-1); err != nil {
				return fmt.Errorf("redistest: %w", err)
			}
			if err := s.do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1); err != nil {
				return fmt.Errorf("redistest: %w", err)
			}
		}
		for _, other := range c.servers[:i] {
			if err := s.do(ctx, "CLUSTER", "MEET", "127.0.0.1", other.port); err != nil {
				return fmt.Errorf("redistest: %w", err)
			}
		}
	}
	for i, replica := range c.servers[clusterMasters:] {
		id, err := c.servers[i].clusterID(ctx)
		if err != nil {
			return err
		}
		// Refused until the two know each other.
		err = await(ctx, groupWithin, func(ctx context.Context) error { return replica.do(ctx, "CLUSTER", "REPLICATE", id) })
		if err != nil {
			return err
		}
	}
	return c.AwaitReady(ctx)
}

func (s *Server) clusterID(ctx context.Context) (id string, err error) {
	err = s.ask(ctx, func(ctx context.Context, rdb *redis.Client) error {
		id, err = rdb.ClusterMyID(ctx).Result()
		return err
	})
	return id, err
}

// Servers are all nodes, whatever they are at the moment.
func (c *Cluster) Servers() []*Server { return c.servers }

// Addrs are the addresses of all nodes.
func (c *Cluster) Addrs() []string { return c.servers.addrs() }

// Stop kills all nodes.
func (c *Cluster) Stop() error { return c.servers.stop() }

// Revive thaws and starts again whatever is frozen or gone, and waits until all is well.
func (c *Cluster) Revive(ctx context.Context) error {
	if err := c.servers.revive(ctx); err != nil {
		return err
	}
	return c.AwaitReady(ctx)
}

// AwaitReady waits until every node answers, all agree on three masters that serve every slot, and every other node replicates.
func (c *Cluster) AwaitReady(ctx context.Context) error {
	return await(ctx, groupWithin, c.ready)
}

func (c *Cluster) ready(ctx context.Context) error {
	var first topology
	for i, s := range c.servers {
		t, err := s.topology(ctx)
		if err != nil {
			return err
		}
		if i == 0 {
			first = t
		}
		if err := t.complete(len(c.servers)); err != nil {
			return fmt.Errorf("%s: %w", s.Addr(), err)
		}
		if t.owners != first.owners {
			return fmt.Errorf("redistest: %s and %s see different masters", s.Addr(), c.servers[0].Addr())
		}
		if t.masters[s.Addr()] {
			continue
		}
		if err := s.replicates(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Owner finds the master that serves a key now, as most of the nodes see it that answer.
func (c *Cluster) Owner(ctx context.Context, key string) (*Server, error) {
	slot, err := c.slot(ctx, key)
	if err != nil {
		return nil, err
	}
	votes := map[string]int{}
	best := ""
	for _, s := range c.servers {
		t, err := s.topology(ctx)
		if err != nil {
			continue // it is gone or frozen
		}
		owner := t.owners[slot]
		if votes[owner]++; votes[owner] > votes[best] {
			best = owner
		}
	}
	return c.servers.at(best)
}

// slot asks any node for the slot of a key.
func (c *Cluster) slot(ctx context.Context, key string) (slot int64, err error) {
	for _, s := range c.servers {
		err = s.ask(ctx, func(ctx context.Context, rdb *redis.Client) error {
			slot, err = rdb.ClusterKeySlot(ctx, key).Result()
			return err
		})
		if err == nil {
			return slot, nil
		}
	}
	return 0, err
}

// ReplicaOf finds the replica of a master, as the master sees it.
func (c *Cluster) ReplicaOf(ctx context.Context, master *Server) (*Server, error) {
	t, err := master.topology(ctx)
	if err != nil {
		return nil, err
	}
	for addr, of := range t.replicaOf {
		if of == master.Addr() {
			return c.servers.at(addr)
		}
	}
	return nil, fmt.Errorf("redistest: %s has no replica", master.Addr())
}

// Failover has the replica of the master that serves a key take over, in good order, and waits until it has.
func (c *Cluster) Failover(ctx context.Context, key string) error {
	master, err := c.Owner(ctx, key)
	if err != nil {
		return err
	}
	replica, err := c.ReplicaOf(ctx, master)
	if err != nil {
		return err
	}
	if err := replica.do(ctx, "CLUSTER", "FAILOVER"); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return c.AwaitOwner(ctx, key, func(s *Server) bool { return s == replica })
}

// AwaitOwner waits until a key is served by a master that will do.
func (c *Cluster) AwaitOwner(ctx context.Context, key string, will func(*Server) bool) error {
	return await(ctx, groupWithin, func(ctx context.Context) error {
		now, err := c.Owner(ctx, key)
		if err == nil && !will(now) {
			err = fmt.Errorf("redistest: %s still serves %q", now.Addr(), key)
		}
		return err
	})
}

package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// clustered says that there may be several masters.
func (c *Client) clustered() bool { return c.opt.Mode == Cluster }

// background runs something until the client closes. After that it runs nothing.
func (c *Client) background(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.done.Go(do)
	}
}

// place finds the master of a tenant and puts the tenant among those of that server, if it is not there already.
func (c *Client) place(ctx context.Context, t *Tenant) error {
	rdb, err := c.masterOf(ctx, t.keys.head)
	if err != nil {
		return err
	}
	before := t.server.Load()
	if before != nil && before.rdb == rdb {
		return nil
	}
	c.mu.Lock()
	s := c.servers[rdb]
	if s == nil {
		s = newServer(c, rdb)
		c.servers[rdb] = s
		if !c.closed {
			c.done.Go(s.listen)
			c.done.Go(s.work)
		}
	}
	s.add(t) // under mu, so that nobody takes it for idle
	c.mu.Unlock()
	t.server.Store(s)
	if before != nil {
		before.remove(t)
		t.members.doubt()
		c.reports.add(t, taskRefresh)
	}
	return nil
}

// strayLooks is for how many looks in a row a lease must have been on another master than its tenant before the tenant gets another: while a
// master is being replaced, what a node sees changes more than once.
const strayLooks = 5

// watch looks, as often as leases are renewed, whether tenants have moved to another master, and has reports sent that were held back while
// this node was alone.
func (c *Client) watch() {
	for c.pauseFor(c.opt.LeaseRenew) {
		needed := map[*home]bool{}
		for _, t := range c.open() {
			if t.members.speak() {
				c.reports.add(t, taskReport)
			}
			h := t.members.at()
			needed[h] = true
			if c.clustered() && h != nil {
				c.follow(t, h)
			}
		}
		c.tidy(needed)
		c.retire()
	}
}

// follow puts a tenant where its keys are, and in the end its registration too.
func (c *Client) follow(t *Tenant, h *home) {
	if err := c.place(c.ctx, t); err != nil {
		return // the topology is not known; the next look finds it
	}
	at, err := c.masterOf(c.ctx, h.nodes)
	if err != nil || at == t.server.Load().rdb {
		t.strayed = 0
		return
	}
	if t.strayed++; t.strayed >= strayLooks {
		t.strayed = 0
		c.reports.add(t, taskJoin)
	}
}

// retire ends the servers that nobody needs any more.
func (c *Client) retire() {
	if !c.clustered() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for rdb, s := range c.servers {
		if s.idle() {
			delete(c.servers, rdb)
			s.stop()
		}
	}
}

// noteTrouble has the driver read the topology anew where an error gives reason to.
func (c *Client) noteTrouble(ctx context.Context, err error) {
	if rdb, ok := c.rdb.(*redis.ClusterClient); ok {
		_, _ = redirection(ctx, rdb, err)
	}
}

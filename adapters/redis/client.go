package redisstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// Client is one node of a deployment: its connections to Redis, its lease, and the tenants that it has open.
type Client struct {
	opt     Options
	log     *slog.Logger
	rdb     redis.UniversalClient
	scripts scripts
	node    string // the name of this node, another one with each Open

	fenceArg string // tells a script that replicas are to confirm its answer

	homes   homes
	reports reports
	joins   atomic.Uint64   // counts registrations
	tags    func() []string // slotTags, once

	mu      sync.Mutex
	closed  bool
	tenants map[string]*Tenant
	servers map[*redis.Client]*server

	ctx  context.Context // ends with Close; what runs in the background lives under it
	stop context.CancelFunc
	done sync.WaitGroup
}

// Open connects to Redis, holds its settings against what a store of record needs, and takes a lease as a node of the deployment. It fails
// when Redis does not answer before ctx ends or Options.RetryFor is over.
func Open(ctx context.Context, opt Options) (*Client, error) {
	opt.setDefaults()
	if err := errors.Join(opt.fromURL(), opt.validate()); err != nil {
		return nil, err
	}
	c := &Client{
		opt:     opt,
		log:     opt.Logger,
		scripts: newScripts(),
		node:    uuid.NewString(),
		homes:   newHomes(),
		tags:    sync.OnceValue(slotTags),
		tenants: map[string]*Tenant{},
		servers: map[*redis.Client]*server{},
	}
	c.rdb = connect(&opt, newOrigins(c.anotherProcess))
	if c.fenced() {
		c.fenceArg = "f"
	}
	c.ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.abandon())
	}
	return c, nil
}

func (c *Client) start(ctx context.Context) error {
	if err := c.again(ctx, nil, func(ctx context.Context) error { return c.checkSettings(ctx) }); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	if !c.clustered() {
		if err := c.again(ctx, nil, c.home("").take); err != nil {
			return fmt.Errorf("redis: taking the lease of this node: %w", err)
		}
	}
	c.background(c.watch)
	return nil
}

// Tenant opens one tenant on this node and registers the node with it, so that from now on every barrier waits for this node too. The
// value is a *Tenant, which is a store.Barrier as well. A tenant is open on a Client once at a time.
func (c *Client) Tenant(name string) (store.Store, error) {
	tag, err := tenantTag(name)
	if err != nil {
		return nil, err
	}
	t := newTenant(c, tag)
	if err := c.add(t); err != nil {
		return nil, err
	}
	// The registration stands before the tenant is handed out: see doc.go for why that must be so.
	if err := c.again(c.ctx, t.closed, t.enter); err != nil {
		c.remove(t)
		return nil, err
	}
	return t, nil
}

// enter finds the tenant's server and registers this node with the tenant.
func (t *Tenant) enter(ctx context.Context) error {
	if err := t.c.place(ctx, t); err != nil {
		return err
	}
	return t.join(ctx)
}

func (c *Client) add(t *Tenant) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return closedFault()
	}
	if _, open := c.tenants[t.name]; open {
		return fault.Internalf("redis: tenant %q is open already", t.name)
	}
	c.tenants[t.name] = t
	return nil
}

func (c *Client) remove(t *Tenant) {
	if s := t.server.Load(); s != nil {
		s.remove(t)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenants[t.name] == t {
		delete(c.tenants, t.name)
	}
}

// tenant finds an open tenant, or nil.
func (c *Client) tenant(name string) *Tenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tenants[name]
}

func (c *Client) open() []*Tenant {
	c.mu.Lock()
	defer c.mu.Unlock()
	ts := make([]*Tenant, 0, len(c.tenants))
	for _, t := range c.tenants {
		ts = append(ts, t)
	}
	return ts
}

// Ping asks Redis for a sign of life, in a cluster each of its masters. The error is an Unavailable fault whose cause names those that do not
// answer.
func (c *Client) Ping(ctx context.Context) error {
	var mu sync.Mutex
	var away []error
	err := c.eachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		if err := master.Ping(ctx).Err(); err != nil {
			mu.Lock()
			defer mu.Unlock()
			away = append(away, fmt.Errorf("%s: %w", master.Options().Addr, err))
		}
		return nil
	})
	if err = errors.Join(append(away, err)...); err != nil {
		return unreachable(err)
	}
	return nil
}

// PoolStats tells how the connections are used.
func (c *Client) PoolStats() *redis.PoolStats { return c.rdb.PoolStats() }

// Close closes all tenants, gives the lease back and ends the connections. Calling it twice is no error.
func (c *Client) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	c.mu.Unlock()
	if !first {
		return nil
	}
	var closing errgroup.Group
	closing.SetLimit(attendAtOnce)
	for _, t := range c.open() {
		closing.Go(t.Close) // always nil
	}
	_ = closing.Wait()
	for _, h := range c.homes.all() {
		closing.Go(func() error {
			h.giveBack()
			return nil
		})
	}
	_ = closing.Wait()
	return c.abandon()
}

// abandon ends what runs in the background and the connections, without a word to Redis.
func (c *Client) abandon() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.done.Wait()
	return c.rdb.Close()
}

// pauseFor waits in the background; it returns false when the client is closing.
func (c *Client) pauseFor(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

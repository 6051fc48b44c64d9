package redisstore

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/store"
)

// Tenant is one tenant's records in Redis, as a store.Store and a store.Barrier.
type Tenant struct {
	c    *Client
	name string // as tenantTag writes it
	keys keys

	// Arguments that every commit has alike.
	commitMessage, logLength, trimEvery string

	channel string                 // on which the nodes wake each other
	server  atomic.Pointer[server] // whose tenant it is, as far as this node knows
	strayed int                    // for how many looks its lease has been on another master; of Client.watch alone
	master  atomic.Pointer[string] // the address that answered last; empty where the driver finds it by itself
	hint    hint
	members members
	recent  recent
	pledge  pledge

	closeOnce sync.Once
	closed    chan struct{}
}

var (
	_ store.Store   = (*Tenant)(nil)
	_ store.Barrier = (*Tenant)(nil)
)

// trimEvery is how many commits lie between two trimmings of a long log.
const trimEvery = 64

func newTenant(c *Client, name string) *Tenant {
	t := &Tenant{c: c, name: name, keys: tenantKeys(c.opt.Prefix, name), closed: make(chan struct{})}
	t.commitMessage, t.logLength, t.trimEvery = "c "+name+" ", strconv.Itoa(c.opt.LogLength), strconv.Itoa(min(trimEvery, max(c.opt.LogLength/10, 1)))
	t.channel = wakeChannel(c.opt.Prefix, "")
	if c.clustered() {
		t.channel = wakeChannel(c.opt.Prefix, name)
	}
	t.hint.init()
	t.members.init()
	return t
}

// Head asks Redis for the newest point of the history: one command, or with the fence on one pipeline, whose write the replicas confirm.
func (t *Tenant) Head(ctx context.Context) (store.Head, error) {
	if t.isClosed() {
		return store.Head{}, closedFault()
	}
	var h store.Head
	seen, known, open := t.hint.state(), t.members.known(), t.pledge.open()
	err := t.c.again(ctx, t.closed, func(ctx context.Context) error {
		text, err := t.askHead(ctx)
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		h, err = parseHead(text)
		return err
	})
	if err != nil {
		return store.Head{}, err
	}
	t.hint.asked(h, seen)
	if t.members.wentBack(h, known) {
		t.c.reports.add(t, taskRefresh)
	}
	if err := behind(h, open); err != nil {
		return store.Head{}, err
	}
	return h, nil
}

func (t *Tenant) askHead(ctx context.Context) (string, error) {
	if !t.c.fenced() {
		return t.c.rdb.Get(ctx, t.keys.head).Result()
	}
	var get *redis.StringCmd
	if err := t.c.vouched(ctx, t.keys.fence, func(to redis.Pipeliner) {
		to.Set(ctx, t.keys.fence, t.c.node, 0)
		get = to.Get(ctx, t.keys.head)
	}); err != nil {
		return "", err
	}
	return get.Result()
}

// Close ends the calls under way and takes this node out of the tenant's barrier. It always returns nil: where Redis cannot be told
// now, it is told when it can be reached again, or learns it when this node's lease ends.
func (t *Tenant) Close() error {
	t.closeOnce.Do(func() {
		close(t.closed)
		t.trySignOff()
		t.c.remove(t)
	})
	return nil
}

// trySignOff signs off, or leaves it to the background. Of thousands of tenants that are closed only the first wait for a server that is silent.
func (t *Tenant) trySignOff() {
	s := t.server.Load()
	if s == nil {
		return // it was never registered
	}
	if !s.silent() {
		ctx, cancel := context.WithTimeout(t.c.ctx, t.c.opt.CallTimeout)
		defer cancel()
		err := t.signOff(ctx)
		if err == nil {
			return
		}
		if isTimeout(err) {
			s.fellSilent()
		}
		t.c.log.Warn("a closed tenant could not be signed off; trying again", "tenant", t.name, "error", err)
	}
	t.c.reports.add(t, taskLeave)
}

func (t *Tenant) isClosed() bool {
	select {
	case <-t.closed:
		return true
	default:
		return false
	}
}

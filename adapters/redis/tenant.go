package redisstore

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/store"
)

// Tenant is one tenant's records in Redis, as a store.Store and a store.Barrier.
type Tenant struct {
	c      *Client
	name   string // as tenantTag writes it
	member string // this opening of the tenant among the members: "<node>#<number>"
	keys   keys

	hint    hint
	members members
	recent  recent

	closeOnce sync.Once
	closed    chan struct{}
}

var (
	_ store.Store   = (*Tenant)(nil)
	_ store.Barrier = (*Tenant)(nil)
)

func newTenant(c *Client, name string) *Tenant {
	t := &Tenant{c: c, name: name, member: c.node + "#" + formatUint(c.opened.Add(1)), keys: tenantKeys(c.opt.Prefix, name), closed: make(chan struct{})}
	t.hint.init()
	t.members.init()
	return t
}

// Head asks Redis for the newest point of the history: one command.
func (t *Tenant) Head(ctx context.Context) (store.Head, error) {
	if t.isClosed() {
		return store.Head{}, closedFault()
	}
	var h store.Head
	err := t.c.again(ctx, t.closed, func(ctx context.Context) error {
		text, err := t.c.rdb.Get(ctx, t.keys.head).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		h, err = parseHead(text)
		return err
	})
	return h, err
}

// Close ends the calls under way and takes this node out of the tenant's barrier. It always returns nil: where Redis cannot be told
// now, it is told when it can be reached again, or learns it when this node's lease ends.
func (t *Tenant) Close() error {
	t.closeOnce.Do(func() {
		close(t.closed)
		ctx, cancel := context.WithTimeout(t.c.ctx, t.c.opt.CallTimeout)
		defer cancel()
		if err := t.expel(ctx, t.member); err != nil {
			t.c.log.Warn("a closed tenant could not be signed off; trying again", "tenant", t.name, "error", err)
			t.c.reports.add(t, taskLeave)
		}
		t.c.remove(t)
	})
	return nil
}

func (t *Tenant) isClosed() bool {
	select {
	case <-t.closed:
		return true
	default:
		return false
	}
}

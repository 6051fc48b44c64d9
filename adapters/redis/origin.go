package redisstore

import (
	"context"
	"regexp"
	"sync"

	"github.com/redis/go-redis/v9"
)

// origins knows which server process is behind each address. Another process, or a master at another address, may have been without the last
// writes when it took over, registrations of nodes among them.
type origins struct {
	mu   sync.Mutex
	runs map[string]string // address -> run id
	moot func(addr string) // called, before any answer of it is seen, when another process is at an address
}

func newOrigins(moot func(addr string)) *origins {
	return &origins{runs: map[string]string{}, moot: moot}
}

var runID = regexp.MustCompile(`(?s)redis_mode:(\w+).*run_id:(\w+)`)

// onConnect asks each new connection to an address which process it leads to. A driver that finds the address by itself has an empty one.
func (o *origins) onConnect(addr string) func(ctx context.Context, conn *redis.Conn) error {
	return func(ctx context.Context, conn *redis.Conn) error {
		info, err := conn.Info(ctx, "server").Result()
		if err != nil {
			return err
		}
		if found := runID.FindStringSubmatch(info); found != nil && found[1] != "sentinel" && o.met(addr, found[2]) {
			o.moot(addr)
		}
		return nil
	}
}

// met notes the process behind an address and tells whether there was another one before.
func (o *origins) met(addr, run string) (another bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	was, known := o.runs[addr]
	o.runs[addr] = run
	return known && was != run
}

// route is where the driver sent a call, for whoever puts it into the context of the call.
type route struct{ addr string }

type routeKey struct{}

func withRoute(ctx context.Context) (context.Context, *route) {
	r := &route{}
	return context.WithValue(ctx, routeKey{}, r), r
}

// routeHook notes that a call goes to the client of one address.
type routeHook struct{ addr string }

func (routeHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h routeHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.note(ctx)
		return next(ctx, cmd)
	}
}

func (h routeHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.note(ctx)
		return next(ctx, cmds)
	}
}

func (h routeHook) note(ctx context.Context) {
	if r, ok := ctx.Value(routeKey{}).(*route); ok {
		r.addr = h.addr
	}
}

// moved notes which master answered for the tenant, and tells whether it was another one before.
func (t *Tenant) moved(r *route) bool {
	was := t.master.Swap(&r.addr)
	return was != nil && *was != r.addr
}

// anotherProcess has the tenants of an address registered anew.
func (c *Client) anotherProcess(addr string) {
	for _, t := range c.open() {
		if at := t.master.Load(); at == nil || *at == addr {
			t.rejoin()
		}
	}
}

package history

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// settleWithin bounds the time in which all gateways have to be well again when nothing goes wrong any more.
const settleWithin = 90 * time.Second

// Settle waits until every gateway is ready and a write was confirmed by all of them, and then reads on every gateway all that was worked on, by
// id and by search.
func (w *Workload) Settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	for _, g := range w.Gateways {
		if err := g.AwaitReady(ctx); err != nil {
			return err
		}
	}
	if err := w.confirm(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	used := maps.Clone(w.used)
	w.mu.Unlock()
	var reading sync.WaitGroup
	failures := make([]error, len(w.Gateways))
	for i, g := range w.Gateways {
		reading.Go(func() { failures[i] = w.readAll(ctx, g, used) })
	}
	reading.Wait()
	return errors.Join(failures...)
}

// confirm writes until a write was confirmed by every node: then all nodes have what was acknowledged before.
func (w *Workload) confirm(ctx context.Context) error {
	c := newKuzzleHTTP(w.Gateways[0].Addresses)
	defer c.Close()
	for n := 0; ; n++ {
		key := KeyOf(Policy, fmt.Sprintf("settled-%d", n))
		o := w.do(ctx, w.Gateways[0].Name, c, Operation{Kind: Create, Key: key, Role: "default", Wait: true})
		if o.Answer.Result == OK && !o.Answer.Unconfirmed {
			return nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			return fmt.Errorf("the nodes do not settle: %s", &o)
		}
	}
}

// readAll reads everything on one gateway.
func (w *Workload) readAll(ctx context.Context, g *Gateway, used map[Key]string) error {
	policies, specs := newKuzzleHTTP(g.Addresses), newGRPC(g.Addresses, Spec)
	defer policies.Close()
	defer specs.Close()
	byRole := map[string][]Key{}
	var allSpecs []Key
	for _, k := range slices.Sorted(maps.Keys(used)) {
		o := Operation{Kind: Get, Key: k, Role: used[k], Final: true}
		var c Client = policies
		switch k.Style() {
		case Spec:
			c = specs
			allSpecs = append(allSpecs, k)
		case Policy:
			byRole[o.Role] = append(byRole[o.Role], k)
		}
		if err := w.sure(ctx, g, c, o); err != nil {
			return err
		}
	}
	for role, keys := range byRole {
		if err := w.sure(ctx, g, policies, Operation{Kind: Search, Role: role, Watch: keys, Final: true}); err != nil {
			return err
		}
	}
	return w.sure(ctx, g, specs, Operation{Kind: Search, Watch: allSpecs, Final: true})
}

// sure repeats a read until it is answered.
func (w *Workload) sure(ctx context.Context, g *Gateway, c Client, o Operation) error {
	for {
		got := w.do(ctx, g.Name, c, o)
		if got.Answer.Result == OK || got.Answer.Result == Missing {
			return nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("not answered in the end: %s", &got)
		}
	}
}

package redisstore

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/profilegate/profilegate/core/fault"
)

// forgetAfter is how many lives after its end a lease is forgotten.
const forgetAfter = 30

// leases is what this node knows about its own lease and those of the others.
type leases struct {
	mu      sync.Mutex
	lapses  atomic.Uint64             // how often the own lease ended, or may have
	ends    atomic.Pointer[time.Time] // until, for those who ask often
	until   time.Time                 // when the own lease ends for this node, which is earlier than for the others
	trust   time.Time                 // from when on a lease that ended means a dead node
	settles time.Time                 // from when on the nodes that a master lists are all, on a node that started shortly after the master was promoted
	master  string                    // the replication id of the master that renewed it last
	live    map[string]bool           // the nodes listed at the last reading, and whether their leases still ran
	readAt  time.Time                 // when that was, taken before the question was sent
}

// dead picks the members whose nodes have no lease any more. A node takes its lease before it registers with a tenant, so only a
// reading of leases that is younger than the reading of the members may be used.
func (l *leases) dead(members []string, membersReadAt time.Time) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.readAt.Before(membersReadAt) {
		return nil
	}
	var dead []string
	for _, m := range members {
		node, _ := nodeOf(m)
		live, listed := l.live[node]
		if !listed || !live && l.readAt.After(l.trust) {
			dead = append(dead, m)
		}
	}
	return dead
}

// Lease tells until when every barrier waits for this node. After it, what this node has of the tenant may be older than what a barrier
// promised. It is the zero time while the node has yet to apply what there was when it registered.
func (t *Tenant) Lease() time.Time {
	h := t.members.vouching.Load()
	if h == nil || t.isClosed() {
		return time.Time{}
	}
	until := h.leases.ends.Load()
	// A registration ends before the lease is renewed that was behind it: what was read is this one's.
	if until == nil || t.members.vouching.Load() != h {
		return time.Time{}
	}
	return *until
}

// keep renews the lease until the client closes or the home is dropped.
func (h *home) keep() {
	for h.c.pauseFor(h.c.opt.LeaseRenew) {
		if h.dropped() {
			h.giveBack()
			return
		}
		// One renewal that hangs must not use up the time of the next.
		ctx, cancel := context.WithTimeout(h.c.ctx, h.c.opt.LeaseRenew)
		if err := h.renew(ctx); err != nil && h.c.ctx.Err() == nil {
			h.c.log.Warn("the lease of this node could not be renewed", "home", h.tag, "error", err)
		}
		cancel()
	}
}

// take makes sure that this node has a lease.
func (h *home) take(ctx context.Context) error {
	if until := h.leases.ends.Load(); until != nil && time.Now().Before(*until) {
		return nil
	}
	return h.read(ctx)
}

// renew renews the lease, one command, and reads the others' with it. A node that finds its own lease ended may have been taken for dead:
// it registers anew with all tenants whose registrations name this home, and does not judge others until they had the time to renew theirs, since
// what kept it from renewing may have kept them too.
func (h *home) renew(ctx context.Context) error {
	c, sent := h.c, time.Now()
	// With the fence on, the replicas confirm it: a deposed master must not vouch for this node.
	reply, err := listed(c.script(ctx, c.scripts.renew, []string{h.nodes, h.masterKey}, c.node, millis(c.opt.LeaseLife), h.forgetArg()))
	if err != nil {
		return err
	}
	r, err := readRenewal(reply)
	if err != nil {
		return err
	}
	if h.leases.lapsed(r, sent) {
		h.leases.lapses.Add(1)
		for _, t := range c.open() { // before the lease counts again
			if t.members.at() == h {
				t.rejoin()
			}
		}
	}
	h.leases.renewed(r, sent, c.opt.LeaseLife)
	return nil
}

// read reads all leases now, renewing the own one on the way; callers at once share one question.
func (h *home) read(ctx context.Context) error {
	answer := h.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(h.c.ctx, h.c.opt.CallTimeout)
		defer cancel()
		return nil, h.renew(ctx)
	})
	select {
	case got := <-answer:
		return got.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// giveBack ends the lease, so that nobody waits for it to run out.
func (h *home) giveBack() {
	ctx, cancel := context.WithTimeout(h.c.ctx, h.c.opt.CallTimeout)
	defer cancel()
	if err := h.c.rdb.ZRem(ctx, h.nodes, h.c.node).Err(); err != nil && h.c.ctx.Err() == nil {
		h.c.log.Warn("the lease of this node was not given back; it will run out", "home", h.tag, "error", err)
	}
}

// dead picks the members whose leases have ended, whichever homes they name.
func (c *Client) dead(ctx context.Context, members []string, membersReadAt time.Time) ([]string, error) {
	byTag := map[string][]string{}
	for _, m := range members {
		_, tag := nodeOf(m)
		byTag[tag] = append(byTag[tag], m)
	}
	var dead []string
	for tag, ms := range byTag {
		h := c.home(tag)
		if err := h.read(ctx); err != nil {
			return nil, err
		}
		dead = append(dead, h.leases.dead(ms, membersReadAt)...)
	}
	return dead, nil
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// forgetArg lets old leases be forgotten only by a node that may judge: the leases that ended while Redis was away are no sign of death.
func (h *home) forgetArg() string {
	h.leases.mu.Lock()
	defer h.leases.mu.Unlock()
	if h.leases.trust.IsZero() || time.Now().Before(h.leases.trust) {
		return "0"
	}
	return millis(forgetAfter * h.c.opt.LeaseLife)
}

// lapsed says that the lease had, or may have, ended before it was renewed. What Redis says of it is not enough: earlier renewals, given up here
// and carried out late, may have renewed it a moment before.
func (l *leases) lapsed(r renewal, sent time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.trust.IsZero() && l.interrupted(r, sent)
}

// interrupted says that the lease did not hold all the time, or was not renewed by the same master as before. The caller holds mu.
func (l *leases) interrupted(r renewal, sent time.Time) bool {
	return !r.held || sent.After(l.until) || r.master != l.master
}

// settled tells from when on the nodes that are listed are all.
func (l *leases) settled() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settles
}

// renewed takes over a renewal.
func (l *leases) renewed(r renewal, sent time.Time, life time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trust.IsZero() || l.interrupted(r, sent) {
		// Leases that a master renewed before it was replaced count until their end, whatever is known of them here.
		l.trust = time.Now().Add(life)
	}
	if l.master == "" && r.since < life {
		l.settles = time.Now().Add(life - r.since) // the nodes that this master knows may not be all yet
	}
	l.master = r.master
	// The life counts from before the question was sent, and a tenth is kept back for clocks that run apart.
	l.until = sent.Add(life - life/10)
	until := l.until
	l.ends.Store(&until)
	l.live, l.readAt = r.live, sent
}

// renewal is the answer of renew.lua.
type renewal struct {
	held   bool // the own lease had not ended
	live   map[string]bool
	master string        // the replication id of the master
	since  time.Duration // how long it has been one
}

// readRenewal reads {now, left, replication id, since, {node, end, …}}.
func readRenewal(reply []any) (renewal, error) {
	if len(reply) != 5 {
		return renewal{}, fault.Internalf("redis: the leases came as a list of %d", len(reply))
	}
	texts, err := stringsOf(reply[:4])
	if err != nil {
		return renewal{}, err
	}
	pairs, err := stringsOf(reply[4])
	if err != nil {
		return renewal{}, err
	}
	now, err := strconv.ParseFloat(texts[0], 64)
	if err != nil {
		return renewal{}, fault.Internalf("redis: the leases came with the time %q", texts[0])
	}
	since, err := strconv.ParseFloat(texts[3], 64)
	if err != nil {
		return renewal{}, fault.Internalf("redis: the leases came with a master since %q", texts[3])
	}
	left, err := strconv.ParseFloat(texts[1], 64)
	r := renewal{held: err == nil && left > 0, live: make(map[string]bool, len(pairs)/2), master: texts[2]}
	r.since = time.Duration(max(now-since, 0)) * time.Millisecond
	for i := 0; i+1 < len(pairs); i += 2 {
		end, err := strconv.ParseFloat(pairs[i+1], 64)
		if err != nil {
			return renewal{}, fault.Internalf("redis: the lease of %s ends at %q", pairs[i], pairs[i+1])
		}
		r.live[pairs[i]] = end > now
	}
	return r, nil
}

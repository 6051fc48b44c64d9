package redisstore

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// members is what this node knows about the nodes that have a tenant open, itself included, and what they have applied.
type members struct {
	mu       sync.Mutex
	own      store.Head        // what this node has applied; the others may not know it yet
	nodes    map[string]member // the others, as of epoch
	epoch    string            // names the set of nodes: another set has another epoch
	asOf     store.Head        // the set was this one when this commit was made, or later
	settles  time.Time         // from when on the set is believed, see distrust
	readAt   time.Time         // when the set was read, taken before the question was sent
	unspoken bool              // own is not reported, as nobody else is there who waits for it
	messages uint64            // how many came, to tell newer news from older
	doubted  uint64            // the message that made the set doubtful; 0 when it is not
	floor    store.Head        // the head when this node registered: before it has applied that, it must not serve
	proven   bool              // it has: what it has applied is, in the history of that head, the head or behind it
	name     string            // of this node's registration, see Client.registration; empty when it is not registered, or may not be
	home     *home             // where the lease is that stands behind it
	names    []string          // under which this node may be registered

	// home, while barriers wait for this node and it has applied all that they waited for while it was not registered; else nil.
	vouching atomic.Pointer[home]

	changed chan struct{} // closed and replaced with every change
	flight  singleflight.Group
}

// member is what another node has applied.
type member struct {
	applied uint64
	message uint64 // which message said so; 0 when it was read
}

func (m *members) init() {
	m.changed = make(chan struct{})
	m.nodes = map[string]member{}
	m.doubt()
}

func (m *members) tell() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// alone says that nobody else has the tenant open, as far as is known.
func (m *members) alone() bool { return m.doubted == 0 && len(m.nodes) == 0 }

// lonely gives the epoch in which nobody else has the tenant open, or nothing.
func (m *members) lonely() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.alone() || m.name == "" {
		return ""
	}
	return m.epoch
}

// apply notes what this node has applied and tells whether it has to be reported now. A head with a lower revision is that of a view that was
// built anew on a history that went back.
func (m *members) apply(h store.Head) (report bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h == m.own {
		return false
	}
	m.proven = h == m.floor || m.proven && h.Revision > m.own.Revision
	m.own = h
	m.noteVouching()
	m.tell()
	if m.alone() && m.proven {
		m.unspoken = true
		return false
	}
	return true
}

// vouch notes that the set of nodes was that of epoch when a commit was made, or later. It returns false when that is not the set that
// is known here.
func (m *members) vouch(h store.Head, epoch string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case epoch != m.epoch && h.Revision <= m.asOf.Revision:
		m.forget() // the history went back
	case epoch == m.epoch && h.Revision > m.asOf.Revision:
		m.asOf = h
		m.tell()
	}
	return epoch == m.epoch
}

// wentBack notes a head for which was asked when the set was known as of a later revision: all that is known of the others is of another history.
func (m *members) wentBack(head store.Head, known uint64) bool {
	if head.Revision >= known {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	return true
}

func (m *members) known() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asOf.Revision
}

// forget drops what the others have applied, and as of when the set is known. The caller holds mu.
func (m *members) forget() {
	m.asOf = store.Head{}
	for node := range m.nodes {
		m.nodes[node] = member{}
	}
	m.tell()
}

// heard notes what another node says that it has applied. Each set has an epoch of its own, so news of another set may be of another history; what
// they say is read again with the set.
func (m *members) heard(node string, rev uint64, epoch string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages++
	if _, known := m.nodes[node]; known && epoch == m.epoch {
		m.nodes[node] = member{applied: rev, message: m.messages}
		m.tell()
	}
}

// reported notes that the log knows a commit that this node has applied, under the name of a registration.
func (m *members) reported(name string, own store.Head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if name == m.name && own.Revision >= m.floor.Revision {
		m.proven = true
		m.noteVouching()
	}
}

// strange notes that the log does not know what this node has applied.
func (m *members) strange(own store.Head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == own {
		m.own, m.proven = store.Head{}, false
		m.noteVouching()
		m.tell()
	}
}

// doubt notes that the set of nodes may be another one by now.
func (m *members) doubt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages++
	m.doubted = m.messages
	m.tell()
}

// speak takes the report that was held back, if there is one.
func (m *members) speak() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.unspoken
	m.unspoken = false
	return was
}

// registration gives the name under which this node reports, and what.
func (m *members) registration() (name string, own store.Head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.name, m.own
}

// standing is how far the nodes are from having applied a revision.
type standing struct {
	known   bool     // the set of nodes is known as it was when the revision was made, or later
	self    bool     // this node has applied it
	behind  []string // the other nodes that have not
	doubted bool
	settles time.Time // before that, somebody may be missing in the set
	readAt  time.Time
	changed <-chan struct{}
}

func (s *standing) reached() bool {
	return s.known && s.self && len(s.behind) == 0 && !time.Now().Before(s.settles)
}

func (m *members) standing(h store.Head) standing {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := standing{
		known: m.name != "" && atOrBehind(h, m.asOf), self: atOrBehind(h, m.own),
		doubted: m.doubted != 0, settles: m.settles, readAt: m.readAt, changed: m.changed,
	}
	for node, is := range m.nodes {
		if is.applied < h.Revision {
			s.behind = append(s.behind, node)
		}
	}
	return s
}

// atOrBehind tells whether a point of the history is h or comes behind it, as far as the two show.
func atOrBehind(h, point store.Head) bool { return point == h || point.Revision > h.Revision }

// mark is a point before a question: what is newer than it is newer than the answer.
type mark struct {
	messages uint64
	name     string
	own      store.Head
	joins    bool // the question registers name, with own
	hint     hinted
	at       time.Time
}

func (m *members) mark(h hinted) mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return mark{messages: m.messages, name: m.name, own: m.own, hint: h, at: time.Now()}
}

// reading is the answer of join.lua and members.lua.
type reading struct {
	epoch string
	head  store.Head
	nodes map[string]uint64
}

// set takes over a reading of the members for which was asked after a mark. It returns the name of this node's registration when that was
// not among them.
func (m *members) set(r reading, asked mark) (missing string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	nodes := make(map[string]member, len(r.nodes))
	for node, rev := range r.nodes {
		nodes[node] = member{applied: rev}
		if had, ok := m.nodes[node]; ok && r.epoch == m.epoch && had.message > asked.messages {
			nodes[node] = had
		}
	}
	if _, there := nodes[asked.name]; !there {
		missing = asked.name
	}
	for _, name := range m.names {
		delete(nodes, name)
	}
	if m.doubted <= asked.messages {
		m.doubted = 0
	}
	m.nodes, m.epoch, m.asOf, m.readAt = nodes, r.epoch, r.head, asked.at
	m.tell()
	return missing
}

// joining takes note of a name under which this node is about to register, and gives those under which it may be registered already.
func (m *members) joining(name string) (before []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before = m.names
	m.names = append(slices.Clone(before), name)
	return before
}

// joined notes that this node registered when the log had a head, with its lease in a home.
func (m *members) joined(name string, h *home, head store.Head) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.names, m.home, m.floor, m.proven = name, []string{name}, h, head, m.own == head
	m.noteVouching()
}

// noteVouching follows every change of what it rests on. The caller holds mu.
func (m *members) noteVouching() {
	if m.name != "" && m.proven {
		m.vouching.Store(m.home)
	} else {
		m.vouching.Store(nil)
	}
}

// at is where the lease is that stands behind the registration, or nil.
func (m *members) at() *home {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.home
}

// distrust notes that what Redis knows of the nodes may lack some that it knew before: none of its sets is believed for the length of a lease.
// Whoever it has forgotten has registered again by then, and serves nothing before it has applied what there was by then, or has lost its lease.
func (m *members) distrust(life time.Duration) { m.settle(time.Now().Add(life)) }

// settle puts off when the set is believed.
func (m *members) settle(until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until.After(m.settles) {
		m.settles = until
		m.tell()
	}
}

// leave notes that a registration of this node is gone, or may be; without a name, whichever there is. It returns false when that is not the
// current one.
func (m *members) leave(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if name != "" && name != m.name {
		return false
	}
	m.name = ""
	m.noteVouching()
	return true
}

// allNames are those under which this node may be registered.
func (m *members) allNames() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.names)
}

// vouched says that barriers wait for this node, and that it has applied all that they waited for while it was not registered.
func (m *members) vouched() bool { return m.vouching.Load() != nil }

// join registers this node with the tenant, with what it has applied so far, under a new name. A registration that it has ends with it.
func (t *Tenant) join(ctx context.Context) error {
	h, err := t.c.homeFor(ctx, t)
	if err == nil {
		err = h.take(ctx) // the lease comes before the registration
	}
	if err != nil {
		return err
	}
	lapses := h.leases.lapses.Load()
	asked := t.members.mark(t.hint.state())
	asked.name, asked.joins = t.c.registration(h), true
	args := []any{asked.name, formatUint(asked.own.Revision), idText(asked.own), uuid.NewString(), t.channel, t.membersMessage()}
	for _, name := range t.members.joining(asked.name) {
		args = append(args, name)
	}
	t.members.settle(h.leases.settled())
	ctx, by := withRoute(ctx)
	// With the fence on, the replicas confirm it: a failover that forgot this node would let barriers pass without it.
	reply, err := listed(t.c.script(ctx, t.c.scripts.join, []string{t.keys.applied, t.keys.epoch, t.keys.head, t.keys.commits}, args...))
	if err != nil {
		return err
	}
	if t.moved(by) {
		t.members.distrust(t.c.opt.LeaseLife)
	}
	head, err := t.take(reply, asked)
	if err != nil {
		return err
	}
	t.members.joined(asked.name, h, head)
	if h.leases.lapses.Load() != lapses {
		t.rejoin() // the lease may have ended before the registration
	}
	return nil
}

// refresh reads the members anew; callers at once share one question.
func (t *Tenant) refresh(ctx context.Context) error {
	return t.share(ctx, "refresh", func(ctx context.Context) error {
		asked := t.members.mark(t.hint.state())
		names := []string{t.keys.applied, t.keys.epoch, t.keys.head}
		ctx, by := withRoute(ctx)
		reply, err := t.c.scripts.members.Run(ctx, t.c.rdb, names).Slice()
		if err != nil {
			return err
		}
		if t.moved(by) {
			t.rejoin()
		}
		_, err = t.take(reply, asked)
		return err
	})
}

// share runs a question for everybody who has it at the moment, apart from the context of any one of them.
func (t *Tenant) share(ctx context.Context, name string, ask func(context.Context) error) error {
	answer := t.members.flight.DoChan(name, func() (any, error) { return nil, ask(t.c.ctx) })
	select {
	case got := <-answer:
		return got.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take reads an answer about the members and takes it over. It returns the head that came along.
func (t *Tenant) take(reply []any, asked mark) (store.Head, error) {
	r, err := readMembers(reply)
	if err != nil {
		return store.Head{}, err
	}
	t.hint.asked(r.head, asked.hint)
	if stands, there := r.nodes[asked.name]; there && stands == 0 && asked.own.Revision > 0 && asked.joins {
		t.strange(asked.own)
	}
	if missing := t.members.set(r, asked); missing != "" {
		t.removed(missing)
	}
	return r.head, nil
}

// strange notes that the log does not know what the view of this node has applied, and has it look at the log: it finds there that it has to be built
// anew.
func (t *Tenant) strange(own store.Head) {
	t.members.strange(own)
	t.recent.forget()
	t.hint.look()
}

// removed notes that this node is registered no more, and has it register again. Either somebody took it for dead, or the registrations are
// gone, those of others too.
func (t *Tenant) removed(name string) {
	if t.members.leave(name) && !t.isClosed() {
		t.members.distrust(t.c.opt.LeaseLife)
		t.c.reports.add(t, taskJoin)
	}
}

// rejoin has this node register again, as what Redis knows of it and of others may have been lost.
func (t *Tenant) rejoin() {
	t.members.leave("")
	t.members.distrust(t.c.opt.LeaseLife)
	t.recent.forget()
	t.c.reports.add(t, taskJoin)
}

// signOff takes this node out of the tenant.
func (t *Tenant) signOff(ctx context.Context) error {
	names := t.members.allNames()
	if len(names) == 0 {
		return nil
	}
	return t.expel(ctx, names...)
}

// expel takes nodes out of the tenant.
func (t *Tenant) expel(ctx context.Context, nodes ...string) error {
	args := []any{uuid.NewString(), t.channel, t.membersMessage()}
	for _, n := range nodes {
		args = append(args, n)
	}
	return t.c.scripts.leave.Run(ctx, t.c.rdb, []string{t.keys.applied, t.keys.epoch}, args...).Err()
}

func (t *Tenant) membersMessage() string { return "m " + t.name }

// readMembers reads {epoch, head, {node, applied, …}}.
func readMembers(reply []any) (reading, error) {
	if len(reply) != 3 {
		return reading{}, fault.Internalf("redis: the members came as a list of %d", len(reply))
	}
	texts, err := stringsOf(reply[:2])
	if err != nil {
		return reading{}, err
	}
	pairs, err := stringsOf(reply[2])
	if err != nil {
		return reading{}, err
	}
	r := reading{epoch: texts[0], nodes: make(map[string]uint64, len(pairs)/2)}
	if r.head, err = parseHead(texts[1]); err != nil {
		return reading{}, err
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		applied, err := parseHead(pairs[i+1])
		if err != nil {
			return reading{}, err
		}
		r.nodes[pairs[i]] = applied.Revision
	}
	return r, nil
}

package redisstore

import (
	"context"
	"slices"
	"sync"
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
	asOf     uint64            // the set was this one when this revision was made, or later
	readAt   time.Time         // when the set was read, taken before the question was sent
	unspoken bool              // own is not reported, as nobody else is there who waits for it
	messages uint64            // how many came, to tell newer news from older
	doubted  uint64            // the message that made the set doubtful; 0 when it is not
	floor    uint64            // the head when this node registered: before it has applied that, it must not serve
	name     string            // of this node's registration: "<node>#<number>"; empty when it is not registered, or may not be
	names    []string          // under which this node may be registered

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

// apply notes what this node has applied and tells whether it has to be reported now.
func (m *members) apply(h store.Head) (report bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.Revision < m.own.Revision || h == m.own {
		return false // reports of one view may overtake each other
	}
	m.own = h
	m.tell()
	if m.alone() {
		m.unspoken = true
		return false
	}
	return true
}

// vouch notes that the set of nodes was that of epoch when a revision was made, or later. It returns false when that is not the set that
// is known here.
func (m *members) vouch(rev uint64, epoch string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if epoch == m.epoch && rev > m.asOf {
		m.asOf = rev
		m.tell()
	}
	return epoch == m.epoch
}

// heard notes what another node says that it has applied.
func (m *members) heard(node string, rev uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages++
	if _, known := m.nodes[node]; known {
		m.nodes[node] = member{applied: rev, message: m.messages}
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
	readAt  time.Time
	changed <-chan struct{}
}

func (s *standing) reached() bool { return s.known && s.self && len(s.behind) == 0 }

func (m *members) standing(rev uint64) standing {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := standing{
		known: m.asOf >= rev, self: m.own.Revision >= rev,
		doubted: m.doubted != 0, readAt: m.readAt, changed: m.changed,
	}
	for node, is := range m.nodes {
		if is.applied < rev {
			s.behind = append(s.behind, node)
		}
	}
	return s
}

// mark is a point before a question: what is newer than it is newer than the answer.
type mark struct {
	messages uint64
	name     string
	own      store.Head
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
		if rev > r.head.Revision {
			rev = 0 // it speaks of a history that went back since
		}
		nodes[node] = member{applied: rev}
		if had, ok := m.nodes[node]; ok && had.message > asked.messages {
			nodes[node] = had
		}
	}
	if _, there := nodes[asked.name]; !there {
		missing = asked.name
	}
	for _, name := range m.names {
		delete(nodes, name)
	}
	if m.own == asked.own && asked.own.Revision > r.head.Revision {
		m.own = store.Head{} // likewise
	}
	if m.doubted <= asked.messages {
		m.doubted = 0
	}
	m.nodes, m.epoch, m.asOf, m.readAt = nodes, r.epoch, r.head.Revision, asked.at
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

// joined notes that this node registered when the head was at a revision.
func (m *members) joined(name string, head uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.names, m.floor = name, []string{name}, head
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
	return true
}

// allNames are those under which this node may be registered.
func (m *members) allNames() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.names)
}

// vouched says that barriers wait for this node, and that it has applied all that they waited for while it was not registered.
func (m *members) vouched() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.name != "" && m.own.Revision >= m.floor
}

// join registers this node with the tenant, with what it has applied so far, under a new name. A registration that it has ends with it.
func (t *Tenant) join(ctx context.Context) error {
	asked := t.members.mark(t.hint.state())
	asked.name = t.c.node + "#" + formatUint(t.c.joins.Add(1))
	args := []any{asked.name, formatHead(asked.own), uuid.NewString(), t.c.channel, t.membersMessage()}
	for _, name := range t.members.joining(asked.name) {
		args = append(args, name)
	}
	// With the fence on, the replicas confirm it: a failover that forgot this node would let barriers pass without it.
	answer, err := t.script(ctx, t.c.scripts.join, []string{t.keys.applied, t.keys.epoch, t.keys.head}, args...)
	if err != nil {
		return err
	}
	reply, ok := answer.([]any)
	if !ok {
		return fault.Internalf("redis: the join script answered %T", answer)
	}
	head, err := t.take(reply, asked)
	if err == nil {
		t.members.joined(asked.name, head.Revision)
	}
	return err
}

// refresh reads the members anew; callers at once share one question.
func (t *Tenant) refresh(ctx context.Context) error {
	return t.share(ctx, "refresh", func(ctx context.Context) error {
		asked := t.members.mark(t.hint.state())
		names := []string{t.keys.applied, t.keys.epoch, t.keys.head}
		reply, err := t.c.scripts.members.Run(ctx, t.c.rdb, names).Slice()
		if err != nil {
			return err
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
	t.hint.asked(r.head.Revision, asked.hint)
	if missing := t.members.set(r, asked); missing != "" {
		t.removed(missing)
	}
	return r.head, nil
}

// removed notes that somebody took this node for dead, and has it register again.
func (t *Tenant) removed(name string) {
	if t.members.leave(name) && !t.isClosed() {
		t.c.reports.add(t, taskJoin)
	}
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
	args := []any{uuid.NewString(), t.c.channel, t.membersMessage()}
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

package gateway

import (
	"container/heap"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connections are those that are open at some listeners. There is always a place for a newcomer: where all are taken, the one that has
// been silent for longest gives its place up, among those of the address that holds the most. So whoever opens thousands and says nothing
// loses only connections of its own.
type connections struct {
	limit int

	mu      sync.Mutex
	open    int
	sources map[netip.Prefix]*source
	largest sourceHeap // the source with the most connections comes first

	displaced, refused atomic.Uint64
}

// source is an address with its connections: of IPv4 one, of IPv6 the 64 bits that one host may choose from.
type source struct {
	from  netip.Prefix
	conns []*connection
	place int // in the heap
}

const (
	// asked is how many connections of an address are compared when one is to go. It is a sample, so that a flood does not cost a walk over
	// thousands of connections for each newcomer.
	asked = 64
	// heardLately is how long ago a connection must have been heard of to give its place up to another of the same address.
	heardLately = time.Second
)

func newConnections(limit int) *connections {
	return &connections{limit: limit, sources: make(map[netip.Prefix]*source)}
}

// over gives a listener whose connections take places here.
func (c *connections) over(l net.Listener) net.Listener { return &placedListener{l, c} }

type placedListener struct {
	net.Listener
	all *connections
}

// Accept waits for a connection that gets a place.
func (l *placedListener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if admitted := l.all.admit(raw, time.Now()); admitted != nil {
			return admitted, nil
		}
		_ = raw.Close() // it was told nothing and has said nothing: that closing failed is nobody's matter
	}
}

// admit gives a connection a place; nil where none can be had.
func (c *connections) admit(raw net.Conn, now time.Time) *connection {
	newcomer := &connection{timedConn: newTimedConn(raw), all: c, from: sourceOf(raw.RemoteAddr())}
	newcomer.heard.Store(now.UnixNano())
	c.mu.Lock()
	var leaving *connection
	if c.open >= c.limit {
		if leaving = c.leastHeard(newcomer.from, now); leaving == nil {
			c.mu.Unlock()
			c.refused.Add(1)
			return nil
		}
		c.remove(leaving)
		c.displaced.Add(1)
	}
	c.add(newcomer)
	c.mu.Unlock()
	if leaving != nil {
		_ = leaving.Conn.Close() // its server hears of it as of any other end, and closes it in its own way
	}
	return newcomer
}

// leastHeard chooses who is to go for a newcomer: one of the address that holds the most. If that is the newcomer's own or holds no more than it
// does, whoever was heard of just now stays, and there may be nobody.
func (c *connections) leastHeard(newcomer netip.Prefix, now time.Time) *connection {
	if len(c.largest) == 0 {
		return nil
	}
	from := c.largest[0]
	least := from.conns[0]
	for i := range min(asked, len(from.conns)) {
		other := from.conns[i]
		if len(from.conns) > asked {
			other = from.conns[rand.IntN(len(from.conns))] //nolint:gosec // nobody gains by foreseeing whom it takes
		}
		if other.heard.Load() < least.heard.Load() {
			least = other
		}
	}
	held := 0
	if own := c.sources[newcomer]; own != nil {
		held = len(own.conns)
	}
	if len(from.conns) <= held+1 && now.UnixNano()-least.heard.Load() < int64(heardLately) {
		return nil
	}
	return least
}

func (c *connections) add(n *connection) {
	s := c.sources[n.from]
	if s == nil {
		s = &source{from: n.from}
		c.sources[n.from] = s
		heap.Push(&c.largest, s)
	}
	n.place = len(s.conns)
	s.conns = append(s.conns, n)
	c.open++
	heap.Fix(&c.largest, s.place)
}

// remove takes a connection out; nothing where it is out already.
func (c *connections) remove(n *connection) {
	if n.gone {
		return
	}
	n.gone = true
	s := c.sources[n.from]
	last := len(s.conns) - 1
	s.conns[n.place] = s.conns[last]
	s.conns[n.place].place = n.place
	s.conns[last] = nil
	s.conns = s.conns[:last]
	c.open--
	if last > 0 {
		heap.Fix(&c.largest, s.place)
		return
	}
	heap.Remove(&c.largest, s.place)
	delete(c.sources, n.from)
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// connection is one that has a place.
type connection struct {
	*timedConn
	all   *connections
	from  netip.Prefix
	heard atomic.Int64 // when something last came from the peer, in nanoseconds since 1970

	place int  // among those of its source; guarded by all.mu, as is gone
	gone  bool // its place is another's
}

// Read notes that the peer said something.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.timedConn.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// Close gives the place up.
func (c *connection) Close() error {
	c.all.mu.Lock()
	c.all.remove(c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// sourceOf is the address that a connection counts for. Connections that come by no IP address are all of one.
func sourceOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	address := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// sourceHeap is for container/heap.
type sourceHeap []*source

func (h sourceHeap) Len() int           { return len(h) }
func (h sourceHeap) Less(i, j int) bool { return len(h[i].conns) > len(h[j].conns) }
func (h sourceHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is for container/heap alone.
func (h *sourceHeap) Push(x any) {
	if s, ok := x.(*source); ok {
		s.place = len(*h)
		*h = append(*h, s)
	}
}

// Pop is for container/heap alone.
func (h *sourceHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}

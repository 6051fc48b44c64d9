package history

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Link is a proxy in front of a server, so that one gateway's connections to it can be cut, stalled and slowed down while others' are well.
type Link struct {
	listener net.Listener
	target   atomic.Pointer[string]
	delay    atomic.Int64 // of each chunk that passes, in nanoseconds

	mu      sync.Mutex
	open    chan struct{} // closed while bytes may pass
	stalled bool
	closed  bool
	conns   map[net.Conn]struct{}
	done    sync.WaitGroup
}

// NewLink starts a link to a server. Close ends it.
func NewLink(ctx context.Context, target string) (*Link, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &Link{listener: l, open: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	k.target.Store(&target)
	close(k.open)
	k.done.Go(k.accept)
	return k, nil
}

// Addr is where the link listens.
func (k *Link) Addr() string { return k.listener.Addr().String() }

// Close ends the link and all its connections.
func (k *Link) Close() error {
	err := k.listener.Close()
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.Restore()
	k.Cut()
	k.done.Wait()
	return err
}

// Cut ends all connections. New ones are taken.
func (k *Link) Cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns {
		_ = c.Close() // whoever uses it will notice
	}
}

// Redirect leads to another server from now on: connections to the one before are cut.
func (k *Link) Redirect(target string) {
	k.target.Store(&target)
	k.Cut()
}

// Stall lets nothing pass any more, in either direction, as a network does that drops every packet. When it returns, nothing passes.
func (k *Link) Stall() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.stalled {
		k.stalled, k.open = true, make(chan struct{})
	}
}

// Restore lets everything pass, what was held back too.
func (k *Link) Restore() {
	k.delay.Store(0)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stalled {
		k.stalled = false
		close(k.open)
	}
}

// Delay holds back what passes, in each direction, for a while.
func (k *Link) Delay(d time.Duration) { k.delay.Store(int64(d)) }

func (k *Link) accept() {
	for {
		client, err := k.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", *k.target.Load()) //nolint:noctx // on loopback, and it ends with the listener
		if err != nil {
			_ = client.Close()
			continue
		}
		if !k.keep(client, server) {
			return
		}
		k.done.Go(func() { k.pass(client, server) })
		k.done.Go(func() { k.pass(server, client) })
	}
}

func (k *Link) keep(conns ...net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range conns {
		if k.closed {
			_ = c.Close()
			continue
		}
		k.conns[c] = struct{}{}
	}
	return !k.closed
}

func (k *Link) drop(conns ...net.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range conns {
		delete(k.conns, c)
		_ = c.Close() // may be closed already
	}
}

// pass copies one way until either end closes.
func (k *Link) pass(from, to net.Conn) {
	defer k.drop(from, to)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if d := time.Duration(k.delay.Load()); d > 0 {
			<-time.After(d)
		}
		if !k.send(to, buf[:n]) {
			return
		}
	}
}

// send writes when the link is open. It holds the lock while it does, so that nothing is on its way when Stall returns.
func (k *Link) send(to net.Conn, chunk []byte) bool {
	for {
		k.mu.Lock()
		if !k.stalled {
			_ = to.SetWriteDeadline(time.Now().Add(time.Second)) // whoever does not read must not hold up the others for good
			_, err := to.Write(chunk)
			k.mu.Unlock()
			return err == nil
		}
		open := k.open
		k.mu.Unlock()
		<-open
	}
}

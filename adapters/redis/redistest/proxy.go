package redistest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
)

// Proxy passes connections on to a server and loses, on demand, what goes over them. A request is known by a text in it, which must not be
// at the edge of what one write sends.
type Proxy struct {
	listener net.Listener

	mu     sync.Mutex
	target string
	conns  map[net.Conn]struct{}
	lose   string // the answers to requests with this text,
	losing int    // for so many requests
	hold   string // the next request with this text
	held   chan []byte
	seen   int
	done   sync.WaitGroup
}

// NewProxy starts a proxy that ends with the test.
func NewProxy(tb TB, target string) *Proxy {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	must(tb, err)
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]struct{}{}, held: make(chan []byte, 1)}
	p.done.Go(p.accept)
	tb.Cleanup(func() {
		must(tb, l.Close())
		p.Cut()
		p.done.Wait()
	})
	return p
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Retarget leads new connections to another server, and ends those that there are.
func (p *Proxy) Retarget(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
	p.Cut()
}

func (p *Proxy) aim() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

// LoseAnswers lets the next requests with a text through, throws their answers away and cuts their connections.
func (p *Proxy) LoseAnswers(text string, requests int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose, p.losing = text, requests
}

// Hold keeps the next request with a text back and cuts the connection of the client who sent it. The request arrives, late, when
// release is called; that returns the server's answer.
func (p *Proxy) Hold(text string) (release func(tb TB) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = text
	return func(tb TB) string {
		tb.Helper()
		request := <-p.held
		server, err := new(net.Dialer).DialContext(tb.Context(), "tcp", p.aim())
		must(tb, err)
		defer func() { _ = server.Close() }()
		_, err = server.Write(request)
		must(tb, err)
		answer := make([]byte, 4096)
		n, err := server.Read(answer)
		must(tb, err)
		return string(answer[:n])
	}
}

// Losses says how many requests were held or lost their answers.
func (p *Proxy) Losses() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close() // whoever uses it will notice
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.aim()) //nolint:noctx // ends with the listener
		if err != nil {
			_ = client.Close()
			continue
		}
		p.keep(client, server)
		p.done.Go(func() { p.pass(client, server) })
	}
}

func (p *Proxy) keep(cs ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range cs {
		p.conns[c] = struct{}{}
	}
}

func (p *Proxy) drop(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close() // may be closed already
}

// pass copies both ways until either end closes.
func (p *Proxy) pass(client, server net.Conn) {
	deaf := make(chan struct{}) // closed when answers are to be lost from now on
	p.done.Go(func() {
		defer p.drop(client)
		defer p.drop(server)
		_, _ = io.Copy(&ear{client: client, deaf: deaf}, server) // how it ends does not matter
	})
	defer p.drop(client)
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			p.drop(server)
			return
		}
		if p.holds(buf[:n]) {
			p.drop(server)
			return
		}
		if p.loses(buf[:n]) {
			close(deaf)
			_, _ = server.Write(buf[:n]) // the answer ends the connection
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) holds(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hold == "" || !bytes.Contains(request, []byte(p.hold)) {
		return false
	}
	p.hold = ""
	p.seen++
	p.held <- bytes.Clone(request)
	return true
}

func (p *Proxy) loses(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.losing == 0 || !bytes.Contains(request, []byte(p.lose)) {
		return false
	}
	p.losing--
	p.seen++
	return true
}

var errDeaf = errors.New("the answer is lost")

// ear is the client's side of the answers.
type ear struct {
	client net.Conn
	deaf   <-chan struct{}
}

func (e *ear) Write(b []byte) (int, error) {
	select {
	case <-e.deaf:
		return 0, errDeaf
	default:
		return e.client.Write(b)
	}
}

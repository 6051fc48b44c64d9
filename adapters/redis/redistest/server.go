package redistest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// ErrMissing says that there is no redis-server on the path.
var ErrMissing = errors.New("redistest: redis-server is not installed; on Debian: apt-get install -y redis-server")

// readyWithin bounds the start of a server, the loading of its data included.
const readyWithin = 20 * time.Second

// Durable are the settings under which Redis loses nothing that it acknowledged when its process is killed.
func Durable() []string { return []string{"appendonly yes", "appendfsync always"} }

// kind is what a redis-server is started as.
type kind uint8

const (
	plain        kind = iota
	clusterNode       // has a second port, for the other nodes
	sentinelNode      // keeps no data: it watches others
)

// busOffset is how far a cluster node's second port lies behind its first.
const busOffset = 10_000

// Server is one redis-server, running or not.
type Server struct {
	kind kind
	dir  string
	port int
	tls  *Certificates // nil: no TLS

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	output bytes.Buffer
}

// Launch starts a server that keeps its data under dir, with lines of configuration such as "appendonly yes". Without any it persists
// nothing. It returns when the server answers.
func Launch(ctx context.Context, dir string, config ...string) (*Server, error) {
	return launch(ctx, &Server{kind: plain, dir: dir}, config)
}

// LaunchTLS is Launch for a server that speaks TLS only.
func LaunchTLS(ctx context.Context, dir string, certs *Certificates, config ...string) (*Server, error) {
	return launch(ctx, &Server{kind: plain, dir: dir, tls: certs}, config)
}

// launch starts a server that has all but its port.
func launch(ctx context.Context, s *Server, config []string) (*Server, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, ErrMissing
	}
	// Between choosing a port and the server's taking it somebody else may.
	var err error
	for range 5 {
		if s.port, err = freePort(ctx, s.kind == clusterNode); err != nil {
			return nil, err
		}
		if err = s.configure(config); err != nil {
			return nil, err
		}
		if err = s.Start(ctx); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// freePort finds a port on which nothing listens, below those that the system takes for outgoing connections: a server that is restarted
// finds it still free. With bus, nothing listens on the port of the cluster's bus either.
func freePort(ctx context.Context, bus bool) (int, error) {
	var err error
	for range 100 {
		port := 10_000 + rand.IntN(10_000) //nolint:gosec // a port needs no secrecy
		if err = portFree(ctx, port); err == nil && bus {
			err = portFree(ctx, port+busOffset)
		}
		if err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("redistest: finding a free port: %w", err)
}

func portFree(ctx context.Context, port int) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return err
	}
	return l.Close()
}

func (s *Server) configFile() string { return filepath.Join(s.dir, "redis.conf") }

func (s *Server) configure(lines []string) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "bind 127.0.0.1\n%sdir %s\ndaemonize no\n", s.listenLines(), strconv.Quote(s.dir))
	if s.kind != sentinelNode {
		fmt.Fprintln(&b, `save ""`)
	}
	for _, l := range lines {
		fmt.Fprintln(&b, l)
	}
	if err := os.WriteFile(s.configFile(), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}

func (s *Server) listenLines() string {
	if s.tls == nil {
		return fmt.Sprintf("port %d\n", s.port)
	}
	lines := fmt.Sprintf("port 0\ntls-port %d\n%stls-replication yes\n", s.port, s.tls.lines())
	if s.kind == clusterNode {
		lines += "tls-cluster yes\n"
	}
	return lines
}

// Addr is host:port.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is redis://host:port/0, with rediss where the server speaks TLS.
func (s *Server) URL() string {
	if s.tls != nil {
		return "rediss://" + s.Addr() + "/0"
	}
	return "redis://" + s.Addr() + "/0"
}

// TLS is how a client has to connect; nil: without TLS.
func (s *Server) TLS() *tls.Config {
	if s.tls == nil {
		return nil
	}
	return s.tls.Client()
}

// Running tells whether the process is there, frozen or not.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running()
}

// Start runs the server on its port and data; it must not be running. It returns when the server answers.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running() {
		return errors.New("redistest: the server is running already")
	}
	s.output.Reset()
	// Not CommandContext: the context bounds the start, not the life.
	cmd := exec.Command("redis-server", s.arguments()...) //nolint:gosec,noctx // the path is ours, and the life is not the context's
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("redistest: starting redis-server: %w", err)
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func(exited chan struct{}) {
		_ = cmd.Wait() // how it ended shows in its output
		close(exited)
	}(s.exited)
	if err := s.awaitReady(ctx); err != nil {
		_ = cmd.Process.Kill()
		<-s.exited
		return fmt.Errorf("%w; redis-server said:\n%s", err, s.output.String())
	}
	return nil
}

func (s *Server) arguments() []string {
	if s.kind == sentinelNode {
		return []string{s.configFile(), "--sentinel"}
	}
	return []string{s.configFile()}
}

func (s *Server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	rdb := s.Client()
	defer func() { _ = rdb.Close() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		// Another server may have taken the port: ask for the process id.
		info, err := rdb.Info(ctx, "server").Result()
		if err == nil && bytes.Contains([]byte(info), []byte("process_id:"+strconv.Itoa(s.cmd.Process.Pid)+"\r\n")) {
			if err = s.serves(ctx, rdb); err == nil {
				return nil
			}
		}
		select {
		case <-s.exited:
			return errors.New("redistest: redis-server ended at its start")
		case <-ctx.Done():
			return fmt.Errorf("redistest: redis-server is not ready: %w", errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// serves fails while the server is loading.
func (s *Server) serves(ctx context.Context, rdb *redis.Client) error {
	if s.kind != plain {
		return nil // whoever starts a group waits for the group
	}
	return rdb.Exists(ctx, "x").Err()
}

// Client makes a plain client for looking at this one server. The caller closes it.
func (s *Server) Client() *redis.Client { return redis.NewClient(s.clientOptions()) }

func (s *Server) clientOptions() *redis.Options {
	return &redis.Options{
		Addr: s.Addr(), TLSConfig: s.TLS(), Protocol: 2, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// Kill ends the server with SIGKILL, as a crash does, and waits until it is gone.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Stop ends the server with SIGTERM and waits until it is gone.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

func (s *Server) end(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return nil
	}
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("redistest: %w", err)
	}
	<-s.exited
	return nil
}

// Freeze stops the process where it is; its connections stay open and nothing is answered.
func (s *Server) Freeze() error { return s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on; one that is not frozen goes on anyway.
func (s *Server) Thaw() error { return s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running() {
		return errors.New("redistest: the server is not running")
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}

package redistest

import (
	"bytes"
	"context"
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

// Server is one redis-server, running or not.
type Server struct {
	dir  string
	port int

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	output bytes.Buffer
}

// Launch starts a server that keeps its data under dir, with lines of configuration such as "appendonly yes". Without any it persists
// nothing. It returns when the server answers.
func Launch(ctx context.Context, dir string, config ...string) (*Server, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, ErrMissing
	}
	// Between choosing a port and the server's taking it somebody else may.
	var err error
	for range 5 {
		s := &Server{dir: dir}
		if s.port, err = freePort(ctx); err != nil {
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
// finds it still free.
func freePort(ctx context.Context) (int, error) {
	var err error
	for range 100 {
		port := 10_000 + rand.IntN(10_000) //nolint:gosec // a port needs no secrecy
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("redistest: finding a free port: %w", err)
}

func (s *Server) configFile() string { return filepath.Join(s.dir, "redis.conf") }

func (s *Server) configure(lines []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "bind 127.0.0.1\nport %d\ndir %s\nsave \"\"\ndaemonize no\n", s.port, strconv.Quote(s.dir))
	for _, l := range lines {
		fmt.Fprintln(&b, l)
	}
	if err := os.WriteFile(s.configFile(), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}

// Addr is host:port.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is redis://host:port/0.
func (s *Server) URL() string { return "redis://" + s.Addr() + "/0" }

// Start runs the server on its port and data; it must not be running. It returns when the server answers.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running() {
		return errors.New("redistest: the server is running already")
	}
	s.output.Reset()
	// Not CommandContext: the context bounds the start, not the life.
	cmd := exec.Command("redis-server", s.configFile()) //nolint:gosec,noctx // the path is ours, and the life is not the context's
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
			if err = rdb.Exists(ctx, "x").Err(); err == nil { // refused while it is loading
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

// Client makes a plain client for looking at the server. The caller closes it.
func (s *Server) Client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: s.Addr(), Protocol: 2, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
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

// Thaw lets a frozen process go on.
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

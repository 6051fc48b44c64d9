package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// How long a server may take to be ready and to stop. By its contract with
// replays it is one second and two; a busy machine is given slack, for what
// hangs is found all the same.
const (
	readyWithin = 20 * time.Second
	stopWithin  = 15 * time.Second
	startTries  = 3
)

// Launch says which server to start.
type Launch struct {
	Binary  string   // path of profilegate
	Config  string   // path of config/examples/conformance.yaml
	DataDir string   // an empty folder for the embedded store
	Store   string   // redis://host:port/db instead of DataDir
	Log     string   // the file that takes what the process prints
	Env     []string // NAME=value, besides those of the listeners
}

// Process is a running server.
type Process struct {
	Target  Target
	GRPC    string // host:port
	Admin   string // host:port of health and metrics
	command *exec.Cmd
	exited  chan struct{}
	exitErr error // set before exited is closed
}

// ErrStop tells that a server did not stop on SIGTERM as it should.
var ErrStop = errors.New("the server did not stop cleanly")

// Start starts a server on free ports of 127.0.0.1 and waits until it is ready.
// A port may be taken between the choice and the bind, so that is tried again.
func Start(ctx context.Context, launch Launch) (*Process, error) {
	var err error
	for range startTries {
		var p *Process
		if p, err = startOnce(ctx, launch); err == nil {
			return p, nil
		}
		if log, readErr := os.ReadFile(launch.Log); readErr != nil || !strings.Contains(string(log), "address already in use") {
			break
		}
	}
	return nil, err
}

func startOnce(ctx context.Context, launch Launch) (*Process, error) {
	addrs, err := freeAddresses(5)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(launch.Log)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has its own handle; nothing was written through this one
	p := &Process{
		Target: Target{Senlin: addrs[0], Kuzzle: addrs[1], MQTT: addrs[2]},
		GRPC:   addrs[3],
		Admin:  addrs[4],
		exited: make(chan struct{}),
	}
	p.command = exec.Command(launch.Binary, arguments(launch)...) //nolint:gosec,noctx // the binary under test; it is stopped by Stop, not by a context
	p.command.Stdout, p.command.Stderr = log, log
	p.command.SysProcAttr = dieWithParent()
	p.command.Env = append(cleanEnvironment(),
		"PROFILEGATE_LISTEN_SENLIN="+addrs[0], "PROFILEGATE_LISTEN_KUZZLE="+addrs[1],
		"PROFILEGATE_LISTEN_MQTT="+addrs[2], "PROFILEGATE_LISTEN_GRPC="+addrs[3],
		"PROFILEGATE_LISTEN_ADMIN="+addrs[4])
	p.command.Env = append(p.command.Env, launch.Env...)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.exitErr = p.command.Wait()
		close(p.exited)
	}()
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

// cleanEnvironment is this process's environment without what would configure the
// server: a replay must not depend on who runs it.
func cleanEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "PROFILEGATE_") })
}

func arguments(launch Launch) []string {
	args := []string{"serve", "--config", launch.Config}
	if launch.Store != "" {
		return append(args, "--store", launch.Store)
	}
	return append(args, "--data-dir", launch.DataDir)
}

func (p *Process) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	last := errors.New("/readyz was not answered")
	for {
		select {
		case <-p.exited:
			return fmt.Errorf("the server ended before it was ready: %w", exitError(p.exitErr))
		case <-ctx.Done():
			return fmt.Errorf("the server was not ready within %s: %w", readyWithin, last)
		case <-tick.C:
		}
		if last = ready(ctx, client, p.Admin); last == nil {
			return nil
		}
	}
}

func ready(ctx context.Context, client *http.Client, admin string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("/readyz answers %d", resp.StatusCode)
	}
	return err
}

// PID is the process's id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Stop sends SIGTERM and waits. A server that is not gone within stopWithin,
// that ended earlier, or whose exit status is not 0, is an ErrStop. When Stop
// returns, the process has ended.
func (p *Process) Stop() error {
	select {
	case <-p.exited:
		return fmt.Errorf("%w: it ended by itself: %w", ErrStop, exitError(p.exitErr))
	default:
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(ErrStop, err, p.Kill())
	}
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-p.exited:
		if p.exitErr != nil {
			return fmt.Errorf("%w: %w", ErrStop, p.exitErr)
		}
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("%w: still there %s after SIGTERM", ErrStop, stopWithin), p.Kill())
	}
}

// Kill ends the process with SIGKILL, as a crash does, and waits until it is gone.
func (p *Process) Kill() error {
	err := p.command.Process.Kill()
	<-p.exited
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Pause stops the process where it is (SIGSTOP); its connections stay open and nothing is answered.
func (p *Process) Pause() error { return p.command.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.command.Process.Signal(syscall.SIGCONT) }

func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// freeAddresses returns n different addresses of 127.0.0.1 on which nothing
// listens. They lie below the range from which the kernel takes the ports of
// outgoing connections, so that no client gets one before the server binds it.
func freeAddresses(n int) ([]string, error) {
	const lowest, highest, tries = 20000, 32000, 1000
	var addrs []string
	taken := map[int]bool{}
	for range tries {
		if len(addrs) == n {
			return addrs, nil
		}
		port := lowest + rand.IntN(highest-lowest) //nolint:gosec // a free port is no secret
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		if !taken[port] && isFree(addr) {
			taken[port] = true
			addrs = append(addrs, addr)
		}
	}
	return nil, errors.New("no free ports on 127.0.0.1")
}

func isFree(addr string) bool {
	l, err := net.Listen("tcp", addr) //nolint:noctx // binds and lets go at once
	if err != nil {
		return false
	}
	return l.Close() == nil
}

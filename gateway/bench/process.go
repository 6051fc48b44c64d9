package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	readyWithin = 10 * time.Second
	stopWithin  = 5 * time.Second
)

// listenerNames are the listeners of the configuration.
var listenerNames = []string{"senlin", "kuzzle", "mqtt", "grpc", "admin"}

// gatewayProcess is a running gateway.
type gatewayProcess struct {
	cmd    *exec.Cmd
	exited chan error
	addrs  map[string]string // by listener
}

// startGateway starts the gateway on free ports with an empty store in dir, or on a Redis.
func startGateway(ctx context.Context, s settings, dir, redis string) (*gatewayProcess, error) {
	g := &gatewayProcess{addrs: map[string]string{}, exited: make(chan error, 1)}
	args := []string{"serve", "--config", s.config}
	if redis != "" {
		args = append(args, "--store", redis)
	} else {
		args = append(args, "--data-dir", filepath.Join(dir, "gateway"))
	}
	g.cmd = exec.Command(s.binary, args...) //nolint:gosec,noctx // the binary that is measured; it is stopped by stop
	g.cmd.Env = os.Environ()
	for _, name := range listenerNames {
		addr, err := freeAddress(ctx)
		if err != nil {
			return nil, err
		}
		g.addrs[name] = addr
		g.cmd.Env = append(g.cmd.Env, "PROFILEGATE_LISTEN_"+strings.ToUpper(name)+"="+addr)
	}
	log, err := os.Create(filepath.Join(dir, "gateway.log")) //nolint:gosec // a directory of our own
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has its own handle
	g.cmd.Stdout, g.cmd.Stderr = log, log
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { g.exited <- g.cmd.Wait() }()
	if err := g.awaitReady(ctx); err != nil {
		said, _ := os.ReadFile(log.Name()) // what can be read of it helps
		return nil, errors.Join(fmt.Errorf("%w; it said:\n%s", err, said), g.cmd.Process.Kill())
	}
	return g, nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (g *gatewayProcess) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	probe := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-g.exited:
			return fmt.Errorf("the gateway ended at its start: %w", err)
		case <-ctx.Done():
			return errors.New("the gateway is not ready")
		case <-tick.C:
		}
		if ready(ctx, probe, g.addrs["admin"]) {
			return nil
		}
	}
}

func ready(ctx context.Context, probe *http.Client, admin string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := probe.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (g *gatewayProcess) pid() int { return g.cmd.Process.Pid }

func (g *gatewayProcess) stop() error {
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-g.exited:
		return err
	case <-time.After(stopWithin):
		return errors.Join(errors.New("the gateway does not stop"), g.cmd.Process.Kill())
	}
}

// bareProcess is a running bare server.
type bareProcess struct {
	cmd   *exec.Cmd
	input io.Closer
	addr  string
}

func startBare(c bareConfig) (*bareProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bareProcess{cmd: exec.Command(self, bareCommand)} //nolint:gosec,noctx // this program; it ends with its input
	b.cmd.Stderr = os.Stderr
	in, err := b.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	b.input = in
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(in).Encode(c); err != nil {
		return nil, errors.Join(err, b.stop())
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the bare server ended at its start: %w", err), b.stop())
	}
	b.addr = strings.TrimSpace(line)
	return b, nil
}

func (b *bareProcess) pid() int { return b.cmd.Process.Pid }

func (b *bareProcess) stop() error { return errors.Join(b.input.Close(), b.cmd.Wait()) }

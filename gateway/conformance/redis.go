package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Redis is a redis-server of the replay's own: nothing of it outlives the run.
type Redis struct {
	Addr    string
	client  *redis.Client
	command *exec.Cmd
	exited  chan struct{}
}

// StartRedis starts a real redis-server (found in PATH) that keeps nothing on
// disk, on a free port of 127.0.0.1, in dir, and waits until it answers.
func StartRedis(ctx context.Context, dir string) (*Redis, error) {
	addrs, err := freeAddresses(1)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addrs[0])
	if err != nil {
		return nil, err
	}
	command := exec.Command("redis-server", //nolint:gosec,noctx // fixed arguments; Stop ends it
		"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--appendonly", "no",
		"--logfile", "redis.log", "--daemonize", "no")
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("redis-server (Debian package redis-server): %w", err)
	}
	r := &Redis{
		Addr: addrs[0], command: command, exited: make(chan struct{}),
		client: redis.NewClient(&redis.Options{
			Addr: addrs[0], MaxRetries: -1, DisableIdentity: true, ContextTimeoutEnabled: true,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		}),
	}
	go func() {
		_ = command.Wait() // how a server ends that is told to end, or is of no use, does not matter
		close(r.exited)
	}()
	if err := r.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

func (r *Redis) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := r.client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-r.exited:
			return fmt.Errorf("redis-server ended before it was ready: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("redis-server was not ready within %s: %w", readyWithin, err)
		case <-tick.C:
		}
	}
}

// URL is what a server's --store flag takes.
func (r *Redis) URL() string { return "redis://" + r.Addr + "/0" }

// Flush empties the server.
func (r *Redis) Flush(ctx context.Context) error { return r.client.FlushAll(ctx).Err() }

// Stop ends the server and waits for its end.
func (r *Redis) Stop() error {
	err := r.client.Close()
	signalErr := r.command.Process.Signal(syscall.SIGTERM)
	if errors.Is(signalErr, os.ErrProcessDone) {
		signalErr = nil
	}
	timer := time.NewTimer(readyWithin)
	defer timer.Stop()
	select {
	case <-r.exited:
	case <-timer.C:
		signalErr = errors.Join(signalErr, r.command.Process.Kill())
		<-r.exited
	}
	return errors.Join(err, signalErr)
}

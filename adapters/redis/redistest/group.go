package redistest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// askWithin bounds one question to one server: a frozen one does not answer.
const askWithin = time.Second

// group is several servers that belong together.
type group []*Server

// each does something with all servers at once.
func (g group) each(ctx context.Context, do func(context.Context, *Server) error) error {
	eg, ctx := errgroup.WithContext(ctx)
	for _, s := range g {
		eg.Go(func() error { return do(ctx, s) })
	}
	return eg.Wait()
}

// stop ends all servers, frozen ones too.
func (g group) stop() error {
	var errs []error
	for _, s := range g {
		errs = append(errs, s.Kill())
	}
	return errors.Join(errs...)
}

// revive thaws and starts whatever is frozen or gone.
func (g group) revive(ctx context.Context) error {
	return g.each(ctx, func(ctx context.Context, s *Server) error {
		if s.Running() {
			return s.Thaw()
		}
		return s.Start(ctx)
	})
}

func (g group) addrs() []string {
	addrs := make([]string, len(g))
	for i, s := range g {
		addrs[i] = s.Addr()
	}
	return addrs
}

// at finds the server that listens on an address.
func (g group) at(addr string) (*Server, error) {
	for _, s := range g {
		if s.Addr() == addr {
			return s, nil
		}
	}
	return nil, fmt.Errorf("redistest: there is no server at %q", addr)
}

// ask opens a connection to a server for one question.
func (s *Server) ask(ctx context.Context, question func(context.Context, *redis.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	rdb := s.Client()
	defer func() { _ = rdb.Close() }() // nothing is lost with it
	return question(ctx, rdb)
}

// do sends one command to a server.
func (s *Server) do(ctx context.Context, args ...any) error {
	return s.ask(ctx, func(ctx context.Context, rdb *redis.Client) error { return rdb.Do(ctx, args...).Err() })
}

// info asks a server for a section of INFO.
func (s *Server) info(ctx context.Context, section string) (map[string]string, error) {
	fields := map[string]string{}
	err := s.ask(ctx, func(ctx context.Context, rdb *redis.Client) error {
		text, err := rdb.Info(ctx, section).Result()
		for line := range strings.SplitSeq(text, "\r\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				fields[name] = value
			}
		}
		return err
	})
	return fields, err
}

// replicates fails as long as a server is not an up-to-date replica.
func (s *Server) replicates(ctx context.Context) error {
	info, err := s.info(ctx, "replication")
	if err == nil && (info["role"] != "slave" || info["master_link_status"] != "up") {
		err = fmt.Errorf("redistest: %s is a %s whose link is %q", s.Addr(), info["role"], info["master_link_status"])
	}
	return err
}

// await repeats a check until it succeeds.
func await(ctx context.Context, within time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redistest: not within %s: %w", within, err)
		case <-tick.C:
		}
	}
}

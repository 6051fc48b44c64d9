package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"github.com/redis/go-redis/v9"
)

const (
	sentinelServers = 3
	sentinelQuorum  = 2
)

// SentinelName is the name under which sentinels know their master.
const SentinelName = "gate"

// Sentinel is one master with two replicas, and three sentinels that watch them. A master that dies is replaced within about twice
// NodeTimeout, and comes back as a replica.
type Sentinel struct{ servers, sentinels group }

// LaunchSentinel starts servers that keep their data under dir, each with these lines of configuration, and their sentinels. Without any
// they persist nothing.
func LaunchSentinel(ctx context.Context, dir string, config ...string) (*Sentinel, error) {
	return launchSentinel(ctx, dir, nil, config)
}

// LaunchSentinelTLS is LaunchSentinel with TLS only, for the sentinels too.
func LaunchSentinelTLS(ctx context.Context, dir string, certs *Certificates, config ...string) (*Sentinel, error) {
	return launchSentinel(ctx, dir, certs, config)
}

func launchSentinel(ctx context.Context, dir string, certs *Certificates, config []string) (*Sentinel, error) {
	s := &Sentinel{}
	if err := s.launch(ctx, dir, certs, config); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Sentinel) launch(ctx context.Context, dir string, certs *Certificates, config []string) error {
	lines := append([]string{"repl-diskless-sync-delay 0", "min-replicas-to-write 1"}, config...)
	for i := range sentinelServers {
		if i == 1 {
			lines = append(lines, fmt.Sprintf("replicaof 127.0.0.1 %d", s.servers[0].port))
		}
		server := &Server{kind: plain, dir: filepath.Join(dir, "server"+strconv.Itoa(i)), tls: certs}
		if _, err := launch(ctx, server, lines); err != nil {
			return err
		}
		s.servers = append(s.servers, server)
	}
	// Sentinels find replicas that are there at their start at once, and later ones after ten seconds.
	for _, replica := range s.servers[1:] {
		if err := await(ctx, groupWithin, replica.replicates); err != nil {
			return err
		}
	}
	for i := range sentinelServers {
		sentinel := &Server{kind: sentinelNode, dir: filepath.Join(dir, "sentinel"+strconv.Itoa(i)), tls: certs}
		if _, err := launch(ctx, sentinel, s.watchLines()); err != nil {
			return err
		}
		s.sentinels = append(s.sentinels, sentinel)
	}
	return s.hurry(ctx)
}

// hurry has the sentinels look at the servers more often than every ten seconds, which is all that they wait for when one comes back, and waits
// until all is well.
func (s *Sentinel) hurry(ctx context.Context) error {
	err := s.sentinels.each(ctx, func(ctx context.Context, sentinel *Server) error {
		return sentinel.do(ctx, "SENTINEL", "DEBUG", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "250")
	})
	if err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return s.AwaitReady(ctx)
}

func (s *Sentinel) watchLines() []string {
	return []string{
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d %d", SentinelName, s.servers[0].port, sentinelQuorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s %d", SentinelName, NodeTimeout.Milliseconds()),
		fmt.Sprintf("sentinel failover-timeout %s %d", SentinelName, 2*NodeTimeout.Milliseconds()),
	}
}

// Servers are the servers with data, whatever they are at the moment.
func (s *Sentinel) Servers() []*Server { return s.servers }

// Sentinels are the sentinels.
func (s *Sentinel) Sentinels() []*Server { return s.sentinels }

// Addrs are the addresses of the sentinels.
func (s *Sentinel) Addrs() []string { return s.sentinels.addrs() }

// Stop kills all servers and sentinels.
func (s *Sentinel) Stop() error { return errors.Join(s.sentinels.stop(), s.servers.stop()) }

// Revive thaws and starts again whatever is frozen or gone, and waits until all is well.
func (s *Sentinel) Revive(ctx context.Context) error {
	if err := s.servers.revive(ctx); err != nil {
		return err
	}
	if err := s.sentinels.revive(ctx); err != nil {
		return err
	}
	return s.hurry(ctx)
}

// AwaitReady waits until the sentinels agree on the master, know each other and both replicas, and the replicas are up to date.
func (s *Sentinel) AwaitReady(ctx context.Context) error { return await(ctx, groupWithin, s.ready) }

func (s *Sentinel) ready(ctx context.Context) error {
	for _, sentinel := range s.sentinels {
		if err := sentinel.watches(ctx); err != nil {
			return err
		}
	}
	master, err := s.Master(ctx)
	if err != nil {
		return err
	}
	for _, server := range s.servers {
		if server == master {
			continue
		}
		if err := server.replicates(ctx); err != nil {
			return err
		}
	}
	info, err := master.info(ctx, "replication")
	if err == nil && (info["role"] != "master" || info["connected_slaves"] != strconv.Itoa(sentinelServers-1)) {
		err = fmt.Errorf("redistest: %s is a %s with %s replicas", master.Addr(), info["role"], info["connected_slaves"])
	}
	return err
}

// watches fails as long as a sentinel does not know everybody, or something is wrong with the master.
func (s *Server) watches(ctx context.Context) error {
	rdb := s.sentinelClient()
	defer func() { _ = rdb.Close() }()
	m, err := rdb.Master(ctx, SentinelName).Result()
	if err != nil {
		return err
	}
	if m["flags"] != "master" || m["num-slaves"] != strconv.Itoa(sentinelServers-1) || m["num-other-sentinels"] != strconv.Itoa(sentinelServers-1) {
		return fmt.Errorf("redistest: sentinel %s sees a %s with %s replicas and %s other sentinels",
			s.Addr(), m["flags"], m["num-slaves"], m["num-other-sentinels"])
	}
	return nil
}

func (s *Server) sentinelClient() *redis.SentinelClient {
	opt := s.clientOptions()
	opt.DialTimeout, opt.ReadTimeout = askWithin, askWithin
	return redis.NewSentinelClient(opt)
}

// Master finds the master that most sentinels name that answer.
func (s *Sentinel) Master(ctx context.Context) (*Server, error) {
	votes := map[string]int{}
	best := ""
	for _, sentinel := range s.sentinels {
		rdb := sentinel.sentinelClient()
		at, err := rdb.GetMasterAddrByName(ctx, SentinelName).Result()
		_ = rdb.Close() // nothing is lost with it
		if err != nil || len(at) != 2 {
			continue // it is gone or frozen
		}
		addr := net.JoinHostPort(at[0], at[1])
		if votes[addr]++; votes[addr] > votes[best] {
			best = addr
		}
	}
	return s.servers.at(best)
}

// AwaitMaster waits until a server is the master that will do.
func (s *Sentinel) AwaitMaster(ctx context.Context, will func(*Server) bool) error {
	return await(ctx, groupWithin, func(ctx context.Context) error {
		now, err := s.Master(ctx)
		if err == nil && !will(now) {
			err = fmt.Errorf("redistest: %s is still the master", now.Addr())
		}
		return err
	})
}

// Failover has the sentinels make a replica the master while the master is well, and waits until they have.
func (s *Sentinel) Failover(ctx context.Context) error {
	before, err := s.Master(ctx)
	if err != nil {
		return err
	}
	// Refused while the one before is not over.
	err = await(ctx, groupWithin, func(ctx context.Context) error {
		return s.sentinels[0].do(ctx, "SENTINEL", "FAILOVER", SentinelName)
	})
	if err != nil {
		return err
	}
	return s.AwaitMaster(ctx, func(now *Server) bool { return now != before })
}

package redisstore

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/profilegate/profilegate/core/fault"
)

// topologyAge is after how long the driver reads again which master serves which slots, whatever it hears meanwhile.
const topologyAge = 5 * time.Second

// connect makes the driver's client. Nothing is sent yet.
func connect(o *Options, from *origins) redis.UniversalClient {
	switch o.Mode {
	case Sentinel:
		opt := o.driver().Failover()
		opt.OnConnect = from.onConnect("")
		rdb := redis.NewFailoverClient(opt)
		rdb.AddHook(dialHook{})
		rdb.AddHook(routeHook{})
		return rdb
	case Cluster:
		opt := o.driver().Cluster()
		opt.MaxRedirects = -1 // one attempt, without redirection: see redirectHook
		opt.DisableRoutingPolicies = true
		opt.ClusterStateReloadInterval = topologyAge
		opt.NewClient = func(node *redis.Options) *redis.Client {
			node.OnConnect = from.onConnect(node.Addr)
			return redis.NewClient(node)
		}
		rdb := redis.NewClusterClient(opt)
		rdb.OnNewNode(func(node *redis.Client) {
			node.AddHook(dialHook{})
			node.AddHook(routeHook{node.Options().Addr})
		})
		rdb.AddHook(redirectHook{rdb})
		return rdb
	case Standalone:
	}
	opt := o.driver().Simple()
	opt.OnConnect = from.onConnect("")
	rdb := redis.NewClient(opt)
	rdb.AddHook(dialHook{})
	rdb.AddHook(routeHook{})
	return rdb
}

// driver gives the driver's options. The driver never tries anything again by itself: only this package knows which of its
// calls may be sent twice.
func (o *Options) driver() *redis.UniversalOptions {
	return &redis.UniversalOptions{
		Addrs:                 o.Addrs,
		MasterName:            o.MasterName,
		SentinelUsername:      o.SentinelUsername,
		SentinelPassword:      string(o.SentinelPassword),
		Username:              o.Username,
		Password:              string(o.Password),
		DB:                    o.DB,
		TLSConfig:             o.TLS,
		PoolSize:              o.PoolSize,
		Protocol:              2, // no push messages are used, and looking for them costs on every reply
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           o.CallTimeout,
		ReadTimeout:           o.CallTimeout,
		WriteTimeout:          o.CallTimeout,
		PoolTimeout:           o.CallTimeout,
		ContextTimeoutEnabled: true,
		// Servers before 7.2 answer both with an error on each new connection.
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// dialError marks the failures to connect, the TLS handshake included: nothing of a call has been sent then.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// dialHook puts the mark on.
type dialHook struct{}

func (dialHook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err != nil {
			return nil, &dialError{err: err}
		}
		return conn, nil
	}
}

func (dialHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (dialHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// maxRedirections bounds how often one attempt follows a server that names another.
const maxRedirections = 3

// redirectHook follows redirections (MOVED, ASK), and has the driver read the topology anew upon any other trouble with a server. The driver's own
// way to follow redirections is off, since it sends a command again upon broken connections as well.
type redirectHook struct{ rdb *redis.ClusterClient }

func (h redirectHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h redirectHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		for range maxRedirections {
			node, asking := redirection(ctx, h.rdb, err)
			if node == nil {
				break
			}
			err = sendTo(ctx, node, asking, cmd)
		}
		return err
	}
}

// ProcessPipelineHook leaves pipelines alone: this package sends them to the clients of single masters.
func (h redirectHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func sendTo(ctx context.Context, node *redis.Client, asking bool, cmd redis.Cmder) error {
	if !asking {
		return node.Process(ctx, cmd)
	}
	pipe := node.Pipeline()
	pipe.Do(ctx, "ASKING")
	_ = pipe.Process(ctx, cmd) // queues it
	_, err := pipe.Exec(ctx)
	return err
}

// redirection finds the server that an error names, or nil. Whatever the error tells about the topology is noted on the way: a server that cannot
// be reached, or one that is no master any more, may have been replaced.
func redirection(ctx context.Context, rdb *redis.ClusterClient, err error) (node *redis.Client, asking bool) {
	var answer redis.Error
	if !errors.As(err, &answer) {
		if err != nil && outcomeOf(err) != refused && ctx.Err() == nil {
			rdb.ReloadState(ctx)
		}
		return nil, false
	}
	words := strings.Fields(answer.Error())
	switch {
	case len(words) == 3 && words[0] == "MOVED":
		rdb.ReloadState(ctx)
		return nodeAt(ctx, rdb, words[2]), false
	case len(words) == 3 && words[0] == "ASK":
		return nodeAt(ctx, rdb, words[2]), true
	case len(words) > 0 && (words[0] == "READONLY" || words[0] == "CLUSTERDOWN"):
		rdb.ReloadState(ctx)
	}
	return nil, false
}

// nodeAt finds a master by its address. One that has no slots yet is not known; the slot that it is about to get is then served when it has it.
func nodeAt(ctx context.Context, rdb *redis.ClusterClient, addr string) *redis.Client {
	found := make(chan *redis.Client, 1)
	_ = rdb.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error { // nothing in it fails
		if node.Options().Addr == addr {
			select {
			case found <- node:
			default:
			}
		}
		return nil
	})
	select {
	case node := <-found:
		return node
	default:
		return nil
	}
}

// masterOf is the client of the one server that serves a key, as far as this node knows.
func (c *Client) masterOf(ctx context.Context, key string) (*redis.Client, error) {
	switch rdb := c.rdb.(type) {
	case *redis.Client:
		return rdb, nil
	case *redis.ClusterClient:
		return rdb.MasterForKey(ctx, key)
	}
	return nil, fault.Internalf("redis: no master behind a %T", c.rdb)
}

// masters are the clients of all masters.
func (c *Client) eachMaster(ctx context.Context, do func(ctx context.Context, master *redis.Client) error) error {
	if rdb, ok := c.rdb.(*redis.ClusterClient); ok {
		return rdb.ForEachMaster(ctx, do)
	}
	master, err := c.masterOf(ctx, "")
	if err != nil {
		return err
	}
	return do(ctx, master)
}

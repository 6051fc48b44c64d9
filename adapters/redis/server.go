package redisstore

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// listenCheck is how long the subscription may be silent before it is asked for a sign of life, and how long that may take.
const listenCheck = 3 * time.Second

var errSilent = errors.New("redis: the subscription is silent")

// server is one master that holds open tenants: the subscription to it, and what the background does for its tenants. In a Cluster there is one for
// each master, so that trouble with one is no trouble for the tenants of another. A tenant is subscribed to at its own master: that is where its
// commits are published, so that the message does not depend on the cluster's bus, whose losses nobody is told of.
type server struct {
	c     *Client
	rdb   *redis.Client
	addr  string
	queue queue

	mu       sync.Mutex
	channels map[string]*Tenant // in a Cluster; elsewhere all tenants share one channel
	fresh    []string           // channels to be subscribed to
	gone     []string           // channels to be left

	silentTill atomic.Int64 // Unix nanoseconds: until then it is not worth a try

	changed chan struct{} // holds one: fresh or gone is not empty
	ctx     context.Context
	stop    context.CancelFunc
}

func newServer(c *Client, rdb *redis.Client) *server {
	s := &server{c: c, rdb: rdb, addr: rdb.Options().Addr, queue: newQueue(), channels: map[string]*Tenant{}, changed: make(chan struct{}, 1)}
	s.ctx, s.stop = context.WithCancel(c.ctx)
	return s
}

// add takes a tenant over. Its subscription follows soon; with it the tenant is looked at again.
func (s *server) add(t *Tenant) {
	if !s.c.clustered() {
		return
	}
	s.mu.Lock()
	s.channels[t.channel] = t
	s.fresh = append(s.fresh, t.channel)
	s.mu.Unlock()
	s.nudge()
}

// remove gives a tenant up.
func (s *server) remove(t *Tenant) {
	s.mu.Lock()
	if s.channels[t.channel] == t {
		delete(s.channels, t.channel)
		s.gone = append(s.gone, t.channel)
	}
	s.mu.Unlock()
	s.nudge()
}

func (s *server) nudge() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// fellSilent notes that a call was not answered.
func (s *server) fellSilent() { s.silentTill.Store(time.Now().Add(listenCheck).UnixNano()) }

// silent says that a call was not answered a moment ago.
func (s *server) silent() bool { return time.Now().UnixNano() < s.silentTill.Load() }

// idle says that nobody needs this server.
func (s *server) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.channels) == 0 && s.queue.empty()
}

// subscribed gives all channels to subscribe to anew.
func (s *server) subscribed() []string {
	if !s.c.clustered() {
		return []string{wakeChannel(s.c.opt.Prefix, "")}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh, s.gone = nil, nil
	names := make([]string, 0, len(s.channels))
	for name := range s.channels {
		names = append(names, name)
	}
	return names
}

// differences takes what has to change in the subscription.
func (s *server) differences() (fresh, gone []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh, gone = s.fresh, s.gone
	s.fresh, s.gone = nil, nil
	return fresh, gone
}

// concerned are the tenants of a channel.
func (s *server) concerned(channel string) []*Tenant {
	if !s.c.clustered() {
		return s.c.open()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.channels[channel]; t != nil {
		return []*Tenant{t}
	}
	return nil
}

// listen keeps the one subscription to this server, for all its tenants.
func (s *server) listen() {
	for delay := firstDelay; s.ctx.Err() == nil; {
		heard, err := s.listenOnce()
		if s.ctx.Err() != nil {
			return
		}
		if heard {
			delay = firstDelay
		}
		s.c.noteTrouble(s.ctx, err)
		s.c.log.Warn("the subscription ended; subscribing again", "server", s.addr, "error", err)
		s.pauseFor(delay)
		delay = min(2*delay, mostDelay)
	}
}

// listenOnce subscribes and passes on what it hears until the connection fails.
func (s *server) listenOnce() (heard bool, err error) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	names := s.subscribed()
	for ; len(names) == 0; names = s.subscribed() {
		select {
		case <-s.changed:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	sub := s.rdb.Subscribe(ctx, names...) // an error shows when it is read
	var following sync.WaitGroup
	following.Go(func() { s.follow(ctx, sub) })
	defer following.Wait()
	defer cancel()
	for asked := false; ; {
		msg, err := sub.ReceiveTimeout(ctx, listenCheck)
		var timeout net.Error
		switch {
		case err == nil:
			asked, heard = false, true
			s.hear(msg)
		case errors.As(err, &timeout) && timeout.Timeout() && !asked:
			asked = true
			if err := sub.Ping(ctx); err != nil {
				return heard, err
			}
		case asked && errors.As(err, &timeout) && timeout.Timeout():
			return heard, errSilent
		default:
			return heard, err
		}
	}
}

// follow subscribes to what comes and leaves what goes, many channels in one command, and closes the subscription in the end, which ends its reading.
func (s *server) follow(ctx context.Context, sub *redis.PubSub) {
	defer func() { _ = sub.Close() }()
	for {
		select {
		case <-s.changed:
		case <-ctx.Done():
			return
		}
		fresh, gone := s.differences()
		// Trouble ends the reading as well, and then all is subscribed to anew.
		if len(gone) > 0 {
			_ = sub.Unsubscribe(ctx, gone...)
		}
		if len(fresh) > 0 {
			_ = sub.Subscribe(ctx, fresh...)
		}
	}
}

func (s *server) hear(msg any) {
	switch m := msg.(type) {
	case *redis.Subscription:
		if m.Kind != "subscribe" {
			return
		}
		// Whatever was published before this instant may have been missed.
		for _, t := range s.concerned(m.Channel) {
			t.hint.look()
			t.members.doubt()
			s.c.reports.add(t, taskRefresh)
		}
	case *redis.Message:
		s.c.heed(m.Payload)
	}
}

// pauseFor waits in the background, until this server is not needed any more.
func (s *server) pauseFor(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

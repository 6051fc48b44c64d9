package kuzzle

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/profilegate/profilegate/core"
)

const (
	// framePeriod and keptFrames are Kuzzle's defaults for stats.statsInterval and, as a number of frames, stats.ttl.
	framePeriod = 10 * time.Second
	keptFrames  = 360
)

// protocol is a way by which requests come.
type protocol int

const (
	protocolHTTP protocol = iota
	protocolWebSocket
	protocolMQTT
	protocols
)

var protocolNames = [protocols]string{"http", ProtocolWebSocket, ProtocolMQTT}

// tally counts by protocol.
type tally [protocols]int64

// frame is what happened in one period, and was the case at its end.
type frame struct {
	at                                      time.Time
	completed, failed, ongoing, connections tally
}

// statistics counts one tenant's requests on this node, as Kuzzle's does. Periods in which nothing came leave no frame.
type statistics struct {
	mu      sync.Mutex
	since   time.Time // when the period of current began; zero: nothing came yet
	current frame
	frames  []frame // the last ones, oldest first
}

// statisticsOf gives those of the context's tenant.
func (a *API) statisticsOf(ctx context.Context) (*statistics, func() time.Time, error) {
	t, err := core.TenantFrom(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s, ok := a.statistics.Load(t.Name()); ok {
		if s, ok := s.(*statistics); ok {
			return s, t.Now, nil
		}
	}
	s, _ := a.statistics.LoadOrStore(t.Name(), new(statistics))
	counted, _ := s.(*statistics)
	return counted, t.Now, nil
}

// meet counts a connection when it first says something.
func (a *API) meet(ctx context.Context, s *Session) {
	s.expiry.mu.Lock()
	defer s.expiry.mu.Unlock()
	if s.counted != nil || s.expiry.closed {
		return
	}
	if counted, _, err := a.statisticsOf(ctx); err == nil { // without a tenant nothing can be done for the request either
		s.counted = counted
		counted.connected(s.protocol(), 1)
	}
}

// protocol tells by which way a request came.
func (c *call) protocol() protocol {
	if c.session == nil {
		return protocolHTTP
	}
	return c.session.protocol()
}

func (s *Session) protocol() protocol {
	if s.Protocol == ProtocolMQTT {
		return protocolMQTT
	}
	return protocolWebSocket
}

func (s *statistics) began(p protocol, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	s.current.ongoing[p]++
}

func (s *statistics) ended(p protocol, succeeded bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	s.current.ongoing[p]--
	if succeeded {
		s.current.completed[p]++
	} else {
		s.current.failed[p]++
	}
}

func (s *statistics) connected(p protocol, change int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.connections[p] += change
}

// turn ends the period if it is over.
func (s *statistics) turn(now time.Time) {
	if s.since.IsZero() {
		s.since = now
	}
	if now.Sub(s.since) < framePeriod {
		return
	}
	done := s.current
	done.at = s.since.Add(framePeriod)
	s.frames = append(s.frames, done)
	if len(s.frames) > keptFrames {
		s.frames = slices.Delete(s.frames, 0, len(s.frames)-keptFrames)
	}
	s.since, s.current.completed, s.current.failed = now, tally{}, tally{}
}

// present is the period under way.
func (s *statistics) present(now time.Time) frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	f := s.current
	f.at = now
	return f
}

// last is the last period that is over, or else the one under way.
func (s *statistics) last(now time.Time) frame {
	f := s.present(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) > 0 {
		f = s.frames[len(s.frames)-1]
	}
	return f
}

// between gives the periods that ended from one time to another; a zero time is no bound. Where none is over yet it is the one under way.
func (s *statistics) between(from, to, now time.Time) []frame {
	if from.After(now) || from.Equal(now) {
		return nil
	}
	f := s.present(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) == 0 && !to.IsZero() && to.Before(now) {
		return nil
	}
	if len(s.frames) == 0 {
		return []frame{f}
	}
	var found []frame
	for _, f := range s.frames {
		if !f.at.Before(from) && (to.IsZero() || !f.at.After(to)) {
			found = append(found, f)
		}
	}
	return found
}

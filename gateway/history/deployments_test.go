package history

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// rests is how long nothing happens between two faults.
var rests = Span{300 * time.Millisecond, 1500 * time.Millisecond}

// takeovers is how long a master stays away: short enough that it comes back as the master, or long enough that another one took its place.
var takeovers = Span{time.Second, 7 * time.Second}

func onEmbedded(t *testing.T, lasts Span) *deployment {
	g := launched(t, "gateway-1", t.TempDir(), "")
	return &deployment{
		gateways: []*Gateway{g}, recorder: NewRecorder(),
		nemeses: []*Nemesis{{Name: "gateways", Faults: []Fault{Kills(g), Pauses(g)}, Rests: rests, Lasts: lasts}},
	}
}

func onStandalone(t *testing.T, lasts Span) *deployment {
	redis := redistest.Start(t, redistest.Durable()...)
	d := &deployment{recorder: NewRecorder()}
	var faults []Fault
	for n := range 3 {
		link := linked(t, redis.Addr())
		g := launched(t, fmt.Sprintf("gateway-%d", n+1), "", "redis://"+link.Addr()+"/0")
		d.gateways = append(d.gateways, g)
		faults = append(faults, Kills(g), Pauses(g), Stalls(g, link, d.recorder), Cuts(g, link), Slows(g, link, 30*time.Millisecond))
	}
	d.nemeses = []*Nemesis{
		{Name: "gateways", Faults: faults, Rests: rests, Lasts: lasts},
		{Name: "redis", Faults: []Fault{redisKilled(redis), redisPaused(redis)}, Rests: rests, Lasts: lasts},
	}
	return d
}

func redisKilled(s *redistest.Server) Fault {
	return Fault{
		Name:   "kill -9 redis at " + s.Addr(),
		Strike: func(context.Context) error { return s.Kill() },
		Heal:   s.Start,
	}
}

func redisPaused(s *redistest.Server) Fault {
	return Fault{
		Name:   "SIGSTOP redis at " + s.Addr(),
		Strike: func(context.Context) error { return s.Freeze() },
		Heal:   func(context.Context) error { return s.Thaw() },
	}
}

// onGroup starts three gateways on servers that take each other's place. All replicas confirm each write, so that no failover loses one.
func onGroup(t *testing.T, lasts Span, url string, replicas int, group []Fault) *deployment {
	d := &deployment{recorder: NewRecorder()}
	var faults []Fault
	for n := range 3 {
		g := launched(t, fmt.Sprintf("gateway-%d", n+1), "", url,
			"PROFILEGATE_STORE_REDIS_FENCE=replicas", fmt.Sprintf("PROFILEGATE_STORE_REDIS_REPLICAS=%d", replicas))
		d.gateways = append(d.gateways, g)
		faults = append(faults, Kills(g), Pauses(g))
	}
	d.nemeses = []*Nemesis{
		{Name: "gateways", Faults: faults, Rests: rests, Lasts: lasts},
		{Name: "redis", Faults: group, Rests: rests, Lasts: takeovers},
	}
	return d
}

// tenantKey is a key of the tenant's, which says which master serves it.
const tenantKey = "pg:{one}:head"

func onCluster(t *testing.T, lasts Span) *deployment {
	c, err := redistest.LaunchCluster(t.Context(), t.TempDir(), redistest.Durable()...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Stop()) })
	owner := func(ctx context.Context) (*redistest.Server, error) { return c.Owner(ctx, tenantKey) }
	replica := func(ctx context.Context) (*redistest.Server, error) {
		master, err := owner(ctx)
		if err != nil {
			return nil, err
		}
		return c.ReplicaOf(ctx, master)
	}
	return onGroup(t, lasts, "redis+cluster://"+strings.Join(c.Addrs()[:3], ","), 1, []Fault{
		serverKilled("master", owner, c.Revive), serverPaused("master", owner, c.Revive),
		serverKilled("replica", replica, c.Revive), serverPaused("replica", replica, c.Revive),
		{Name: "fail the master over", Strike: func(ctx context.Context) error { return c.Failover(ctx, tenantKey) }, Heal: c.AwaitReady},
	})
}

func onSentinel(t *testing.T, lasts Span) *deployment {
	s, err := redistest.LaunchSentinel(t.Context(), t.TempDir(), append(redistest.Durable(), "min-replicas-to-write 1")...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	replica := func(ctx context.Context) (*redistest.Server, error) {
		master, err := s.Master(ctx)
		for _, server := range s.Servers() {
			if server != master {
				return server, err
			}
		}
		return nil, err
	}
	first := func(context.Context) (*redistest.Server, error) { return s.Sentinels()[0], nil }
	return onGroup(t, lasts, "redis+sentinel://"+strings.Join(s.Addrs(), ",")+"/"+redistest.SentinelName+"/0", 2, []Fault{
		serverKilled("master", s.Master, s.Revive), serverPaused("master", s.Master, s.Revive),
		serverKilled("replica", replica, s.Revive), serverKilled("sentinel", first, s.Revive),
		{Name: "fail the master over", Strike: s.Failover, Heal: s.AwaitReady},
	})
}

// serverKilled is the fault of a server that is whoever it is when the fault strikes.
func serverKilled(what string, who func(context.Context) (*redistest.Server, error), revive func(context.Context) error) Fault {
	return Fault{Name: "kill -9 the " + what, Heal: revive, Strike: func(ctx context.Context) error {
		s, err := who(ctx)
		if err != nil {
			return err
		}
		return s.Kill()
	}}
}

func serverPaused(what string, who func(context.Context) (*redistest.Server, error), revive func(context.Context) error) Fault {
	return Fault{Name: "SIGSTOP the " + what, Heal: revive, Strike: func(ctx context.Context) error {
		s, err := who(ctx)
		if err != nil {
			return err
		}
		return s.Freeze()
	}}
}

package history

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/gateway/conformance"
)

// plantedBinary is a gateway in which bugs can be switched on.
var plantedBinary = sync.OnceValues(func() (string, error) { return compile("profilegate-planted", "-tags", "planted") })

// TestPlantedBugsAreReported plays, for each promise, a scene in which a gateway with a bug breaks it, and one without the bug keeps it. Both
// gateways come from one binary, so that the switch is all that differs.
func TestPlantedBugsAreReported(t *testing.T) {
	scenes := []struct {
		bug   planted.Bug
		want  Promise
		scene func(t *testing.T, bug planted.Bug) History
	}{
		{planted.NoAbsent, OneCreator, sceneTwoCreators},
		{planted.NoVersion, NoLostUpdate, sceneTwoUpdates},
		{planted.NoReferences, NoDangling, sceneRoleGoes},
	}
	for _, s := range scenes {
		t.Run(string(s.bug), func(t *testing.T) {
			for _, bug := range []planted.Bug{"none", s.bug} {
				t.Run(string(bug), func(t *testing.T) {
					t.Parallel()
					h, got := played(t, s.scene, bug, s.want)
					if bug == "none" {
						require.Empty(t, got.Broken(), "%s%s", got, lines(h))
					} else {
						require.Contains(t, got.Broken(), s.want, "%s%s", got, lines(h))
					}
				})
			}
		})
	}
}

// tries is how often a scene is played until a bug shows. On a machine that stands still for a moment, a gateway hears of a write in time after all.
const tries = 5

// played plays a scene, and again if its bug does not show.
func played(t *testing.T, scene func(*testing.T, planted.Bug) History, bug planted.Bug, want Promise) (h History, got Report) {
	for range tries {
		h = scene(t, bug)
		got = Check(h, Options{Patience: time.Minute, Lease: sceneLease})
		if bug == "none" || slices.Contains(got.Broken(), want) {
			break
		}
	}
	return h, got
}

// lines prints a history.
type lines History

func (l lines) String() string {
	text := ""
	for i := range l.Operations {
		text += "\n" + l.Operations[i].String()
	}
	return text
}

// sceneLease is longer than any scene but the one about leases keeps a node from its store.
const sceneLease = 20 * time.Second

// stage is two gateways over one Redis, each with a link of its own, and a client at each.
type stage struct {
	t        *testing.T
	redis    *redistest.Server
	recorder *Recorder
	gateways [2]*Gateway
	links    [2]*Link
	clients  [2]Client
}

func onStage(t *testing.T, bug planted.Bug, env ...string) *stage {
	t.Helper()
	s := &stage{t: t, redis: redistest.Start(t, redistest.Durable()...), recorder: NewRecorder()}
	for i, name := range []string{"one", "two"} {
		s.links[i] = linked(t, s.redis.Addr())
		s.gateways[i] = plantedGateway(t, name, s.links[i], bug, env...)
		s.clients[i] = newKuzzleHTTP(s.gateways[i].Addresses)
		t.Cleanup(s.clients[i].Close)
	}
	return s
}

func plantedGateway(t *testing.T, name string, link *Link, bug planted.Bug, env ...string) *Gateway {
	t.Helper()
	binary, err := plantedBinary()
	require.NoError(t, err)
	g := NewGateway(name, conformance.Launch{
		Binary: binary, Config: "testdata/gateway.yaml", Store: "redis://" + link.Addr() + "/0",
		Env: append([]string{"PROFILEGATE_PLANTED=" + string(bug), "PROFILEGATE_WAIT_LEASE=20s", "PROFILEGATE_WAIT_TIMEOUT=25s"}, env...),
	}, t.TempDir())
	require.NoError(t, g.Start(starting(t)))
	t.Cleanup(func() { require.NoError(t, g.Kill()) })
	return g
}

// do has the client at a gateway carry an operation out.
func (s *stage) do(at int, o Operation) Operation {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	o.Node, o.Client = s.gateways[at].Name, s.clients[at].Name()+" at "+s.gateways[at].Name
	return s.recorder.Do(o, func(o *Operation) Answer { return s.clients[at].Do(ctx, o) })
}

// must is do for what has to be acknowledged for the scene to make sense.
func (s *stage) must(at int, o Operation) Operation {
	s.t.Helper()
	o = s.do(at, o)
	require.Equal(s.t, OK, o.Answer.Result, "%s", &o)
	return o
}

// profile and role are what scenes are about.
const (
	theProfile = Key(Policy + "/p")
	theRole    = Key(Role + "/r")
)

// behind has the second gateway learn of everything half a second late.
func (s *stage) behind() { s.links[1].Delay(500 * time.Millisecond) }

// later lets the second gateway catch up.
func (s *stage) later() { s.links[1].Restore() }

// finals reads the records at both gateways.
func (s *stage) finals(keys ...Key) History {
	for at := range s.clients {
		for _, k := range keys {
			s.do(at, Operation{Kind: Get, Key: k, Role: theRole.ID(), Final: true})
		}
	}
	return s.recorder.History()
}

// sceneTwoCreators creates a profile at a gateway that has not heard of another's yet.
func sceneTwoCreators(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.behind()
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default"})
	s.do(1, Operation{Kind: Create, Key: theProfile, Role: "default"})
	return s.recorder.History()
}

// sceneTwoUpdates has an update on its way while another is made.
func sceneTwoUpdates(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default", Wait: true})
	s.behind()
	var updating sync.WaitGroup
	updating.Go(func() { s.do(1, Operation{Kind: Update, Key: theProfile}) })
	<-time.After(200 * time.Millisecond) // it is on the slow link for another 300 ms; were it not, the scene would show nothing
	s.must(0, Operation{Kind: Update, Key: theProfile})
	updating.Wait()
	return s.recorder.History()
}

// sceneRoleGoes gives a profile a role of whose deletion the gateway has not heard yet.
func sceneRoleGoes(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.must(0, Operation{Kind: Create, Key: theRole, Wait: true})
	s.behind()
	s.must(0, Operation{Kind: Delete, Key: theRole})
	s.do(1, Operation{Kind: Create, Key: theProfile, Role: theRole.ID()})
	s.later()
	return s.finals(theProfile, theRole)
}

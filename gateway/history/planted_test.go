package history

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
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
		scene scene
	}{
		{planted.StaleRead, Linearizable, sceneStaleRead},
		{planted.NoBarrier, WaitFor, sceneNoBarrier},
		{planted.NoAbsent, OneCreator, sceneTwoCreators},
		{planted.NoVersion, NoLostUpdate, sceneTwoUpdates},
		{planted.NoReferences, NoDangling, sceneRoleGoes},
		{planted.OldRevision, Revisions, sceneTwoWrites},
		{planted.SkipReplicas, NothingLost, sceneFailover},
		{planted.NoLease, Lease, sceneCutOff},
		{planted.NumbersOnly, OneHistory, sceneRestore},
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
func played(t *testing.T, play scene, bug planted.Bug, want Promise) (h History, got Report) {
	for range tries {
		h = play(t, bug)
		got = Check(h, Options{Patience: time.Minute, Lease: cutOffLease})
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

// scene is what happens, with a bug switched on, and what clients saw of it.
type scene func(t *testing.T, bug planted.Bug) History

// stage is two gateways over one Redis, each with a link of its own, and a client at each.
type stage struct {
	t        *testing.T
	redis    *redistest.Server
	recorder *Recorder
	env      []string
	gateways []*Gateway
	links    []*Link
	clients  []Client
}

// onStage starts two gateways whose leases and waits are longer than a scene keeps a node from hearing of something.
func onStage(t *testing.T, bug planted.Bug, env ...string) *stage {
	t.Helper()
	s := &stage{t: t, redis: redistest.Start(t, redistest.Durable()...), recorder: NewRecorder()}
	env = append([]string{"PROFILEGATE_WAIT_LEASE=20s", "PROFILEGATE_WAIT_TIMEOUT=25s"}, env...)
	s.env = append(env, "PROFILEGATE_PLANTED="+string(bug))
	s.enter("one")
	s.enter("two")
	return s
}

// enter starts one more gateway.
func (s *stage) enter(name string) {
	s.t.Helper()
	link := linked(s.t, s.redis.Addr())
	g := plantedGateway(s.t, name, link, s.env...)
	c := newKuzzleHTTP(g.Addresses)
	s.t.Cleanup(c.Close)
	s.links, s.gateways, s.clients = append(s.links, link), append(s.gateways, g), append(s.clients, c)
}

func plantedGateway(t *testing.T, name string, link *Link, env ...string) *Gateway {
	t.Helper()
	binary, err := plantedBinary()
	require.NoError(t, err)
	g := NewGateway(name, conformance.Launch{
		Binary: binary, Config: "testdata/gateway.yaml", Store: "redis://" + link.Addr() + "/0",
		Env: env,
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

func search() Operation { return Operation{Kind: Search, Role: "default", Watch: []Key{theProfile}} }

// behind has the second gateway learn of everything half a second late.
func (s *stage) behind() { s.links[1].Delay(500 * time.Millisecond) }

// later lets the second gateway catch up.
func (s *stage) later() { s.links[1].Restore() }

// finals reads the records at all gateways, until they are answered.
func (s *stage) finals(keys ...Key) History {
	s.t.Helper()
	for at := range s.clients {
		for _, k := range keys {
			answered := func() bool {
				o := s.do(at, Operation{Kind: Get, Key: k, Role: theRole.ID(), Final: true})
				return o.Answer.Result == OK || o.Answer.Result == Missing
			}
			require.Eventually(s.t, answered, time.Minute, 50*time.Millisecond, "%s at %s", k, s.gateways[at].Name)
		}
	}
	return s.recorder.History()
}

// sceneStaleRead reads at a gateway that has not heard of a write yet.
func sceneStaleRead(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.behind()
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default"})
	s.do(1, Operation{Kind: Get, Key: theProfile})
	return s.recorder.History()
}

// sceneNoBarrier searches at a gateway that has not heard of a write yet, though the writer waited for it.
func sceneNoBarrier(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.behind()
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default", Wait: true})
	s.do(1, search())
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

// sceneTwoWrites writes at two gateways, the second of which has not heard of the first's yet.
func sceneTwoWrites(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.behind()
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default"})
	s.must(1, Operation{Kind: Create, Key: theProfile + "2", Role: "default"})
	return s.recorder.History()
}

// following starts a server that follows another at an address, and waits until it has all that one has.
func (s *stage) following(address string) *redistest.Server {
	s.t.Helper()
	host, port, _ := strings.Cut(address, ":")
	replica := redistest.Start(s.t, append(redistest.Durable(), "repl-diskless-sync-delay 0", "replicaof "+host+" "+port)...)
	s.await(func(ctx context.Context, rdb *redis.Client) bool {
		return strings.Contains(rdb.Info(ctx, "replication").Val(), "master_link_status:up")
	}, replica)
	return replica
}

// await asks a server until it answers as it should.
func (s *stage) await(well func(context.Context, *redis.Client) bool, server *redistest.Server) {
	s.t.Helper()
	rdb := server.Client()
	defer rdb.Close()
	require.Eventually(s.t, func() bool { return well(s.t.Context(), rdb) }, time.Minute, 10*time.Millisecond)
}

// promote makes a replica the master.
func (s *stage) promote(replica *redistest.Server) {
	s.t.Helper()
	s.await(func(ctx context.Context, rdb *redis.Client) bool { return rdb.ReplicaOf(ctx, "NO", "ONE").Err() == nil }, replica)
}

// moveTo leads all gateways to another server.
func (s *stage) moveTo(server *redistest.Server) {
	s.redis = server
	for _, k := range s.links {
		k.Redirect(server.Addr())
	}
}

// sceneFailover loses a master from which its replica was cut off while a profile was written.
func sceneFailover(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug, "PROFILEGATE_STORE_REDIS_FENCE=none")
	replication := linked(t, s.redis.Addr())
	replica := s.following(replication.Addr())
	for _, g := range s.gateways { // with a fence nothing is written before there is a replica
		require.NoError(t, g.Kill())
		g.launch.Env = append(g.launch.Env, "PROFILEGATE_STORE_REDIS_FENCE=replicas", "PROFILEGATE_STORE_REDIS_REPLICAS=1",
			"PROFILEGATE_STORE_REDIS_RETRY_FOR=2s", "PROFILEGATE_STORE_REDIS_CALL_TIMEOUT=1s")
		require.NoError(t, g.Start(starting(t)))
	}
	replication.Stall()
	s.do(0, Operation{Kind: Create, Key: theProfile, Role: "default"})
	require.NoError(t, s.redis.Kill())
	s.promote(replica)
	s.following(replica.Addr())
	s.moveTo(replica)
	return s.finals(theProfile)
}

// cutOffLease is that of the gateways whose connections are lost for longer.
const cutOffLease = 2 * time.Second

// sceneCutOff searches at a gateway that has lost its store for longer than its lease, while another writes.
func sceneCutOff(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug, "PROFILEGATE_WAIT_LEASE=2s", "PROFILEGATE_WAIT_TIMEOUT=20s")
	s.links[1].Stall()
	over := s.recorder.CutOff(s.gateways[1].Name)
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default", Wait: true})
	<-time.After(cutOffLease + 200*time.Millisecond)
	s.do(1, search())
	over()
	s.later()
	return s.finals(theProfile)
}

// sceneRestore goes back to a state without the last write, and then beyond its number. What the nodes tell after that is compared, a new node's
// among them.
func sceneRestore(t *testing.T, bug planted.Bug) History {
	s := onStage(t, bug)
	s.must(0, Operation{Kind: Create, Key: theProfile, Role: "default", Wait: true})
	backup := s.following(s.redis.Addr())
	s.promote(backup)
	lost := theProfile + "-lost"
	s.must(0, Operation{Kind: Create, Key: lost, Role: "default", Wait: true})
	s.recorder = NewRecorder() // what came before is not promised any more
	s.moveTo(backup)
	for n, key := range []Key{theProfile + "-1", theProfile + "-2", theProfile + "-3"} {
		wrote := func() bool {
			return s.do(n%2, Operation{Kind: Create, Key: key, Role: "default"}).Answer.Result != Refused
		}
		require.Eventually(t, wrote, time.Minute, 50*time.Millisecond)
	}
	s.enter("three")
	return s.finals(lost, theProfile+"-1", theProfile+"-2", theProfile+"-3")
}

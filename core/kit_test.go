package core_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const soon = 10 * time.Second // what must happen happens long before

var (
	plain   = jsonvalue.Object(jsonvalue.Member{Name: "policies", Value: jsonvalue.Array()})
	anyRole = `{"controllers":{"*":{"actions":{"*":true}}}}`
	heat    = `{"type":"os.heat.stack","version":"1.0","properties":{"template":{"a":1}}}`
	nova    = `{"type":"os.nova.server","version":"1.0","properties":{"flavor":"f","networks":[]}}`
)

func both() *core.Options { return &core.Options{Policies: true, Specs: true} }

// open opens a tenant for the length of the test; nil options: both styles.
func open(t testing.TB, st store.Store, o *core.Options) *core.Tenant {
	t.Helper()
	if o == nil {
		o = both()
	}
	tenant, err := core.Open(context.Background(), "test", st, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	return tenant
}

// nodes opens one tenant on several nodes.
func nodes(t testing.TB, n int) (*storetest.Memory, []*core.Tenant) {
	t.Helper()
	mem := storetest.NewMemory()
	ts := make([]*core.Tenant, n)
	for i := range ts {
		ts[i] = open(t, mem.Share(), nil)
	}
	return mem, ts
}

func anonymous(t testing.TB, tenant *core.Tenant) core.Caller {
	t.Helper()
	c, err := tenant.Authorize(context.Background(), access.Actor{User: access.AnonymousUser}, access.Request{Controller: "security", Action: "createProfile"})
	require.NoError(t, err)
	return c
}

func member(t testing.TB, tenant *core.Tenant, project string, roles ...string) core.Caller {
	t.Helper()
	c, err := tenant.Member(access.Actor{User: "user-" + project, Project: project, Roles: roles})
	require.NoError(t, err)
	return c
}

func value(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err)
	return v
}

// requireFault asks for a fault of this kind and code and returns what it says.
func requireFault(t testing.TB, err error, kind fault.Kind, code fault.Code) fault.Error {
	t.Helper()
	f, ok := err.(*fault.Error) //nolint:errorlint // what crosses the core's edge is a fault itself
	require.True(t, ok, "no fault: %v", err)
	require.Equal(t, code, f.Code, "%v", err)
	require.Equal(t, kind, f.Kind)
	return *f
}

// commit writes past the core, as another node of another version might.
func commit(t testing.TB, st store.Store, changes ...store.Change) store.Head {
	t.Helper()
	e, err := st.Commit(context.Background(), store.Commit{ID: uuid.New(), Changes: changes})
	require.NoError(t, err)
	return e.Head
}

func records(t testing.TB, st store.Store) map[store.Key]store.Record {
	t.Helper()
	all := map[store.Key]store.Record{}
	_, rs := st.Snapshot(context.Background())
	for r, err := range rs {
		require.NoError(t, err)
		all[r.Key] = r
	}
	return all
}

// lagging is a store whose log can be held back, so that a node's view stays behind.
type lagging struct {
	store.Store
	slowly bool // one event at a time

	mu    sync.Mutex
	free  chan struct{} // closed while not held
	heads int
	asked chan struct{} // closed and replaced when the head is asked for
}

func newLagging(inner store.Store) *lagging {
	l := &lagging{Store: inner, free: make(chan struct{}), asked: make(chan struct{})}
	close(l.free)
	return l
}

// hold keeps all events back until the returned function is called.
func (l *lagging) hold() (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := make(chan struct{})
	l.free = free
	return sync.OnceFunc(func() { close(free) })
}

func (l *lagging) Events(ctx context.Context, after store.Head, limit int) ([]store.Event, error) {
	if l.slowly {
		limit = 1
	}
	for {
		events, err := l.Store.Events(ctx, after, limit)
		l.mu.Lock()
		free := l.free
		l.mu.Unlock()
		select {
		case <-free:
			return events, err
		default:
		}
		// What was read before the hold is over is read again: the log may have been trimmed meanwhile.
		select {
		case <-free:
		case <-ctx.Done():
			return nil, fault.As(ctx.Err())
		}
	}
}

func (l *lagging) Head(ctx context.Context) (store.Head, error) {
	h, err := l.Store.Head(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heads++
	close(l.asked)
	l.asked = make(chan struct{})
	return h, err
}

// nextHead is closed when the head is asked for the next time.
func (l *lagging) nextHead() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// call runs f aside and gives its outcome.
func call[T any](f func() (T, error)) <-chan outcome[T] {
	c := make(chan outcome[T], 1)
	go func() {
		v, err := f()
		c <- outcome[T]{v, err}
	}()
	return c
}

type outcome[T any] struct {
	value T
	err   error
}

func await[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(soon):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// number is a revision of which no more than the number is known.
func number(t testing.TB, n uint64) core.Revision {
	t.Helper()
	r, err := core.ParseRevision(strconv.FormatUint(n, 10))
	require.NoError(t, err)
	return r
}

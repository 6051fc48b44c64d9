package core

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/specdoc"
	"github.com/profilegate/profilegate/core/spectype"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Tenant is one tenant: its records, its view of them, and what may be done with them. Its methods may be called from many goroutines.
type Tenant struct {
	name      string
	store     store.Store
	barrier   store.Barrier // nil: this node is the only one
	near      store.Near    // nil: the head is far
	past      store.Past    // nil: the store does not tell
	view      *view.View
	reads     readIndex
	passwords *identity.Hasher
	scrolls   scrolls
	options   Options
	log       *slog.Logger

	searchMappings searchMappings

	doubts    doubts
	counts    counts
	following atomic.Pointer[fault.Error] // why the view does not follow the log at the moment; nil: it does
	astray    atomic.Bool                 // the view is of a history that the store has no more
	inVain    atomic.Int64                // until when nobody asks the store because the lease is lost, in nanoseconds since 1970
	stop      context.CancelFunc
	stopped   sync.WaitGroup
}

// Options says what a tenant is like. The zero value is usable.
type Options struct {
	Policies    bool               // policy profiles live here: keep Kuzzle's default roles and profiles
	Specs       bool               // spec profiles live here
	UniqueNames bool               // a project has one spec profile of a name at most, as with Senlin's option name_unique
	SpecForm    specdoc.Form       // how documents of spec profiles are written, where a dialect leaves it to the tenant
	Types       *spectype.Registry // the spec types; nil: the built-in ones
	Actions     access.Actions     // what roles may name; nil: nothing but "*"
	WaitTimeout time.Duration      // how long Confirm waits; 0: 3 s
	ContendFor  time.Duration      // how long a write is tried anew while others change the same records; 0: 5 s
	Now         func() time.Time   // nil: time.Now
	NewID       func() uuid.UUID   // ids of spec profiles and commits; nil: random ones
	Log         *slog.Logger       // nil: discarded
	Passwords   *identity.Hasher   // computes password hashes; nil: one of the tenant's own
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Types == nil {
		d.Types = spectype.NewBuiltin()
	}
	if d.WaitTimeout == 0 {
		d.WaitTimeout = 3 * time.Second
	}
	if d.ContendFor == 0 {
		d.ContendFor = 5 * time.Second
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.NewID == nil {
		d.NewID = uuid.New
	}
	if d.Passwords == nil {
		d.Passwords = identity.NewHasher(0)
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return d
}

// Open loads the tenant's records from its store and follows them from then on. It returns once the view is complete and the default roles
// and profiles exist, or with the fault that kept it from that. The tenant owns the store: Close closes it.
func Open(ctx context.Context, name string, st store.Store, o *Options) (*Tenant, error) {
	t := &Tenant{name: name, store: st, options: o.withDefaults()}
	t.passwords = t.options.Passwords
	t.log = t.options.Log.With("tenant", name)
	t.barrier, _ = st.(store.Barrier)
	t.near, _ = st.(store.Near)
	t.past, _ = st.(store.Past)
	t.view = view.New(t.advanced)
	t.reads.ask = st.Head
	if err := t.load(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	following, stop := context.WithCancel(context.Background())
	t.stop = stop
	t.stopped.Go(func() { t.follow(following) })
	if err := t.seed(ctx); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Close stops following the log and closes the store. Calls under way end with Unavailable. What this node has can still be read locally.
func (t *Tenant) Close() error {
	t.stop()
	t.view.Close()
	t.scrolls.close()
	err := t.store.Close()
	t.stopped.Wait()
	return err
}

// Name is the tenant's name in the configuration.
func (t *Tenant) Name() string { return t.name }

// HasSpecs tells whether spec profiles live here.
func (t *Tenant) HasSpecs() bool { return t.options.Specs }

// HasPolicies tells whether policy profiles live here.
func (t *Tenant) HasPolicies() bool { return t.options.Policies }

// SpecForm is how documents of the tenant's spec profiles are written.
func (t *Tenant) SpecForm() specdoc.Form { return t.options.SpecForm }

// Types are the tenant's spec types.
func (t *Tenant) Types() *spectype.Registry { return t.options.Types }

// Revision is the newest revision that this node's view has.
func (t *Tenant) Revision() uint64 { return t.view.Revision() }

// Now is the tenant's clock.
func (t *Tenant) Now() time.Time { return t.options.Now() }

// Ready tells why the tenant cannot be served at the moment, or nil.
func (t *Tenant) Ready() error {
	if f := t.following.Load(); f != nil {
		return f
	}
	return t.leaseState()
}

// advanced hears of each new head of the view.
func (t *Tenant) advanced(h store.Head) {
	if t.barrier != nil {
		t.barrier.Applied(h)
	}
}

type tenantKey struct{}

// WithTenant puts the tenant into a request's context: this is how adapters, which serve many tenants, get theirs.
func WithTenant(ctx context.Context, t *Tenant) context.Context {
	return context.WithValue(ctx, tenantKey{}, t)
}

// TenantFrom returns the tenant that the gateway put into the context. A context without one is a bug in the gateway, told as such.
func TenantFrom(ctx context.Context) (*Tenant, error) {
	t, ok := ctx.Value(tenantKey{}).(*Tenant)
	if !ok {
		return nil, fault.Internalf("core: no tenant in the request's context")
	}
	return t, nil
}

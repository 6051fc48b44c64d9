package grpcapi

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// The tenants of every test server: each combination of styles.
const (
	both     = "both"
	specs    = "specs"
	policies = "policies"
)

// tokens are the callers that every tenant of a test server knows.
var tokens = map[string]access.Actor{
	"":        {User: access.AnonymousUser},
	"demo":    {User: "u1", Project: "p1", Roles: []string{"member"}, Profiles: []string{access.Admin}},
	"other":   {User: "u2", Project: "p2", Roles: []string{"member"}, Profiles: []string{access.Admin}},
	"nothing": {User: "u3", Profiles: []string{"no-such-profile"}},
	"member":  {User: "u4", Project: "p1", Profiles: []string{"no-such-profile"}},
}

type staticTokens map[string]access.Actor

func (s staticTokens) Authenticate(_ context.Context, token string) (access.Actor, error) {
	if token == "panic" {
		panic("a bug in an authenticator")
	}
	if actor, ok := s[token]; ok {
		return actor, nil
	}
	return access.Actor{}, &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid, Message: "The token is not valid."}
}

// server is an API on a loopback port with a connection to it.
type server struct {
	api     *API
	conn    *grpc.ClientConn
	client  profilegatev1.ProfileServiceClient
	address string
	tenants map[string]*core.Tenant
	log     *logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// setup says how a test server differs from the usual one.
type setup struct {
	only   string                 // the one tenant that is served
	stores map[string]store.Store // those of tenants; memory otherwise
	limits Limits
	wait   time.Duration // of wait_for, and for a revision that is asked for; long unless that is what is tested

	options func(*core.Options) // more of the tenants' options
}

func start(t testing.TB, s setup) *server {
	t.Helper()
	srv := &server{tenants: map[string]*core.Tenant{}, log: &logBuffer{}}
	for _, name := range []string{both, specs, policies} {
		if s.only == "" || s.only == name {
			srv.tenants[name] = openTenant(t, name, s.stores[name], s)
		}
	}
	srv.api = New(Options{
		Resolve: srv.resolve, Limits: s.limits,
		Log: slog.New(slog.NewTextHandler(srv.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv.address = l.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := srv.api.Serve(l); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	srv.conn = dial(t, srv.address)
	srv.client = profilegatev1.NewProfileServiceClient(srv.conn)
	t.Cleanup(func() {
		require.NoError(t, srv.conn.Close())
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, srv.api.Shutdown(ctx))
		serving.Wait()
	})
	return srv
}

func openTenant(t testing.TB, name string, st store.Store, s setup) *core.Tenant {
	t.Helper()
	options := &core.Options{Specs: name != policies, Policies: name != specs, WaitTimeout: time.Minute}
	if s.wait != 0 {
		options.WaitTimeout = s.wait
	}
	if s.options != nil {
		s.options(options)
	}
	if st == nil {
		st = storetest.NewMemory()
	}
	tenant, err := core.Open(t.Context(), name, st, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	return tenant
}

func dial(t testing.TB, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	return conn
}

func (s *server) resolve(_ context.Context, name string) (*core.Tenant, Authenticator, error) {
	if name == "" && len(s.tenants) == 1 {
		for only := range s.tenants {
			name = only
		}
	}
	if name == "" {
		return nil, nil, fault.MissingArgument("x-profilegate-tenant")
	}
	tenant, ok := s.tenants[name]
	if !ok {
		return nil, nil, fault.NotFoundf(fault.CodeTenantNotFound, fault.Subject{Kind: "tenant", ID: name}, "There is no tenant %q here.", name)
	}
	return tenant, staticTokens(tokens), nil
}

// as is the context of a call to a tenant with a token; an empty token shows none.
func as(t testing.TB, tenant, token string) context.Context {
	pairs := []string{tenantKey, tenant}
	if token != "" {
		pairs = append(pairs, authorizationKey, "Bearer "+token)
	}
	return metadata.AppendToOutgoingContext(t.Context(), pairs...)
}

// refusal is what a client reads of an error.
type refusal struct {
	Code     codes.Code
	Reason   string
	Fields   []string // of BadRequest
	Metadata map[string]string
	Message  string
}

func refused(t testing.TB, err error) refusal {
	t.Helper()
	require.Error(t, err)
	return told(t, status.Convert(err))
}

func told(t testing.TB, s *status.Status) refusal {
	t.Helper()
	r := refusal{Code: s.Code(), Message: s.Message()}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			require.Equal(t, "profilegate", d.GetDomain())
			r.Reason, r.Metadata = d.GetReason(), d.GetMetadata()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				require.NotEmpty(t, v.GetDescription())
				require.Equal(t, r.Reason, v.GetReason())
				r.Fields = append(r.Fields, v.GetField())
			}
		default:
			t.Errorf("a detail that is not to be had: %T %v", d, d)
		}
	}
	return r
}

package grpcapi

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/jsonvalue"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// Authenticator finds out who calls. An empty token stands for none; whether the anonymous are let in is the authenticator's to say. Its
// errors are faults.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (access.Actor, error)
}

// Limits bounds what a client may ask for. A zero field is its default.
type Limits struct {
	MessageBytes int           // of one request; 1 MiB
	HeaderBytes  int           // of a call's metadata; 64 KiB
	JSONDepth    int           // of nesting in the JSON texts of a request; jsonvalue.DefaultMaxDepth
	Streams      int           // calls under way on one connection; 128
	CallTime     time.Duration // from the start of a request to the end of its answer, however slow the client is; 30 s
	Handshake    time.Duration // from a connection's start until it speaks HTTP/2; 5 s
	Idle         time.Duration // how long a connection may stay open without a call; without limit
}

func (l Limits) withDefaults() Limits {
	l.MessageBytes = positive(l.MessageBytes, 1<<20)
	l.HeaderBytes = positive(l.HeaderBytes, 64<<10)
	l.JSONDepth = positive(l.JSONDepth, jsonvalue.DefaultMaxDepth)
	l.Streams = positive(l.Streams, 128)
	l.CallTime = positive(l.CallTime, 30*time.Second)
	l.Handshake = positive(l.Handshake, 5*time.Second)
	return l
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// Keepalive: clients may ping as often as every minPing, with or without calls; more often ends the connection. A peer that says nothing
// for deadAfter is pinged, and is gone when it does not answer in pingTimeout.
const (
	minPing     = 10 * time.Second
	deadAfter   = time.Minute
	pingTimeout = 20 * time.Second
)

// callWorkers is how many goroutines wait for calls. A goroutine of its own for each call begins with a small stack and copies it several times
// while it grows; these have grown already. Calls beyond them get goroutines of their own.
const callWorkers = 32

// Options says how the API is served. Resolve is required.
type Options struct {
	// Resolve finds the tenant that a call names in its metadata, and what authenticates its callers. An empty name stands for none; a
	// listener with one tenant then means that one. Its errors are faults, and must not tell the names of other tenants.
	Resolve func(ctx context.Context, name string) (*core.Tenant, Authenticator, error)
	Limits  Limits
	Server  []grpc.ServerOption // more of them: TLS credentials, stats handlers for telemetry
	Log     *slog.Logger        // nil: discarded
}

// API serves the contract for the tenants that Resolve finds.
type API struct {
	server   *grpc.Server
	health   *health.Server
	options  Options
	log      *slog.Logger
	draining context.Context // ends when Shutdown begins
	drain    context.CancelFunc
}

// New builds the API. It is serving, as far as health tells, until SetServing or Shutdown says otherwise.
func New(o Options) *API {
	o.Limits = o.Limits.withDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{health: health.NewServer(), options: o, log: o.Log.With("dialect", "grpc", "transport", "grpc")}
	a.draining, a.drain = context.WithCancel(context.Background())
	a.server = grpc.NewServer(append(a.serverOptions(), o.Server...)...)
	a.server.RegisterService(decoding(&profilegatev1.ProfileService_ServiceDesc), &profiles{depth: o.Limits.JSONDepth})
	healthpb.RegisterHealthServer(a.server, a.health)
	reflection.Register(a.server)
	a.SetServing(true)
	return a
}

func (a *API) serverOptions() []grpc.ServerOption {
	l := a.options.Limits
	recovered := recovery.WithRecoveryHandlerContext(a.recovered)
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(recovery.UnaryServerInterceptor(recovered), a.call),
		grpc.ChainStreamInterceptor(recovery.StreamServerInterceptor(recovered)),
		grpc.InTapHandle(a.bound),
		grpc.ForceServerCodecV2(noting{encoding.GetCodecV2(proto.Name)}),
		grpc.MaxRecvMsgSize(l.MessageBytes),
		grpc.MaxHeaderListSize(uint32(l.HeaderBytes)),
		grpc.MaxConcurrentStreams(uint32(l.Streams)),
		grpc.NumStreamWorkers(callWorkers),
		grpc.ConnectionTimeout(l.Handshake),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: l.Idle, Time: deadAfter, Timeout: pingTimeout}),
	}
}

// SetServing says what health answers, for the server as a whole and for each service.
func (a *API) SetServing(serving bool) {
	s := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		s = healthpb.HealthCheckResponse_SERVING
	}
	a.health.SetServingStatus("", s)
	a.health.SetServingStatus(profilegatev1.ProfileService_ServiceDesc.ServiceName, s)
}

// Serve takes calls from the listener until Shutdown, and returns nil then. It closes the listener.
func (a *API) Serve(l net.Listener) error {
	if err := a.server.Serve(l); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// Shutdown takes no more calls, ends streams that have no end of their own, and lets calls under way finish. Those that have not finished
// when ctx ends are cut off; the error is the context's then.
func (a *API) Shutdown(ctx context.Context) error {
	a.health.Shutdown()
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.server.GracefulStop()
	}()
	a.drain()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		a.server.Stop()
		<-done
		return ctx.Err()
	}
}

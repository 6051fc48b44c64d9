package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/profilegate/profilegate/adapters/grpc"
	"github.com/profilegate/profilegate/adapters/rawjson"
	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
)

// boundListener is a listener that has its address.
type boundListener struct {
	net.Listener
	name     string
	protocol config.Protocol
	tenants  []config.Tenant
}

// bind binds a configured listener and puts behind it what its protocol asks for.
func (g *Gateway) bind(ctx context.Context, l config.Listener) (server, error) {
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", l.Address)
	if err != nil {
		return nil, err
	}
	bound := &boundListener{
		Listener: g.places(l.Protocol).over(socket),
		name:     l.Name, protocol: l.Protocol, tenants: g.config.TenantsOf(l),
	}
	switch l.Protocol {
	case config.MQTT:
		return g.newMQTT(bound)
	case config.GRPC:
		return g.newGRPC(bound)
	case config.Admin:
		return g.newHTTP(context.Background(), bound, g.admin()), nil
	default:
		return g.newTenantHTTP(bound, l), nil
	}
}

// places are those that the connections of a listener take. Operators have theirs apart, so that they are served whoever floods the rest.
func (g *Gateway) places(p config.Protocol) *connections {
	if p == config.Admin {
		return g.operators
	}
	return g.clients
}

// spareFiles are kept for what is no client's connection: the store's files and connections, the logs, operators.
const spareFiles = 512

// roomFor is how many connections of clients may be open, of as many as are configured, where the process may open so many files.
func roomFor(configured int, files uint64) int {
	if files == 0 {
		return configured
	}
	room := files - min(spareFiles, files/2)
	return int(min(uint64(configured), max(room, 1)))
}

// makeRoom makes the places of connections.
func (g *Gateway) makeRoom() {
	configured := g.config.Limits.Connections
	room := roomFor(configured, mayOpen())
	if room < configured {
		g.log.Warn("the process may open too few files for all connections that limits.connections allows", "connections", room, "configured", configured)
	}
	g.clients, g.operators = newConnections(room), newConnections(min(room, spareFiles/2))
	g.metrics.watch(g.clients)
}

// httpServer serves HTTP and what is upgraded from it.
type httpServer struct {
	*boundListener
	*http.Server
}

func (s *httpServer) listener() *boundListener { return s.boundListener }

func (s *httpServer) serve() error {
	if err := s.Serve(s.boundListener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// shutdown lets requests end; what has not ended by then is cut off.
func (s *httpServer) shutdown(ctx context.Context) error {
	err := s.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.Server.Close())
	}
	return err
}

// newTenantHTTP serves the dialects. Where only one tenant can be meant it stands in every request's context from the start.
func (g *Gateway) newTenantHTTP(l *boundListener, c config.Listener) server {
	m := &dialectMux{
		reach: g.tenants.reachable(l.tenants), senlinRoot: c.Root == config.Senlin, dialects: &g.dialects, metrics: g.metrics,
	}
	base := context.Background()
	if m.reach.only != nil {
		base = core.WithTenant(base, m.reach.only.Tenant)
	}
	return g.newHTTP(base, l, m)
}

func (g *Gateway) newHTTP(base context.Context, l *boundListener, h http.Handler) server {
	limits := g.config.Limits
	return &httpServer{boundListener: l, Server: &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: limits.ReadHeaderTimeout,
		ReadTimeout:       limits.BodyTimeout,
		IdleTimeout:       limits.IdleTimeout,
		WriteTimeout:      limits.BodyTimeout + g.config.Wait.Timeout + limits.WriteTimeout,
		MaxHeaderBytes:    limits.HeaderBytes,
		// "OPTIONS *" is a request like any other: the dialects answer it.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}}
}

// mqttServer serves JSON messages over MQTT.
type mqttServer struct {
	*boundListener
	*rawjson.MQTT
	stopping atomic.Bool
}

func (s *mqttServer) listener() *boundListener { return s.boundListener }

// serve is done, and has not failed, where the process stops before the broker has begun.
func (s *mqttServer) serve() error {
	if err := s.Serve(s.boundListener); !s.stopping.Load() || !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *mqttServer) shutdown(ctx context.Context) error {
	s.stopping.Store(true)
	return s.Shutdown(ctx)
}

func (g *Gateway) newMQTT(l *boundListener) (server, error) {
	only := g.tenants.byName[l.tenants[0].Name]
	broker, err := rawjson.NewMQTT(&messages{api: g.dialects.kuzzle, log: g.log, tenant: only.Tenant}, &rawjson.MQTTOptions{
		Limits: g.messageLimits(), KeepAlive: g.config.Limits.IdleTimeout, Logger: g.log,
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &mqttServer{boundListener: l, MQTT: broker}, nil
}

// unbounded is for bounds that hold already: how many connections there are is the listeners' matter. One that gave up its place may still be
// about to end when its successor comes.
const unbounded = 1 << 30

func (g *Gateway) messageLimits() rawjson.Limits {
	limits := g.config.Limits
	return rawjson.Limits{
		MaxConns: unbounded, MaxInFlight: limits.RequestsInFlightPerConnection,
		MaxMessageBytes: limits.BodyBytes, ReadTimeout: limits.BodyTimeout, WriteTimeout: limits.WriteTimeout,
	}
}

// grpcServer serves profilegate.v1.
type grpcServer struct {
	*boundListener
	*grpcapi.API
}

func (s *grpcServer) listener() *boundListener           { return s.boundListener }
func (s *grpcServer) serve() error                       { return s.Serve(s.boundListener) }
func (s *grpcServer) shutdown(ctx context.Context) error { return s.Shutdown(ctx) }

func (g *Gateway) newGRPC(l *boundListener) (server, error) {
	r, limits := g.tenants.reachable(l.tenants), g.config.Limits
	api := grpcapi.New(grpcapi.Options{
		Resolve: func(_ context.Context, name string) (*core.Tenant, grpcapi.Authenticator, error) {
			t, ok := r.named(name)
			if !ok {
				return nil, nil, unknownTenant(name)
			}
			return t.Tenant, callAuthenticator{t}, nil
		},
		Limits: grpcapi.Limits{
			MessageBytes: limits.BodyBytes, HeaderBytes: limits.HeaderBytes, JSONDepth: limits.JSONDepth,
			Streams: limits.RequestsInFlightPerConnection, Idle: limits.IdleTimeout, Handshake: limits.ReadHeaderTimeout,
			CallTime: limits.BodyTimeout + g.config.Wait.Timeout + limits.WriteTimeout,
		},
		Log: g.log,
	})
	return &grpcServer{boundListener: l, API: api}, nil
}

// named finds a tenant by its name; no name means the only one.
func (r reach) named(name string) (*tenant, bool) {
	if name == "" && len(r.byName) == 1 {
		for _, t := range r.byName {
			return t, true
		}
	}
	t, ok := r.byName[name]
	return t, ok
}

func unknownTenant(name string) error {
	if name == "" {
		return fault.MissingArgument("x-profilegate-tenant")
	}
	return fault.NotFoundf(fault.CodeTenantNotFound, fault.Subject{Kind: "tenant", ID: name}, "There is no tenant %q here.", name)
}

package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/adapters/rawjson"
	"github.com/profilegate/profilegate/adapters/senlin"
	"github.com/profilegate/profilegate/config"
)

// Gateway is a process that is ready to serve, or serves.
type Gateway struct {
	config   config.Config
	log      *slog.Logger
	store    openStore
	tenants  tenants
	metrics  *metrics
	dialects dialects
	servers  []server
	draining atomic.Bool

	clients, operators *connections // at the listeners
}

// dialects are the adapters, each made once for all tenants: which one a request is for stands in its context.
type dialects struct {
	senlin    *senlin.API
	kuzzle    *kuzzle.API
	websocket *rawjson.WebSocket
}

// server is one listener with what it serves.
type server interface {
	listener() *boundListener
	serve() error                       // until it is shut down or the listener fails
	shutdown(ctx context.Context) error // lets requests under way end, until ctx does
}

// New opens the store and all tenants, and binds every listener. Nothing is served before Run. The error says what could not be opened; what
// was opened by then is closed again.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*Gateway, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{config: cfg, log: log, metrics: newMetrics()}
	if err := g.open(ctx); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (g *Gateway) open(ctx context.Context) error {
	var err error
	if g.store, err = openConfiguredStore(ctx, g.config, g.log); err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	if g.tenants, err = g.openTenants(ctx); err != nil {
		return err
	}
	g.metrics.watchTenants(g.tenants.byName)
	g.dialects = g.newDialects()
	g.makeRoom()
	for _, l := range g.config.Listeners {
		s, err := g.bind(ctx, l)
		if err != nil {
			return fmt.Errorf("listener %q: %w", l.Name, err)
		}
		g.servers = append(g.servers, s)
	}
	return nil
}

func (g *Gateway) newDialects() dialects {
	limits := g.config.Limits
	d := dialects{
		senlin: senlin.New(senlin.Options{
			Authenticator: projectAuthenticator{g.tenants}, AuthURI: g.tenants.authURI, Log: g.log,
			Limits: senlin.Limits{BodyBytes: int64(limits.BodyBytes), JSONDepth: limits.JSONDepth},
		}),
		kuzzle: kuzzle.New(kuzzle.Options{
			Authenticator: profileAuthenticator{g.tenants}, Log: g.log,
			Limits: kuzzle.Limits{
				BodyBytes: int64(limits.BodyBytes), JSONDepth: limits.JSONDepth, LoginsPerSecond: int64(limits.LoginsPerSecond),
			},
		}),
	}
	d.websocket = rawjson.NewWebSocket(&messages{api: d.kuzzle, log: g.log}, &rawjson.WebSocketOptions{
		Limits: g.messageLimits(), IdleTimeout: limits.IdleTimeout, Logger: g.log,
	})
	return d
}

// Run serves until ctx ends, then lets requests under way end and closes everything. The error is what ended it before that, or what
// could not be closed.
func (g *Gateway) Run(ctx context.Context) error {
	defer holdHeap()()
	failing, ctx := errgroup.WithContext(ctx)
	for _, s := range g.servers {
		failing.Go(func() error {
			if err := s.serve(); err != nil {
				return fmt.Errorf("listener %q: %w", s.listener().name, err)
			}
			return nil
		})
	}
	g.warn()
	g.log.Info("ready", "listeners", len(g.servers), "tenants", len(g.tenants.byName))
	<-ctx.Done()
	g.log.Info("stopping")
	stopped := g.stop()
	return errors.Join(failing.Wait(), stopped, g.close())
}

// stop ends all servers within the configured time. The admin listener goes last, so that readiness can be seen to end.
func (g *Gateway) stop() error {
	g.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), g.config.ShutdownTimeout)
	defer cancel()
	var stopping errgroup.Group
	stopping.Go(func() error { return g.dialects.websocket.Shutdown(ctx) })
	var last []server
	for _, s := range g.servers {
		if s.listener().protocol == config.Admin {
			last = append(last, s)
			continue
		}
		stopping.Go(func() error { return s.shutdown(ctx) })
	}
	err := stopping.Wait()
	for _, s := range last {
		err = errors.Join(err, s.shutdown(ctx))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		g.log.Warn("requests were cut off: they took longer than shutdown_timeout", "shutdown_timeout", g.config.ShutdownTimeout)
		return nil
	}
	return err
}

// Close gives up what New opened, where Run is not called. Run closes everything itself.
func (g *Gateway) Close() error { return g.close() }

// close gives up what open opened. Closing a bound listener again is no error worth telling.
func (g *Gateway) close() error {
	for _, s := range g.servers {
		_ = s.listener().Close()
	}
	err := g.tenants.close()
	if g.store != nil {
		err = errors.Join(err, g.store.Close())
	}
	return err
}

// warn says plainly what a configuration leaves open.
func (g *Gateway) warn() {
	for _, t := range g.config.Tenants {
		if t.Speaks(config.Kuzzle) {
			g.log.Warn("no credentials are asked for in the Kuzzle dialect until rights are restricted: anonymous may do everything", "tenant", t.Name)
		}
		if t.Speaks(config.Senlin) && t.Anonymous != nil {
			g.log.Warn("no credentials are asked for in the Senlin dialect: whoever calls is this project and user", "tenant", t.Name,
				"project", t.Anonymous.Project, "user", t.Anonymous.User)
		}
	}
}

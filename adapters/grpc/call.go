package grpcapi

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/tap"

	"github.com/profilegate/profilegate/core/fault"
)

// ours begins the methods of the contract. All others, health and reflection, know no tenant and have errors of their own.
const ours = "/profilegate.v1."

// bound ends a call that takes too long, also while its request is still being sent: a handler does not run before the request is whole, so
// no interceptor could. Streams that have no end of their own, such as health's Watch, end with the server instead.
func (a *API) bound(ctx context.Context, info *tap.Info) (context.Context, error) {
	if strings.HasPrefix(info.FullMethodName, ours) {
		// gRPC cancels ctx, the parent, when the call ends, and that releases the timer.
		bounded, cancel := context.WithTimeout(ctx, a.options.Limits.CallTime) //nolint:gosec // the parent is cancelled, as said above
		_ = cancel
		return bounded, nil
	}
	if !endless(info.FullMethodName) {
		return ctx, nil
	}
	bounded, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(a.draining, cancel)
	context.AfterFunc(ctx, func() { stop() })
	return bounded, nil
}

func endless(method string) bool {
	return method == "/grpc.health.v1.Health/Watch" || strings.HasPrefix(method, "/grpc.reflection.")
}

// call is the interceptor of the contract's calls: it settles tenant and caller before the handler runs, and is the one place where an
// error leaves as a status and is logged.
func (a *API) call(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if !strings.HasPrefix(info.FullMethod, ours) {
		return handler(ctx, req)
	}
	s, err := a.identify(ctx)
	if err == nil {
		var resp any
		if resp, err = handler(withSession(ctx, s), req); err == nil {
			return resp, nil
		}
	}
	a.failed(ctx, info.FullMethod, s, err)
	return nil, statusOf(err).Err()
}

// recovered answers a call that panicked.
func (a *API) recovered(ctx context.Context, p any) error {
	method, _ := grpc.Method(ctx)
	err := fault.Internalf("panic: %v\n%s", p, debug.Stack())
	a.failed(ctx, method, session{}, err)
	return statusOf(err).Err()
}

// failed logs a call that failed: loudly where the server is to blame, for whoever looks for it where the client is.
func (a *API) failed(ctx context.Context, method string, s session, err error) {
	level := levelOf(fault.KindOf(err))
	if !a.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", strings.TrimPrefix(method, "/")), slog.String("fault", fault.KindOf(err).String()),
		slog.String("code", string(fault.As(err).Code)), slog.Any("error", err),
	}
	if s.tenant != nil {
		attrs = append(attrs, slog.String("tenant", s.tenant.Name()), slog.String("actor", s.actor.User))
	}
	a.log.LogAttrs(ctx, level, "request failed", attrs...)
}

func levelOf(k fault.Kind) slog.Level {
	switch k {
	case fault.Internal, fault.Unavailable, fault.Uncertain:
		return slog.LevelError
	case fault.DeadlineExceeded:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

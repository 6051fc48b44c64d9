package redisstore

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// UseDriverLog sends what the driver itself logs to log, at debug level: the failures it tells are returned to this package as well. The
// driver has one logger for the whole process, so call it once, before the first Open; without it the driver writes to standard error.
func UseDriverLog(log *slog.Logger) { redis.SetLogger(driverLog{log}) }

type driverLog struct{ log *slog.Logger }

// Printf is what the driver calls.
func (l driverLog) Printf(ctx context.Context, format string, v ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "redis driver", "message", fmt.Sprintf(format, v...))
	}
}

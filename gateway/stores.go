package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/profilegate/profilegate/adapters/embedded"
	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/core/store"
)

// openStore is where all tenants' records live: an embedded database or a Redis.
type openStore interface {
	Tenant(name string) (store.Store, error)
	Ping(ctx context.Context) error
	Close() error
}

func openConfiguredStore(ctx context.Context, cfg config.Config, log *slog.Logger) (openStore, error) {
	if cfg.Store.Kind == config.Redis {
		return openRedis(ctx, cfg, log)
	}
	return openEmbedded(cfg.Store.Embedded, log)
}

func openEmbedded(c config.EmbeddedStore, log *slog.Logger) (openStore, error) {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made: %w", err)
	}
	db, err := embedded.Open(c.File(), nil)
	if errors.Is(err, embedded.ErrDamaged) {
		err = fmt.Errorf("%w; 'profilegate store check' lists all that is wrong, 'profilegate store restore' puts a backup in its place", err)
	}
	if err != nil {
		return nil, err // not db: an interface that holds a nil pointer is not nil
	}
	if err := db.ServeBackups(log); err != nil {
		log.Warn("'profilegate store backup' will not work while this process runs", "err", err)
	}
	return db, nil
}

func openRedis(ctx context.Context, cfg config.Config, log *slog.Logger) (openStore, error) {
	c := cfg.Store.Redis
	tlsConfig, err := c.ClientConfig()
	if err != nil {
		return nil, err
	}
	redisstore.UseDriverLog(log)
	at := c.Servers()
	client, err := redisstore.Open(ctx, redisstore.Options{
		Mode: redisstore.Mode(at.Mode), Addrs: at.Addresses, MasterName: at.MasterName, DB: at.Database,
		Username: at.Username, Password: redisstore.Secret(at.Password.Reveal()),
		AllowLoneMaster: c.Sentinel.AllowLoneMaster, SentinelUsername: c.Sentinel.Username, SentinelPassword: redisstore.Secret(c.Sentinel.Password.Reveal()),
		TLS: tlsConfig, PoolSize: c.PoolSize, CallTimeout: c.CallTimeout, RetryFor: c.RetryFor, Prefix: c.KeyPrefix,
		Fence: redisstore.Fence(c.Fence), Replicas: c.Replicas, LogLength: c.LogLength, LeaseLife: cfg.Wait.Lease, LeaseRenew: cfg.Wait.Lease * 3 / 10, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	return client, nil
}

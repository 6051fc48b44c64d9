package redistest

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// keysPerMove is how many keys one MIGRATE takes along.
const keysPerMove = 100

// MoveSlot hands the slot of a key, with all keys in it, to another master while clients go on, as redis-cli --cluster reshard does.
func (c *Cluster) MoveSlot(ctx context.Context, key string, to *Server) error {
	slot, err := c.slot(ctx, key)
	if err != nil {
		return err
	}
	from, err := c.Owner(ctx, key)
	if err != nil || from == to {
		return err
	}
	fromID, err := from.clusterID(ctx)
	if err != nil {
		return err
	}
	toID, err := to.clusterID(ctx)
	if err != nil {
		return err
	}
	if err := to.do(ctx, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	if err := from.do(ctx, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	for more := true; more; {
		if more, err = from.moveKeys(ctx, int(slot), to); err != nil {
			return fmt.Errorf("redistest: %w", err)
		}
	}
	// The one who receives it first, then everybody who has a say, so that nobody sends clients in a circle for long.
	for _, s := range append([]*Server{to, from}, c.servers...) {
		if t, err := s.topology(ctx); err != nil || !t.masters[s.Addr()] {
			continue
		}
		if err := s.do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", toID); err != nil {
			return fmt.Errorf("redistest: %w", err)
		}
	}
	return c.AwaitOwner(ctx, key, func(s *Server) bool { return s == to })
}

// moveKeys moves some keys of a slot, and tells whether there may be more.
func (s *Server) moveKeys(ctx context.Context, slot int, to *Server) (more bool, err error) {
	rdb := s.Client()
	defer func() { _ = rdb.Close() }()
	names, err := rdb.ClusterGetKeysInSlot(ctx, slot, keysPerMove).Result()
	if err != nil || len(names) == 0 {
		return false, err
	}
	args := []any{"MIGRATE", "127.0.0.1", to.port, "", 0, (10 * time.Second).Milliseconds(), "REPLACE", "KEYS"}
	for _, name := range names {
		args = append(args, name)
	}
	err = rdb.Do(ctx, args...).Err()
	if redis.HasErrorPrefix(err, "NOKEY") {
		err = nil
	}
	return true, err
}

package redisstore

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/fault"
)

// checkSettings holds the settings of each master against what a store of record needs, and tells in the log what is durable. Where the
// configuration may not be read, it only warns.
func (c *Client) checkSettings(ctx context.Context) error {
	return c.eachMaster(ctx, c.checkSettingsOf)
}

func (c *Client) checkSettingsOf(ctx context.Context, master *redis.Client) error {
	settings, err := settingsOf(ctx, master)
	var answer redis.Error
	if errors.As(err, &answer) && outcomeOf(err) == refused {
		if needsLogin(answer.Error()) {
			return fault.Unavailablef(err, "Redis refuses the user or password.")
		}
		c.log.WarnContext(ctx, "the settings of Redis cannot be read: make sure that maxmemory-policy is noeviction", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.judge(ctx, settings); err != nil {
		return err
	}
	c.log.InfoContext(ctx, "durability of Redis", "server", master.Options().Addr, "appendonly", settings["appendonly"],
		"appendfsync", settings["appendfsync"], "fence", string(c.opt.Fence), "replicas", c.confirming())
	return c.checkReplicas(ctx, master)
}

func settingsOf(ctx context.Context, master *redis.Client) (map[string]string, error) {
	all := map[string]string{}
	for _, pattern := range []string{"maxmemory*", "append*", "min-replicas-*"} {
		some, err := master.ConfigGet(ctx, pattern).Result()
		if err != nil {
			return nil, err
		}
		maps.Copy(all, some)
	}
	return all, nil
}

func needsLogin(answer string) bool {
	return strings.HasPrefix(answer, "NOAUTH") || strings.HasPrefix(answer, "WRONGPASS") || strings.Contains(answer, "invalid password")
}

// judge refuses a server that may throw records away when its memory is full, and one that sentinels may depose without its noticing.
func (c *Client) judge(ctx context.Context, settings map[string]string) error {
	limit, policy := settings["maxmemory"], settings["maxmemory-policy"]
	if limit != "0" && limit != "" && policy != "noeviction" {
		return fault.Unavailablef(nil, "Redis may evict records: maxmemory is %s and maxmemory-policy %s; set it to noeviction.", limit, policy)
	}
	if c.opt.Mode == Sentinel && settings["min-replicas-to-write"] == "0" {
		if !c.fenced() && !c.opt.AllowLoneMaster {
			return fault.Unavailablef(nil, "A master that was deposed, and cut off, would go on taking writes, which are lost: set min-replicas-to-write "+
				"to 1 or more on all servers, or the fence to replicas, or allow a lone master.")
		}
		c.log.WarnContext(ctx, "min-replicas-to-write is 0: a master that was deposed, and cut off, goes on taking writes, which are lost")
	}
	if settings["appendonly"] == "no" {
		c.log.WarnContext(ctx, "appendonly is no: a server that is killed loses what it was told since its last snapshot")
	}
	return nil
}

// checkReplicas warns where too few replicas follow a master for the fence: nothing will be acknowledged.
func (c *Client) checkReplicas(ctx context.Context, master *redis.Client) error {
	if !c.fenced() {
		return nil
	}
	info, err := master.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(info, "connected_slaves:")
	count, _, _ := strings.Cut(rest, "\r\n")
	if n, err := strconv.Atoi(count); err == nil && n < c.opt.Replicas {
		c.log.WarnContext(ctx, "too few replicas follow the master: nothing is acknowledged until there are more",
			"server", master.Options().Addr, "replicas", n, "wanted", c.opt.Replicas)
	}
	return nil
}

// confirming is how many replicas confirm each answer.
func (c *Client) confirming() int {
	if c.fenced() {
		return c.opt.Replicas
	}
	return 0
}

package redisstore

import "github.com/redis/go-redis/v9"

// Abandon ends a node as a crash does: nothing is signed off, no lease given back.
func (c *Client) Abandon() error { return c.abandon() }

// Node is the name of this node.
func (c *Client) Node() string { return c.node }

// Home is where the lease is that stands behind the registration.
func (t *Tenant) Home() string {
	if h := t.members.at(); h != nil {
		return h.nodes
	}
	return ""
}

// CommitSHA is how the commit script is called, to know its calls on the wire.
func (c *Client) CommitSHA() string { return c.scripts.commit.Hash() }

// The decoders, for their fuzz targets.
var (
	DecodeEntry  = decodeEntry
	DecodeRecord = decodeRecord
)

// AddHook has every call to Redis pass a hook.
func (c *Client) AddHook(h redis.Hook) { c.rdb.AddHook(h) }

package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

// home is a place for leases: a set of them on one master. Where there is one server there is one home. In a Cluster a tenant's registration names a
// home that lies on the tenant's own master, so that the loss of one master ends the leases of its own tenants only. Whoever judges a
// registration reads the very home that it names: two nodes that see the topology differently still judge by the same lease.
type home struct {
	c           *Client
	tag         string // its hash tag; empty where there is one home
	nodes       string // the key of the leases
	masterKey   string // the key of who renewed them last
	leases      leases
	flight      singleflight.Group
	unusedSince time.Time // under homes.mu: zero while somebody needs it
}

// homeLinger is for how long a home that nobody needs any more is kept.
const homeLinger = time.Minute

// homes are those in which this node has a lease.
type homes struct {
	mu       sync.Mutex
	byTag    map[string]*home
	byMaster map[*redis.Client]*home // the one that was found for a master last
}

func newHomes() homes {
	return homes{byTag: map[string]*home{}, byMaster: map[*redis.Client]*home{}}
}

// home gives the home with a tag, and begins to renew a lease in it.
func (c *Client) home(tag string) *home {
	c.homes.mu.Lock()
	defer c.homes.mu.Unlock()
	h := c.homes.byTag[tag]
	if h == nil {
		h = &home{c: c, tag: tag, nodes: nodesKey(c.opt.Prefix, tag), masterKey: masterKey(c.opt.Prefix, tag)}
		c.homes.byTag[tag] = h
		c.background(h.keep)
	}
	h.unusedSince = time.Time{}
	return h
}

// homeOn finds a home on a master of the Cluster: that of the lowest slot that the master serves, so that most nodes choose the same.
func (c *Client) homeOn(ctx context.Context, master *redis.Client) (*home, error) {
	c.homes.mu.Lock()
	known := c.homes.byMaster[master]
	c.homes.mu.Unlock()
	if known != nil {
		if at, err := c.masterOf(ctx, known.nodes); err == nil && at == master {
			return c.home(known.tag), nil
		}
	}
	for _, tag := range c.tags() {
		at, err := c.masterOf(ctx, nodesKey(c.opt.Prefix, tag))
		if err != nil {
			return nil, err
		}
		if at == master {
			h := c.home(tag)
			c.homes.mu.Lock()
			c.homes.byMaster[master] = h
			c.homes.mu.Unlock()
			return h, nil
		}
	}
	return nil, fmt.Errorf("redis: %s serves no slot any more", master.Options().Addr)
}

// homeFor finds the home for a registration with a tenant.
func (c *Client) homeFor(ctx context.Context, t *Tenant) (*home, error) {
	if !c.clustered() {
		return c.home(""), nil
	}
	master, err := c.masterOf(ctx, t.keys.head)
	if err != nil {
		return nil, err
	}
	return c.homeOn(ctx, master)
}

// tidy forgets homes that nobody has needed for a while, and gives their leases back.
func (c *Client) tidy(needed map[*home]bool) {
	c.homes.mu.Lock()
	defer c.homes.mu.Unlock()
	for _, h := range c.homes.byTag {
		switch {
		case needed[h] || !c.clustered():
			h.unusedSince = time.Time{}
		case h.unusedSince.IsZero():
			h.unusedSince = time.Now()
		case time.Since(h.unusedSince) > homeLinger:
			delete(c.homes.byTag, h.tag) // which ends keep
		}
	}
}

func (h *home) dropped() bool {
	h.c.homes.mu.Lock()
	defer h.c.homes.mu.Unlock()
	return h.c.homes.byTag[h.tag] != h
}

// all gives the homes of now.
func (hs *homes) all() []*home {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	var all []*home
	for _, h := range hs.byTag {
		all = append(all, h)
	}
	return all
}

// registration makes a new name for a registration of this node: "<node>#<number>", and "@<tag>" behind it where the lease lies in a home with a
// tag.
func (c *Client) registration(h *home) string {
	name := c.node + "#" + formatUint(c.joins.Add(1))
	if h.tag != "" {
		name += "@" + h.tag
	}
	return name
}

// nodeOf takes the name of a registration apart.
func nodeOf(registration string) (node, tag string) {
	node, rest, _ := strings.Cut(registration, "#")
	_, tag, _ = strings.Cut(rest, "@")
	return node, tag
}

const clusterSlots = 16384

// slotTags finds, for each slot of a Cluster, a short hash tag that lies in it.
func slotTags() []string {
	tags := make([]string, clusterSlots)
	for n, left := 0, clusterSlots; left > 0; n++ {
		tag := strconv.FormatInt(int64(n), 36)
		if slot := crc16(tag) % clusterSlots; tags[slot] == "" {
			tags[slot] = tag
			left--
		}
	}
	return tags
}

// crc16 is the checksum by which a Cluster assigns slots: polynomial 0x1021, from 0.
func crc16(text string) int {
	crc := 0
	for _, b := range []byte(text) {
		crc ^= int(b) << 8
		for range 8 {
			crc <<= 1
			if crc&0x10000 != 0 {
				crc ^= 0x11021
			}
		}
	}
	return crc
}

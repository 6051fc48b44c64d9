package config

import (
	"path/filepath"
	"regexp"
	"time"
)

// StoreKind names a store.
type StoreKind string

// The stores.
const (
	Embedded StoreKind = "embedded"
	Redis    StoreKind = "redis"
)

// Fence says what an answer of the Redis store rests on besides the word of the server that gave it.
type Fence string

// The fences.
const (
	FenceNone     Fence = "none"
	FenceReplicas Fence = "replicas"
)

var fences = []Fence{FenceNone, FenceReplicas}

var storeKinds = []StoreKind{Embedded, Redis}

// Store says where the records of all tenants live.
type Store struct {
	Kind     StoreKind     `mapstructure:"kind" doc:"embedded (files on this machine, one gateway process) or redis (shared by many gateway processes)."`
	Embedded EmbeddedStore `mapstructure:"embedded" doc:"Used with kind embedded."`
	Redis    RedisStore    `mapstructure:"redis" doc:"Used with kind redis."`
}

// EmbeddedStore is the store in a directory of this machine.
type EmbeddedStore struct {
	DataDir string `mapstructure:"data_dir" doc:"The directory that holds the data; made if it is missing. A relative path counts from where the process was started. The flag --data-dir sets it, and kind embedded with it."`
}

// File is the path of the database file.
func (e EmbeddedStore) File() string { return filepath.Join(e.DataDir, "profilegate.db") }

// RedisMode says how the Redis servers belong together.
type RedisMode string

// The modes.
const (
	Standalone RedisMode = "standalone"
	Sentinel   RedisMode = "sentinel"
	Cluster    RedisMode = "cluster"
)

var redisModes = []RedisMode{Standalone, Sentinel, Cluster}

// RedisStore is the store in Redis: in one server, in a master that sentinels name, or in a Cluster.
type RedisStore struct {
	URL         URL           `mapstructure:"url" doc:"redis://host:port/db, redis+sentinel://host:port,host:port/master/db or redis+cluster://host:port,host:port; with rediss for TLS. The flag --store sets it, and kind redis with it."`
	Mode        RedisMode     `mapstructure:"mode" doc:"standalone (one server), sentinel (a master and its replicas, which sentinels name) or cluster. Absent: what the URL says, else standalone."`
	Addresses   []string      `mapstructure:"addresses" doc:"Instead of a URL: host:port of the server, of the sentinels, or of some nodes of the cluster. A port that is left out is 6379, a sentinel's 26379."`
	MasterName  string        `mapstructure:"master_name" doc:"With mode sentinel: what the sentinels call the master, if it is not in the URL."`
	Database    int           `mapstructure:"database" doc:"The number of the database, if it is not in the URL. A cluster has only 0."`
	Username    string        `mapstructure:"username" doc:"Name to authenticate with, if it is not in the URL."`
	Password    Secret        `mapstructure:"password" doc:"Password to authenticate with, if it is not in the URL. Best given in the environment."`
	Sentinel    RedisSentinel `mapstructure:"sentinel" doc:"Used with mode sentinel."`
	TLS         RedisTLS      `mapstructure:"tls" doc:"Used with a rediss URL, or where it is enabled."`
	PoolSize    int           `mapstructure:"pool_size" doc:"Most connections to one server, from 1 to 10000."`
	CallTimeout time.Duration `mapstructure:"call_timeout" doc:"How long each step of one call may take (connecting, sending, waiting for the answer), from 10ms to 1m."`
	RetryFor    time.Duration `mapstructure:"retry_for" doc:"How long a call is tried again while the server cannot be reached or its answer was lost, from 100ms to 1m."`
	Fence       Fence         `mapstructure:"fence" doc:"none, or replicas: every write, and every question for the newest state, is answered only when replicas of the server have confirmed it, so that it holds through a failover. docs/redis.md says under which conditions."`
	Replicas    int           `mapstructure:"replicas" doc:"With fence replicas, how many must confirm, from 1 to 16: all of a master's replicas so that no failover loses a write that was acknowledged, at least half of them so that no deposed master answers a read."`
	KeyPrefix   string        `mapstructure:"key_prefix" doc:"What every key begins with, so that deployments may share a server: a-z, A-Z, 0-9, '_', '-', '.' and ':', at most 64 characters."`
	LogLength   int           `mapstructure:"log_length" doc:"How many changes of a tenant the server keeps for nodes that fell behind, from 1000 to 10000000. One that fell further behind reads everything anew."`
}

// RedisSentinel is how to log in to the sentinels themselves.
type RedisSentinel struct {
	Username string `mapstructure:"username" doc:"Name to authenticate with at the sentinels. Theirs, not the servers'."`
	Password Secret `mapstructure:"password" doc:"Password to authenticate with at the sentinels. Best given in the environment."`

	AllowLoneMaster bool `mapstructure:"allow_lone_master" doc:"Start although min-replicas-to-write is 0 on the servers: a master that was deposed, and cut off, then goes on taking writes, which are lost. With fence replicas it is not asked for."`
}

// RedisTLS is how the servers are recognised, and the gateway by them. It holds for sentinels as well.
type RedisTLS struct {
	Enabled    bool   `mapstructure:"enabled" doc:"Connect by TLS. A rediss URL says so too."`
	CAFile     string `mapstructure:"ca_file" doc:"PEM file with the authorities that may vouch for the server. Absent: those of the machine."`
	CertFile   string `mapstructure:"cert_file" doc:"PEM file with the gateway's own certificate, if the server asks for one."`
	KeyFile    string `mapstructure:"key_file" doc:"PEM file with the key of cert_file."`
	ServerName string `mapstructure:"server_name" doc:"The name that each server's certificate must have. Absent: the host that is connected to."`
}

func defaultStore() Store {
	return Store{
		Kind:     Embedded,
		Embedded: EmbeddedStore{DataDir: "data"},
		Redis: RedisStore{
			PoolSize:    64,
			CallTimeout: 2 * time.Second,
			RetryFor:    5 * time.Second,
			Fence:       FenceNone,
			Replicas:    1,
			KeyPrefix:   "pg",
			LogLength:   100000,
		},
	}
}

func (s Store) validate(r report) {
	oneOf(r.key("kind"), s.Kind, storeKinds)
	if s.Kind == Embedded && s.Embedded.DataDir == "" {
		r.key("embedded").key("data_dir").problem("missing; a directory is wanted, such as /var/lib/profilegate")
	}
	s.Redis.validate(r.key("redis"), s.Kind == Redis)
}

func (s RedisStore) validate(r report, needed bool) {
	if s.Mode != "" {
		oneOf(r.key("mode"), s.Mode, redisModes)
	}
	if s.URL.IsZero() {
		s.validateAddresses(r, needed)
	} else {
		s.validateURL(r)
	}
	s.validateTLS(r.key("tls"))
	inRange(r.key("pool_size"), s.PoolSize, 1, 10000)
	inRange(r.key("call_timeout"), s.CallTimeout, 10*time.Millisecond, time.Minute)
	inRange(r.key("retry_for"), s.RetryFor, 100*time.Millisecond, time.Minute)
	oneOf(r.key("fence"), s.Fence, fences)
	inRange(r.key("replicas"), s.Replicas, 1, 16)
	inRange(r.key("log_length"), s.LogLength, 1000, 10000000)
	if !prefixPattern.MatchString(s.KeyPrefix) {
		r.key("key_prefix").problem("%q is not accepted; 1 to 64 of a-z, A-Z, 0-9, '_', '-', '.' and ':' are wanted", s.KeyPrefix)
	}
}

var prefixPattern = regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,64}$`)

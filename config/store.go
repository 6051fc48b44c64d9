package config

import (
	"cmp"
	"net/url"
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

// RedisStore is the store in a Redis server.
type RedisStore struct {
	URL         URL           `mapstructure:"url" doc:"redis://host:port/db, or rediss:// for TLS. The flag --store sets it, and kind redis with it."`
	Username    string        `mapstructure:"username" doc:"Name to authenticate with, if it is not in the URL."`
	Password    Secret        `mapstructure:"password" doc:"Password to authenticate with, if it is not in the URL. Best given in the environment."`
	TLS         RedisTLS      `mapstructure:"tls" doc:"Used with a rediss:// URL."`
	PoolSize    int           `mapstructure:"pool_size" doc:"Most connections to the server, from 1 to 10000."`
	CallTimeout time.Duration `mapstructure:"call_timeout" doc:"How long each step of one call may take (connecting, sending, waiting for the answer), from 10ms to 1m."`
	RetryFor    time.Duration `mapstructure:"retry_for" doc:"How long a call is tried again while the server cannot be reached or its answer was lost, from 100ms to 1m."`
	Fence       Fence         `mapstructure:"fence" doc:"none, or replicas: every write, and every question for the newest state, is answered only when replicas of the server have confirmed it, so that it holds through a failover. docs/redis.md says under which conditions."`
	Replicas    int           `mapstructure:"replicas" doc:"With fence replicas, how many must confirm, from 1 to 16: all of a master's replicas so that no failover loses a write that was acknowledged, at least half of them so that no deposed master answers a read."`
	KeyPrefix   string        `mapstructure:"key_prefix" doc:"What every key begins with, so that deployments may share a server: a-z, A-Z, 0-9, '_', '-', '.' and ':', at most 64 characters."`
	LogLength   int           `mapstructure:"log_length" doc:"How many changes of a tenant the server keeps for nodes that fell behind, from 1000 to 10000000. One that fell further behind reads everything anew."`
}

// RedisTLS is how the server is recognised, and the gateway by it.
type RedisTLS struct {
	CAFile     string `mapstructure:"ca_file" doc:"PEM file with the authorities that may vouch for the server. Absent: those of the machine."`
	CertFile   string `mapstructure:"cert_file" doc:"PEM file with the gateway's own certificate, if the server asks for one."`
	KeyFile    string `mapstructure:"key_file" doc:"PEM file with the key of cert_file."`
	ServerName string `mapstructure:"server_name" doc:"The name that the server's certificate must have. Absent: the URL's host."`
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
	s.validateURL(r, needed)
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

func (s RedisStore) validateURL(r report, needed bool) {
	at := r.key("url")
	const accepted = "redis://host:port/db is wanted, or rediss:// for TLS"
	if s.URL.IsZero() {
		if needed {
			at.problem("missing; with kind redis, %s", accepted)
		}
		return
	}
	u, err := url.Parse(s.URL.Reveal())
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Hostname() == "" || u.Fragment != "" {
		at.problem("%s is not a URL of a Redis server; %s", s.URL, accepted)
		return
	}
	if u.RawQuery != "" {
		at.problem("has parameters after '?', which are not read; the keys of store.redis are wanted instead")
	}
	if _, err := databaseOf(u); err != nil {
		at.problem("%q is not the number of a database; %s", u.Path, accepted)
	}
	if !isPort(cmp.Or(u.Port(), "6379")) {
		at.problem("%q is not a port; %s", u.Port(), accepted)
	}
	if u.User != nil && (s.Username != "" || !s.Password.IsZero()) {
		at.problem("has a user or password, and so has store.redis; one of the two is wanted")
	}
}

func (s RedisStore) validateTLS(r report) {
	if (s.TLS.CertFile == "") != (s.TLS.KeyFile == "") {
		r.problem("cert_file and key_file are wanted together")
	}
	if s.TLS != (RedisTLS{}) && !s.URL.IsZero() && !s.UsesTLS() {
		r.problem("given, but the URL has no TLS; a rediss:// URL is wanted")
	}
}

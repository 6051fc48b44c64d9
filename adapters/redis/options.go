package redisstore

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// Mode says how the Redis servers belong together.
type Mode string

// The modes that Open accepts.
const (
	Standalone Mode = "standalone" // one server, the default
	Sentinel   Mode = "sentinel"   // one master with replicas, which sentinels name
	Cluster    Mode = "cluster"    // several masters, each with a share of the tenants
)

// Secret is a password. It shows itself only to whoever converts it.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(redacted)"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Options say where Redis is and how to use it. Only Addrs or URL is required, and with mode sentinel MasterName; zero values mean the
// defaults.
type Options struct {
	// URL, where it is set, gives address, user, password, database and TLS of a standalone server in one:
	// redis://user:password@host:port/db, rediss:// with TLS. The fields for them must then be empty.
	URL string

	Mode     Mode
	Addrs    []string // host:port of the server, of the sentinels, or of some nodes of the cluster
	Username string
	Password Secret
	DB       int // 0 in a cluster, which has no other
	TLS      *tls.Config
	PoolSize int // connections to one server at most; default 10 per CPU

	MasterName       string // what the sentinels call the master
	SentinelUsername string // of the sentinels themselves
	SentinelPassword Secret

	CallTimeout time.Duration // for each step of one call: connecting, sending, waiting for the answer; default 2 s
	RetryFor    time.Duration // how long a call is tried again when Redis cannot be reached or its answer is lost; default 5 s

	AllowLoneMaster bool // with mode Sentinel and no fence: start although min-replicas-to-write is 0

	Fence    Fence // what an answer rests on; default FenceNone
	Replicas int   // with FenceReplicas, how many replicas must confirm each; default 1

	Prefix    string // of all keys; default "pg"
	LogLength int    // about how many commits a tenant's log keeps; default 100,000

	LeaseLife  time.Duration // how long a silent node counts as live; default 2 s
	LeaseRenew time.Duration // how often a node shows that it lives; default 600 ms

	Logger *slog.Logger // nil discards
}

func (o *Options) setDefaults() {
	setDefault(&o.Mode, Standalone)
	setDefault(&o.CallTimeout, 2*time.Second)
	setDefault(&o.RetryFor, 5*time.Second)
	setDefault(&o.Fence, FenceNone)
	setDefault(&o.Replicas, 1)
	setDefault(&o.Prefix, "pg")
	setDefault(&o.LogLength, 100_000)
	setDefault(&o.LeaseLife, 2*time.Second)
	setDefault(&o.LeaseRenew, 600*time.Millisecond)
	setDefault(&o.Logger, slog.New(slog.DiscardHandler))
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o *Options) validate() error {
	if err := o.validateMode(); err != nil {
		return err
	}
	if o.Fence != FenceNone && o.Fence != FenceReplicas {
		return fmt.Errorf("redis: unknown fence %q", o.Fence)
	}
	if o.Replicas < 1 {
		return fmt.Errorf("redis: %d replicas cannot confirm anything", o.Replicas)
	}
	if o.LogLength < 1 {
		return errors.New("redis: the log must keep at least one commit")
	}
	if o.LeaseRenew*2 > o.LeaseLife {
		return fmt.Errorf("redis: a lease of %s cannot be renewed every %s: one renewal may be lost", o.LeaseLife, o.LeaseRenew)
	}
	if !validPrefix(o.Prefix) {
		return fmt.Errorf("redis: bad key prefix %q: letters, digits, and any of . : _ -", o.Prefix)
	}
	return nil
}

func (o *Options) validateMode() error {
	switch o.Mode {
	case Standalone:
		if len(o.Addrs) != 1 {
			return fmt.Errorf("redis: mode %s takes one address, %d were given", o.Mode, len(o.Addrs))
		}
	case Sentinel, Cluster:
		if len(o.Addrs) == 0 {
			return fmt.Errorf("redis: mode %s needs addresses", o.Mode)
		}
	default:
		return fmt.Errorf("redis: unknown mode %q", o.Mode)
	}
	if (o.MasterName != "") != (o.Mode == Sentinel) {
		return fmt.Errorf("redis: mode sentinel, and no other, needs the name of the master; mode is %s", o.Mode)
	}
	if o.Mode != Sentinel && (o.SentinelUsername != "" || o.SentinelPassword != "") {
		return fmt.Errorf("redis: mode %s has no sentinels to log in to", o.Mode)
	}
	if o.Mode == Cluster && o.DB != 0 {
		return fmt.Errorf("redis: a cluster has no database %d, only 0", o.DB)
	}
	return nil
}

// fromURL fills in what the URL says.
func (o *Options) fromURL() error {
	if o.URL == "" {
		return nil
	}
	if len(o.Addrs) > 0 || o.Username != "" || o.Password != "" || o.DB != 0 {
		return errors.New("redis: give a URL or addresses, user, password and database, not both")
	}
	parsed, err := redis.ParseURL(o.URL)
	if err != nil {
		// The driver's error repeats the URL, and the URL holds the password.
		return errors.New("redis: the URL cannot be read: want redis://[user:password@]host:port[/db] or rediss://…")
	}
	o.Addrs, o.Username, o.Password, o.DB = []string{parsed.Addr}, parsed.Username, Secret(parsed.Password), parsed.DB
	if o.TLS == nil {
		o.TLS = parsed.TLSConfig
	}
	return nil
}

package config

import (
	"cmp"
	"errors"
	"strings"
)

// redisForms says which URLs are accepted.
const redisForms = "redis://host:port/db is wanted, redis+sentinel://host:port,host:port/master/db or redis+cluster://host:port,host:port; with rediss for TLS"

// validateURL checks the URL, and that no key says the same again.
func (s RedisStore) validateURL(r report) {
	at := r.key("url")
	u, err := parseRedisURL(s.URL.Reveal())
	switch {
	case errors.Is(err, errRedisURL):
		at.problem("%s %s; %s", s.URL, errRedisURL, redisForms)
		return
	case err != nil:
		for line := range strings.Lines(err.Error()) {
			at.problem("%s; %s", strings.TrimSuffix(line, "\n"), redisForms)
		}
	}
	s.validateHosts(at, u.hosts)
	if err != nil {
		return
	}
	if u.user != nil && (s.Username != "" || !s.Password.IsZero()) {
		at.problem("has a user or password, and so has store.redis; one of the two is wanted")
	}
	if len(s.Addresses) > 0 {
		r.key("addresses").problem("given, and so is a URL; one of the two is wanted")
	}
	agree(r.key("mode"), s.Mode, u.mode)
	agree(r.key("master_name"), s.MasterName, u.master)
	agree(r.key("database"), s.Database, u.database)
	s.validateMode(r)
}

// agree reports a key that contradicts what the URL says.
func agree[T comparable](r report, key, inURL T) {
	var none T
	if key != none && inURL != none && key != inURL {
		r.problem("is %v, and that of the URL is %v; one of the two is wrong", key, inURL)
	}
}

// validateAddresses checks the keys that stand in for a URL.
func (s RedisStore) validateAddresses(r report, needed bool) {
	mode := s.mode()
	if len(s.Addresses) == 0 {
		if needed {
			r.key("url").problem("missing, and so are addresses; with kind redis, %s", redisForms)
		}
		return
	}
	s.validateHosts(r.key("addresses"), s.Addresses)
	if mode == Standalone && len(s.Addresses) > 1 {
		r.key("addresses").problem("names several servers, and mode standalone has one; mode sentinel or cluster is wanted")
	}
	s.validateMode(r)
}

// validateMode checks what goes with some modes only.
func (s RedisStore) validateMode(r report) {
	servers := s.Servers()
	if (servers.Mode == Sentinel) != (servers.MasterName != "") {
		r.key("master_name").problem("is wanted with mode sentinel, and only there: what the sentinels call the master")
	}
	if servers.Mode != Sentinel && s.Sentinel != (RedisSentinel{}) {
		r.key("sentinel").problem("given, but the mode is %s, which has no sentinels", servers.Mode)
	}
	if servers.Mode == Cluster && servers.Database != 0 {
		r.key("database").problem("%d is not accepted: a cluster has only database 0", servers.Database)
		return
	}
	inRange(r.key("database"), s.Database, 0, 65535)
}

func (s RedisStore) validateHosts(r report, hosts []string) {
	for _, h := range hosts {
		host, port := splitHost(h)
		if host == "" || strings.ContainsAny(host, " /@,") {
			r.problem("%q names no host; host:port is wanted", h)
		}
		if !isPort(cmp.Or(port, "6379")) {
			r.problem("%q is not a port; host:port is wanted", port)
		}
	}
}

func (s RedisStore) validateTLS(r report) {
	if (s.TLS.CertFile == "") != (s.TLS.KeyFile == "") {
		r.problem("cert_file and key_file are wanted together")
	}
	given := !s.URL.IsZero() || len(s.Addresses) > 0
	if s.TLS != (RedisTLS{}) && given && !s.Servers().TLS {
		r.problem("given, but nothing asks for TLS; a rediss URL or `enabled: true` is wanted")
	}
}

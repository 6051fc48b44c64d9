package config

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// redisURL is a URL of one of the forms
//
//	redis://user:password@host:port/database
//	redis+sentinel://user:password@host:port,host:port/master/database
//	redis+cluster://user:password@host:port,host:port
//
// with rediss in place of redis for TLS. User and password, ports and database may be left out.
type redisURL struct {
	mode     RedisMode
	tls      bool
	user     *url.Userinfo // nil: none
	hosts    []string      // as written, with or without port
	master   string
	database int
}

// The ways in which a URL can be wrong. None repeats the URL, which may hold a password.
var (
	errRedisURL      = errors.New("is not a URL of a Redis server")
	errRedisQuery    = errors.New("has parameters after '?', which are not read; the keys of store.redis are wanted instead")
	errRedisDatabase = errors.New("does not end in the number of a database")
	errRedisHosts    = errors.New("names several servers, and redis:// is one; redis+sentinel:// or redis+cluster:// is wanted")
)

var redisSchemes = map[string]struct {
	mode RedisMode
	tls  bool
}{
	"redis": {Standalone, false}, "rediss": {Standalone, true},
	"redis+sentinel": {Sentinel, false}, "rediss+sentinel": {Sentinel, true},
	"redis+cluster": {Cluster, false}, "rediss+cluster": {Cluster, true},
}

// parseRedisURL takes a URL apart. The error joins all that is wrong with it.
func parseRedisURL(text string) (redisURL, error) {
	parts, ok := splitURL(text)
	scheme, known := redisSchemes[strings.ToLower(parts.scheme)]
	if !ok || !known || parts.fragment {
		return redisURL{}, errRedisURL
	}
	u := redisURL{mode: scheme.mode, tls: scheme.tls, user: parts.user, hosts: parts.hosts}
	var problems []error
	if parts.query {
		problems = append(problems, errRedisQuery)
	}
	if len(u.hosts) > 1 && u.mode == Standalone {
		problems = append(problems, errRedisHosts)
	}
	return u, errors.Join(append(problems, u.readPath(parts.path))...)
}

// readPath takes the master's name and the database.
func (u *redisURL) readPath(path string) error {
	words := strings.Split(strings.Trim(path, "/"), "/")
	if u.mode == Sentinel {
		u.master, words = words[0], words[1:]
	}
	if len(words) == 0 || len(words) == 1 && words[0] == "" {
		return nil
	}
	number, err := strconv.ParseUint(words[0], 10, 16)
	if err != nil || len(words) > 1 {
		return errRedisDatabase
	}
	u.database = int(number)
	return nil
}

// urlParts is a URL that may name several hosts.
type urlParts struct {
	scheme          string
	user            *url.Userinfo
	hosts           []string
	path            string // decoded
	escaped         string // as written
	query, fragment bool
}

// splitURL reads a URL as net/url does, but for the hosts, of which there may be several, with commas between.
func splitURL(text string) (urlParts, bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return urlParts{}, false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	start := strings.LastIndex(rest[:end], "@") + 1
	hosts := strings.Split(rest[start:end], ",")
	var first *url.URL
	for i := len(hosts) - 1; i >= 0; i-- {
		one, err := url.Parse(scheme + "://" + rest[:start] + hosts[i] + rest[end:])
		if err != nil || one.Hostname() == "" {
			return urlParts{}, false
		}
		first = one
	}
	return urlParts{
		scheme: first.Scheme, user: first.User, hosts: hosts, path: first.Path, escaped: first.EscapedPath(),
		query: first.RawQuery != "" || first.ForceQuery, fragment: first.Fragment != "",
	}, true
}

func defaultPort(mode RedisMode) string {
	if mode == Sentinel {
		return "26379"
	}
	return "6379"
}

// withPort gives those hosts a port that have none.
func withPort(hosts []string, port string) []string {
	addresses := make([]string, len(hosts))
	for i, h := range hosts {
		host, own := splitHost(h)
		addresses[i] = net.JoinHostPort(host, cmp.Or(own, port))
	}
	return addresses
}

// splitHost takes host:port, [host]:port, host or [host] apart; the port may be empty.
func splitHost(text string) (host, port string) {
	if h, p, err := net.SplitHostPort(text); err == nil {
		return h, p
	}
	return strings.Trim(text, "[]"), ""
}

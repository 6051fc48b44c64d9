package keystone

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// The defaults. CacheTTL is keystonemiddleware's token_cache_time.
const (
	DefaultCacheTTL  = 5 * time.Minute
	DefaultCacheSize = 10_000
	DefaultTimeout   = 5 * time.Second
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

// Options say where Keystone is and as whom to ask it. Everything above the empty line is required. The user needs a role that may validate
// tokens, which is service or admin in Keystone's default policy.
type Options struct {
	AuthURL       string // with or without /v3; http or https
	Username      string
	Password      Secret
	UserDomain    string // by name
	Project       string // by name
	ProjectDomain string // by name

	TLS       *tls.Config      // of an https AuthURL; nil: the machine's own authorities
	CacheTTL  time.Duration    // how long an answer counts at most
	CacheSize int              // most tokens whose answers are kept
	Timeout   time.Duration    // of one question, with all that belongs to it
	Now       func() time.Time // the clock by which answers grow old; nil: the machine's
}

// withDefaults checks what is given and fills in what is not.
func (o Options) withDefaults() (Options, error) {
	u, err := url.Parse(o.AuthURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return o, errors.New("keystone: the URL of the identity service cannot be read: want http://host[:port][/path] or https://…")
	}
	for _, required := range []string{o.Username, string(o.Password), o.UserDomain, o.Project, o.ProjectDomain} {
		if required == "" {
			return o, errors.New("keystone: name, password and domain of the user, and name and domain of its project, are required")
		}
	}
	if o.CacheTTL <= 0 {
		o.CacheTTL = DefaultCacheTTL
	}
	if o.CacheSize <= 0 {
		o.CacheSize = DefaultCacheSize
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// endpoint is the URL below which the calls of version 3 are, with a slash at its end.
func (o Options) endpoint() string {
	base := strings.TrimRight(o.AuthURL, "/")
	return strings.TrimSuffix(base, "/v3") + "/v3/"
}

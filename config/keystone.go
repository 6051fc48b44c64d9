package config

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

// Keystone is the identity service that issues a tenant's tokens, and as whom the gateway asks it about them.
type Keystone struct {
	AuthURL           string        `mapstructure:"auth_url" doc:"Where the identity service is: an http or https URL, with or without /v3."`
	Username          string        `mapstructure:"username" doc:"Name of the gateway's own user, which needs a role that may validate tokens: service or, in older clouds, admin."`
	Password          Secret        `mapstructure:"password" doc:"Password of that user."`
	UserDomainName    string        `mapstructure:"user_domain_name" default:"Default" doc:"Name of that user's domain."`
	ProjectName       string        `mapstructure:"project_name" default:"service" doc:"Name of the project in which that user has its role."`
	ProjectDomainName string        `mapstructure:"project_domain_name" default:"Default" doc:"Name of that project's domain."`
	CacheTTL          time.Duration `mapstructure:"cache_ttl" default:"5m" doc:"How long the service's word about a token counts at most, from 1s to 1h. A revoked token is refused no later than that."`
	Timeout           time.Duration `mapstructure:"timeout" default:"5s" doc:"How long one question may take, from 100ms to 1m."`
	CAFile            string        `mapstructure:"ca_file" doc:"PEM file with the authorities that may vouch for an https server. Absent: those of the machine."`
}

// normalize writes out what the file may leave to a default.
func (k *Keystone) normalize() {
	k.UserDomainName = cmp.Or(k.UserDomainName, "Default")
	k.ProjectName = cmp.Or(k.ProjectName, "service")
	k.ProjectDomainName = cmp.Or(k.ProjectDomainName, "Default")
	k.CacheTTL = cmp.Or(k.CacheTTL, 5*time.Minute)
	k.Timeout = cmp.Or(k.Timeout, 5*time.Second)
}

func (k *Keystone) validate(r report) {
	const example = "one with http or https is wanted, such as https://keystone.example.org:5000"
	switch at := r.key("auth_url"); {
	case k.AuthURL == "":
		at.problem("missing; %s", example)
	case !isWebURL(k.AuthURL):
		at.problem("%s is not a URL of an identity service; %s", NewURL(k.AuthURL), example)
	}
	if k.Username == "" {
		r.key("username").problem("missing; the name of a user is wanted, such as profilegate")
	}
	if k.Password.IsZero() {
		r.key("password").problem("missing; the user's password is wanted")
	}
	inRange(r.key("cache_ttl"), k.CacheTTL, time.Second, time.Hour)
	inRange(r.key("timeout"), k.Timeout, 100*time.Millisecond, time.Minute)
	if k.CAFile != "" && strings.HasPrefix(k.AuthURL, "http:") {
		r.key("ca_file").problem("given, but the URL has no TLS; an https URL is wanted")
	}
}

// isWebURL tells whether a text is an http or https URL of a server and nothing more: neither a user nor parameters. It can then stand in a
// header, between quotes.
func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") &&
		u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(text, "\"\\")
}

// ClientConfig reads the authorities' file and returns what a client needs to connect by TLS. It is nil if there is no such file.
func (k *Keystone) ClientConfig() (*tls.Config, error) {
	if k.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(k.CAFile)
	if err != nil {
		return nil, fmt.Errorf("keystone.ca_file: %w", err)
	}
	client := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !client.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("keystone.ca_file: %s holds no certificate in PEM", k.CAFile)
	}
	return client, nil
}

package config

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// RedisServers says where Redis is and how to log in, from wherever it was given.
type RedisServers struct {
	Mode       RedisMode
	Addresses  []string // host:port
	MasterName string   // with mode sentinel
	Database   int
	Username   string
	Password   Secret
	TLS        bool
}

// Servers lays what the URL says and what the keys say together.
func (s RedisStore) Servers() RedisServers {
	if s.URL.IsZero() {
		mode := s.mode()
		return RedisServers{
			Mode: mode, Addresses: withPort(s.Addresses, defaultPort(mode)), MasterName: s.MasterName, Database: s.Database,
			Username: s.Username, Password: s.Password, TLS: s.TLS.Enabled,
		}
	}
	u, err := parseRedisURL(s.URL.Reveal())
	if err != nil {
		return RedisServers{} // refused by validate
	}
	found := RedisServers{
		Mode: u.mode, Addresses: withPort(u.hosts, defaultPort(u.mode)), MasterName: cmp.Or(u.master, s.MasterName), Database: cmp.Or(u.database, s.Database),
		Username: s.Username, Password: s.Password, TLS: u.tls || s.TLS.Enabled,
	}
	if u.user != nil {
		text, _ := u.user.Password()
		found.Username, found.Password = u.user.Username(), NewSecret(text)
	}
	return found
}

// mode is the mode where no URL says it.
func (s RedisStore) mode() RedisMode {
	if s.Mode == "" {
		return Standalone
	}
	return s.Mode
}

// ClientConfig reads the files and returns what a client needs to connect by TLS. It is nil if nothing asks for TLS.
func (s RedisStore) ClientConfig() (*tls.Config, error) {
	if !s.Servers().TLS {
		return nil, nil
	}
	client := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.TLS.ServerName}
	if s.TLS.CAFile != "" {
		pem, err := os.ReadFile(s.TLS.CAFile)
		if err != nil {
			return nil, fmt.Errorf("store.redis.tls.ca_file: %w", err)
		}
		client.RootCAs = x509.NewCertPool()
		if !client.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("store.redis.tls.ca_file: %s holds no certificate in PEM", s.TLS.CAFile)
		}
	}
	if s.TLS.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(s.TLS.CertFile, s.TLS.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("store.redis.tls.cert_file: %w", err)
		}
		client.Certificates = []tls.Certificate{pair}
	}
	return client, nil
}

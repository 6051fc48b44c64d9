package config

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Address is the server's host:port, as the URL has it; 6379 where it names no port.
func (s RedisStore) Address() string {
	u := s.parsed()
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "6379"))
}

// Database is the number of the server's database, as the URL has it; 0 where it names none.
func (s RedisStore) Database() int {
	number, err := databaseOf(s.parsed())
	if err != nil {
		return 0 // refused by validate
	}
	return number
}

// Credentials are the name and the password to authenticate with, from wherever they were given. Both may be empty.
func (s RedisStore) Credentials() (username string, password Secret) {
	user := s.parsed().User
	if user == nil {
		return s.Username, s.Password
	}
	text, _ := user.Password()
	return user.Username(), NewSecret(text)
}

// parsed is the URL in parts. One that cannot be parsed was refused by validate and has none.
func (s RedisStore) parsed() *url.URL {
	u, err := url.Parse(s.URL.Reveal())
	if err != nil {
		return &url.URL{}
	}
	return u
}

func databaseOf(u *url.URL) (int, error) {
	path := strings.TrimPrefix(u.Path, "/")
	if path == "" {
		return 0, nil
	}
	number, err := strconv.ParseUint(path, 10, 16)
	return int(number), err
}

// UsesTLS tells whether the URL asks for TLS.
func (s RedisStore) UsesTLS() bool {
	return strings.HasPrefix(strings.ToLower(s.URL.Reveal()), "rediss:")
}

// ClientConfig reads the files and returns what a client needs to connect by TLS. It is nil if the URL does not ask for TLS.
func (s RedisStore) ClientConfig() (*tls.Config, error) {
	if !s.UsesTLS() {
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
	if client.ServerName == "" {
		client.ServerName = s.parsed().Hostname()
	}
	return client, nil
}

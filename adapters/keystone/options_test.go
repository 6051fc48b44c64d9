package keystone_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/keystone"
	"github.com/profilegate/profilegate/adapters/keystone/keystonetest"
)

func TestOptionsThatAreRefused(t *testing.T) {
	c := startCloud(t)
	for name, spoil := range map[string]func(*keystone.Options){
		"no URL":         func(o *keystone.Options) { o.AuthURL = "" },
		"no host":        func(o *keystone.Options) { o.AuthURL = "http:///v3" },
		"another scheme": func(o *keystone.Options) { o.AuthURL = "ftp://h" },
		"no URL at all":  func(o *keystone.Options) { o.AuthURL = "http://h:%" },
		"no user":        func(o *keystone.Options) { o.Username = "" },
		"no password":    func(o *keystone.Options) { o.Password = "" },
		"no user domain": func(o *keystone.Options) { o.UserDomain = "" },
		"no project":     func(o *keystone.Options) { o.Project = "" },
		"no domain":      func(o *keystone.Options) { o.ProjectDomain = "" },
	} {
		o := c.options()
		spoil(&o)
		_, err := keystone.New(o)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "gate-password", name)
	}
}

func TestTheURLMayNameTheVersion(t *testing.T) {
	c := startCloud(t)
	for _, suffix := range []string{"", "/", "/v3", "/v3/"} {
		o := c.options()
		o.AuthURL += suffix
		c.good(t, authenticator(t, o), c.token())
	}
}

func TestTLS(t *testing.T) {
	clock := newClock()
	s := keystonetest.Start(keystonetest.Options{Now: clock.Now, TLS: true})
	t.Cleanup(s.Close)
	service := s.AddService("gate", "p")
	o := keystone.Options{
		AuthURL: s.URL(), Username: "gate", Password: "p", UserDomain: "Default", Project: "service", ProjectDomain: "Default", Now: clock.Now,
	}
	token := s.Issue(service, keystonetest.Project{})
	unanswered(t, authenticator(t, o), token) // nobody vouches for the certificate
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(s.CertificatePEM()))
	o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	actor, err := authenticator(t, o).Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, service.ID, actor.User)
}

func TestSecretsAreNotShown(t *testing.T) {
	o := keystone.Options{Password: "hush"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("options", "password", o.Password)
	for _, text := range []string{fmt.Sprint(o), fmt.Sprintf("%+v", o), fmt.Sprintf("%#v", o), o.Password.String(), log.String()} {
		require.NotContains(t, text, "hush")
	}
	require.Empty(t, keystone.Secret("").String())
}

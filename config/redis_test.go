package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

func TestRedisServers(t *testing.T) {
	type servers = config.RedisServers
	secret := config.NewSecret
	for _, c := range []struct {
		store config.RedisStore
		want  servers
	}{
		{config.RedisStore{URL: config.NewURL("redis://h")}, servers{Mode: config.Standalone, Addresses: []string{"h:6379"}}},
		{config.RedisStore{URL: config.NewURL("redis://h:1/")}, servers{Mode: config.Standalone, Addresses: []string{"h:1"}}},
		{config.RedisStore{URL: config.NewURL("rediss://[::1]:1/15")}, servers{Mode: config.Standalone, Addresses: []string{"[::1]:1"}, Database: 15, TLS: true}},
		{
			config.RedisStore{URL: config.NewURL("redis://u:p%40@h/3")},
			servers{Mode: config.Standalone, Addresses: []string{"h:6379"}, Database: 3, Username: "u", Password: secret("p@")},
		},
		{
			config.RedisStore{URL: config.NewURL("redis://h/3"), Username: "v", Password: secret("q")},
			servers{Mode: config.Standalone, Addresses: []string{"h:6379"}, Database: 3, Username: "v", Password: secret("q")},
		},
		{
			config.RedisStore{URL: config.NewURL("redis+sentinel://u:p@a,[::1],c:1/gate/2")},
			servers{
				Mode: config.Sentinel, Addresses: []string{"a:26379", "[::1]:26379", "c:1"}, MasterName: "gate", Database: 2,
				Username: "u", Password: secret("p"),
			},
		},
		{
			config.RedisStore{URL: config.NewURL("REDISS+cluster://a:1,b:2"), Mode: config.Cluster},
			servers{Mode: config.Cluster, Addresses: []string{"a:1", "b:2"}, TLS: true},
		},
		{config.RedisStore{Addresses: []string{"h"}, Database: 2}, servers{Mode: config.Standalone, Addresses: []string{"h:6379"}, Database: 2}},
		{
			config.RedisStore{Mode: config.Sentinel, Addresses: []string{"a", "b:1"}, MasterName: "gate", TLS: config.RedisTLS{Enabled: true}},
			servers{Mode: config.Sentinel, Addresses: []string{"a:26379", "b:1"}, MasterName: "gate", TLS: true},
		},
		{
			config.RedisStore{Mode: config.Cluster, Addresses: []string{"::1", "[::1]", "b"}},
			servers{Mode: config.Cluster, Addresses: []string{"[::1]:6379", "[::1]:6379", "b:6379"}},
		},
	} {
		require.Equal(t, c.want, c.store.Servers())
	}
}

func TestRedisTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writePair(t, dir)
	broken := filepath.Join(dir, "broken.pem")
	require.NoError(t, os.WriteFile(broken, []byte("nothing"), 0o600))

	t.Run("none without rediss", func(t *testing.T) {
		client, err := config.RedisStore{URL: config.NewURL("redis://h")}.ClientConfig()
		require.NoError(t, err)
		require.Nil(t, client)
	})
	t.Run("the machine's authorities, the host's name", func(t *testing.T) {
		client, err := config.RedisStore{URL: config.NewURL("rediss://h:1")}.ClientConfig()
		require.NoError(t, err)
		require.Empty(t, client.ServerName, "each server is asked for the name by which it is reached")
		require.Nil(t, client.RootCAs)
	})
	t.Run("all of it", func(t *testing.T) {
		client, err := config.RedisStore{
			URL: config.NewURL("rediss://h:1"),
			TLS: config.RedisTLS{CAFile: certFile, CertFile: certFile, KeyFile: keyFile, ServerName: "other"},
		}.ClientConfig()
		require.NoError(t, err)
		require.Equal(t, "other", client.ServerName)
		require.NotNil(t, client.RootCAs)
		require.Len(t, client.Certificates, 1)
	})
	for name, files := range map[string]config.RedisTLS{
		"authority missing":  {CAFile: filepath.Join(dir, "missing")},
		"authority broken":   {CAFile: broken},
		"certificate broken": {CertFile: broken, KeyFile: keyFile},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.RedisStore{URL: config.NewURL("rediss://h"), TLS: files}.ClientConfig()
			require.ErrorContains(t, err, "store.redis.tls.")
		})
	}
}

// writePair writes a certificate that signs itself, and its key.
func writePair(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	keyBytes, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyBytes}), 0o600))
	return certFile, keyFile
}

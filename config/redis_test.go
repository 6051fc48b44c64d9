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

func TestRedisServer(t *testing.T) {
	for _, c := range []struct {
		store    config.RedisStore
		address  string
		database int
		username string
		password string
	}{
		{config.RedisStore{URL: config.NewURL("redis://h")}, "h:6379", 0, "", ""},
		{config.RedisStore{URL: config.NewURL("redis://h:1/")}, "h:1", 0, "", ""},
		{config.RedisStore{URL: config.NewURL("redis://[::1]:1/15")}, "[::1]:1", 15, "", ""},
		{config.RedisStore{URL: config.NewURL("redis://u:p%40@h/3")}, "h:6379", 3, "u", "p@"},
		{config.RedisStore{URL: config.NewURL("redis://h/3"), Username: "v", Password: config.NewSecret("q")}, "h:6379", 3, "v", "q"},
	} {
		username, password := c.store.Credentials()
		require.Equal(t, c.address, c.store.Address())
		require.Equal(t, c.database, c.store.Database())
		require.Equal(t, c.username, username)
		require.Equal(t, c.password, password.Reveal())
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
	t.Run("the machine's authorities, the URL's host", func(t *testing.T) {
		client, err := config.RedisStore{URL: config.NewURL("rediss://h:1")}.ClientConfig()
		require.NoError(t, err)
		require.Equal(t, "h", client.ServerName)
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

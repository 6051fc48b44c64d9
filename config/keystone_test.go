package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

func TestKeystoneAuthorities(t *testing.T) {
	dir := t.TempDir()
	certFile, _ := writePair(t, dir)
	broken := filepath.Join(dir, "broken.pem")
	require.NoError(t, os.WriteFile(broken, []byte("nothing"), 0o600))

	client, err := (&config.Keystone{}).ClientConfig()
	require.NoError(t, err)
	require.Nil(t, client, "the machine's own authorities")
	client, err = (&config.Keystone{CAFile: certFile}).ClientConfig()
	require.NoError(t, err)
	require.NotNil(t, client.RootCAs)
	for _, file := range []string{broken, filepath.Join(dir, "missing")} {
		_, err := (&config.Keystone{CAFile: file}).ClientConfig()
		require.ErrorContains(t, err, "keystone.ca_file: ")
	}
}

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

func TestBareServerAnswersAsTheGatewayDid(t *testing.T) {
	config := bareConfig{
		Kind: bareBolt, Method: http.MethodPost, Path: "/profiles/:id", File: filepath.Join(t.TempDir(), "bare.db"),
		Answer: answer{Status: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}, "X-Own": {"1"}}, Body: []byte(`{"a":1}`)},
	}
	input, tell := io.Pipe()
	told, output := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveBare(input, output) }()
	require.NoError(t, json.NewEncoder(tell).Encode(config))
	addr := make([]byte, 64)
	n, err := told.Read(addr)
	require.NoError(t, err)

	c, err := dialHTTP(strings.TrimSpace(string(addr[:n])), post("/profiles/p1", "", `{"b":2}`), http.StatusCreated)
	require.NoError(t, err)
	got, err := c.exchange()
	require.NoError(t, err)
	require.Contains(t, string(got), "X-Own: 1\r\n")
	require.True(t, strings.HasSuffix(string(got), "\r\n\r\n"+`{"a":1}`), "%s", got)
	require.NoError(t, c.close())

	require.NoError(t, tell.Close())
	require.NoError(t, <-ended)
}

func TestGroupWriterKeepsWhatItAcknowledged(t *testing.T) {
	w, err := openGroupWriter(filepath.Join(t.TempDir(), "bare.db"))
	require.NoError(t, err)
	require.NoError(t, w.put([]byte("k"), []byte("v")))
	require.NoError(t, w.db.View(func(tx *bbolt.Tx) error {
		require.Equal(t, "v", string(tx.Bucket(bucketName).Get([]byte("k"))))
		return nil
	}))
	require.NoError(t, w.db.Close())
}

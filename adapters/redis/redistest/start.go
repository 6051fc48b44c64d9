package redistest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Start launches a server that ends with the test.
func Start(tb testing.TB, config ...string) *Server {
	tb.Helper()
	s, err := Launch(tb.Context(), tb.TempDir(), config...)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Kill()) })
	return s
}

// Restart runs a server that was killed or stopped again, on the same port and data.
func Restart(tb testing.TB, s *Server) {
	tb.Helper()
	require.NoError(tb, s.Start(tb.Context()))
}

// Flush empties the server.
func Flush(tb testing.TB, s *Server) {
	tb.Helper()
	rdb := s.Client()
	defer func() { require.NoError(tb, rdb.Close()) }()
	require.NoError(tb, rdb.FlushAll(tb.Context()).Err())
}

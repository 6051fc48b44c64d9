package redistest

import "context"

// TB is what this package needs of a *testing.T or *testing.B.
type TB interface {
	Helper()
	Cleanup(f func())
	Context() context.Context
	TempDir() string
	Fatalf(format string, args ...any)
}

// Start launches a server that ends with the test.
func Start(tb TB, config ...string) *Server {
	tb.Helper()
	s, err := Launch(tb.Context(), tb.TempDir(), config...)
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Kill()) })
	return s
}

// Restart runs a server that was killed or stopped again, on the same port and data.
func Restart(tb TB, s *Server) {
	tb.Helper()
	must(tb, s.Start(tb.Context()))
}

// Flush empties the server.
func Flush(tb TB, s *Server) {
	tb.Helper()
	rdb := s.Client()
	must(tb, rdb.FlushAll(tb.Context()).Err())
	must(tb, rdb.Close())
}

func must(tb TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatalf("%v", err)
	}
}

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

// StartTLS launches a server that speaks TLS only and ends with the test.
func StartTLS(tb TB, certs *Certificates, config ...string) *Server {
	tb.Helper()
	s, err := LaunchTLS(tb.Context(), tb.TempDir(), certs, config...)
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Kill()) })
	return s
}

// StartCluster launches a Cluster that ends with the test. It takes about three seconds; where several tests can share one, let them.
func StartCluster(tb TB, config ...string) *Cluster {
	tb.Helper()
	c, err := LaunchCluster(tb.Context(), tb.TempDir(), config...)
	must(tb, err)
	tb.Cleanup(func() { must(tb, c.Stop()) })
	return c
}

// StartSentinel launches a master, its replicas and sentinels, which end with the test. It takes about three seconds; where several tests can
// share them, let them.
func StartSentinel(tb TB, config ...string) *Sentinel {
	tb.Helper()
	s, err := LaunchSentinel(tb.Context(), tb.TempDir(), config...)
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Stop()) })
	return s
}

// MakeCertificates makes certificates that end with the test.
func MakeCertificates(tb TB) *Certificates {
	tb.Helper()
	c, err := NewCertificates(tb.TempDir())
	must(tb, err)
	return c
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

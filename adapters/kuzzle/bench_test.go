package kuzzle_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
)

// sink is a ResponseWriter that costs next to nothing.
type sink struct {
	header http.Header
	body   []byte
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { s.body = append(s.body[:0], b...); return len(b), nil }

// BenchmarkGetProfile reads one profile. Compare it with BenchmarkBareEcho, the least that echo can do to answer the same bytes.
func BenchmarkGetProfile(b *testing.B) {
	g := newGate(b, nil)
	created := g.do(http.MethodPost, "/profiles/moderators/_create?refresh=false", exampleProfile)
	require.Equal(b, http.StatusOK, created.status, created.body)
	r, err := http.NewRequestWithContext(g.context(), http.MethodGet, "/profiles/moderators", http.NoBody)
	require.NoError(b, err)
	benchmarkHandler(b, g.api, r)
}

func BenchmarkBareEcho(b *testing.B) {
	g := newGate(b, nil)
	body := []byte(g.do(http.MethodPost, "/profiles/moderators/_create?refresh=false", exampleProfile).body)
	e := echo.New()
	e.GET("/profiles/:_id", func(c echo.Context) error { return c.Blob(http.StatusOK, "application/json", body) })
	r, err := http.NewRequestWithContext(g.context(), http.MethodGet, "/profiles/moderators", http.NoBody)
	require.NoError(b, err)
	benchmarkHandler(b, e, r)
}

func BenchmarkGetProfileMessage(b *testing.B) {
	g := newGate(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		g.api.Message(g.context(), webSocket(), []byte(`{"controller":"security","action":"getProfile","_id":"admin","requestId":"r"}`))
	}
}

func benchmarkHandler(b *testing.B, h http.Handler, r *http.Request) {
	b.Helper()
	w := &sink{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
	require.Equal(b, http.StatusOK, w.status, "%s", w.body)
}

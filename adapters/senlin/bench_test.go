package senlin_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/senlin"
	"github.com/profilegate/profilegate/core"
)

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// bare is the least that echo can do for the same request: a route, and bytes from memory.
func bare(method, path string, status int, body []byte) http.Handler {
	e := echo.New()
	e.Add(method, path, func(c echo.Context) error { return c.Blob(status, "application/json", body) })
	return e
}

// example is a profile as the API document shows one: about a kilobyte.
const example = `{"profile":{"name":"web","metadata":{"team":"a","tier":"front"},"spec":{"type":"os.nova.server","version":"1.0","properties":{` +
	`"name":"cirros_server","flavor":"m1.small","image":"cirros-0.3.4-x86_64-uec","key_name":"oskey","networks":[{"network":"private"}],` +
	`"metadata":{"test_key":"test_value"},"user_data":"#!/bin/sh\necho 'hello, world' > /tmp/test_file","scheduler_hints":{"group":"g"},` +
	`"security_groups":["default"],"config_drive":true}}}}`

// shown makes the example and gives its path and its whole answer.
func shown(tb testing.TB, h http.Handler) (path string, body []byte) {
	tb.Helper()
	w := answer(h, ask(http.MethodPost, "/v1/profiles", example))
	require.Equalf(tb, http.StatusCreated, w.Code, "body: %s", w.Body)
	p, _ := decoded(tb, w)["profile"].(map[string]any)
	id, _ := p["id"].(string)
	return "/v1/profiles/" + id, w.Body.Bytes()
}

// rivals are the dialect and the bare handler for one request. Both get requests that carry their tenant already, as a listener with a
// single tenant hands them on.
func rivals(b *testing.B, method, route string, status int) (h map[string]http.Handler, ctx context.Context, path string) {
	b.Helper()
	t := tenant(b)
	a := senlin.New(senlin.Options{Authenticator: callers()})
	path, body := shown(b, within(t, a))
	return map[string]http.Handler{"senlin": a, "bare": bare(method, route, status, body)}, core.WithTenant(b.Context(), t), path
}

func BenchmarkShowProfile(b *testing.B) {
	handlers, ctx, path := rivals(b, http.MethodGet, "/v1/profiles/:id", http.StatusOK)
	for name, h := range handlers {
		b.Run(name, func(b *testing.B) {
			r := ask(http.MethodGet, path, "", "OpenStack-API-Version", "clustering 1.14").WithContext(ctx)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&discard{header: make(http.Header, 8)}, r)
			}
		})
	}
}

func BenchmarkCreateProfile(b *testing.B) {
	handlers, ctx, _ := rivals(b, http.MethodPost, "/v1/profiles", http.StatusCreated)
	for name, h := range handlers {
		b.Run(name, func(b *testing.B) {
			r := ask(http.MethodPost, "/v1/profiles", example, "OpenStack-API-Version", "clustering 1.14").WithContext(ctx)
			body := strings.NewReader(example)
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(example)
				r.Body = io.NopCloser(body)
				h.ServeHTTP(&discard{header: make(http.Header, 8)}, r)
			}
		})
	}
}

// BenchmarkShowOnLoopback compares the two behind net/http, with 16 connections that are kept alive.
func BenchmarkShowOnLoopback(b *testing.B) {
	handlers, ctx, path := rivals(b, http.MethodGet, "/v1/profiles/:id", http.StatusOK)
	for name, h := range handlers {
		b.Run(name, func(b *testing.B) { loopback(ctx, b, h, path) })
	}
}

const connections = 16

func loopback(ctx context.Context, b *testing.B, h http.Handler, path string) {
	b.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	s.Start()
	defer s.Close()
	request := "GET " + path + " HTTP/1.1\r\nHost: example.com\r\nX-Auth-Token: " + demo +
		"\r\nOpenStack-API-Version: clustering 1.14\r\nAccept: application/json\r\n\r\n"
	clients := make(chan client, connections)
	for range connections {
		c := dial(b, s.Listener.Addr().String())
		defer c.Close()
		clients <- client{c, bufio.NewReaderSize(c, 8<<10)}
	}
	b.SetParallelism(connections)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c := <-clients
			if err := c.exchange(request); err != nil {
				b.Error(err)
				return
			}
			clients <- c
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// client costs little: it reads just enough of an answer to find its end.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

var lengthHeader = []byte("Content-Length: ")

func (c client) exchange(request string) error {
	if _, err := io.WriteString(c.conn, request); err != nil {
		return err
	}
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if text, ok := bytes.CutPrefix(line, lengthHeader); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(text))); err != nil {
				return err
			}
		}
	}
	_, err := c.in.Discard(length)
	return err
}

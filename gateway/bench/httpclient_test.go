package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
)

func TestHTTPClientReadsWholeAnswersAndNumbersRequests(t *testing.T) {
	var bodies sync.Map
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if _, seen := bodies.LoadOrStore(string(body), true); seen || err != nil {
			w.WriteHeader(http.StatusConflict)
			return
		}
		// In two pieces, so that the client has to read twice.
		w.Header().Set("Content-Length", "20000")
		_, _ = io.WriteString(w, strings.Repeat("a", 10000)) // the client notices what does not arrive
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, strings.Repeat("b", 10000))
	}))
	t.Cleanup(s.Close)
	c, err := dialHTTP(strings.TrimPrefix(s.URL, "http://"), post("/", "", idPlace), http.StatusOK)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })

	one := &side{clients: []client{c}, times: []*hdrhistogram.Histogram{newHistogram()}}
	got, err := one.load(t.Context(), 50*time.Millisecond)
	require.NoError(t, err)
	require.Positive(t, got.requests)
	require.LessOrEqual(t, got.p50, got.p99)
}

func TestHTTPClientRefusesOtherAnswers(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	c, err := dialHTTP(strings.TrimPrefix(s.URL, "http://"), get("/", ""), http.StatusOK)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })
	require.ErrorContains(t, c.do(), "404 Not Found")
}

func TestAnswerLength(t *testing.T) {
	tests := map[string]struct {
		text string
		want int
		bad  bool
	}{
		"not there yet": {text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"},
		"no body":       {text: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", want: 46},
		"last header":   {text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", want: 43},
		"first header":  {text: "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nA: b\r\n\r\n", want: 57},
		"no length":     {text: "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := answerLength([]byte(tt.text))
			require.Equal(t, tt.bad, err != nil, "%v", err)
			require.Equal(t, tt.want, got)
		})
	}
}

package gateway

import (
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// counted counts how often a connection's deadlines were set.
type counted struct {
	net.Conn
	reading, writing atomic.Int64
}

func (c *counted) SetReadDeadline(at time.Time) error {
	c.reading.Add(1)
	return c.Conn.SetReadDeadline(at)
}

func (c *counted) SetWriteDeadline(at time.Time) error {
	c.writing.Add(1)
	return c.Conn.SetWriteDeadline(at)
}

func TestReadsEndAtTheDeadlineAskedForLast(t *testing.T) {
	for name, c := range map[string]struct {
		asked []time.Duration // from the start; 0: none
		ends  time.Duration
		set   int64 // on the socket, until the read is over
	}{
		"one":                {[]time.Duration{time.Second}, time.Second, 1},
		"an earlier one":     {[]time.Duration{time.Minute, time.Second}, time.Second, 2},
		"a later one":        {[]time.Duration{time.Second, time.Minute}, time.Minute, 2},
		"none, then one":     {[]time.Duration{time.Second, 0, time.Minute}, time.Minute, 2},
		"one that has been":  {[]time.Duration{time.Second, -time.Second}, 0, 2},
		"past, then a later": {[]time.Duration{-time.Hour, 0, time.Minute}, time.Minute, 2},
		"many":               {[]time.Duration{3 * time.Second, time.Minute, 0, 10 * time.Second, 5 * time.Second}, 5 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				raw := &counted{Conn: near}
				conn := newTimedConn(raw)
				defer conn.Close()
				start := time.Now()
				for _, after := range c.asked {
					at := start.Add(after)
					if after == 0 {
						at = time.Time{}
					}
					require.NoError(t, conn.SetReadDeadline(at))
				}
				_, err := conn.Read(make([]byte, 1))
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				require.Equal(t, c.ends, time.Since(start))
				require.Equal(t, c.set, raw.reading.Load())
			})
		})
	}
}

// TestADeadlineCanBeMovedUnderARead holds for what a server does to stop one: it sets a deadline that has been.
func TestADeadlineCanBeMovedUnderARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		conn := newTimedConn(near)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		ended := make(chan error)
		read := func() {
			_, err := conn.Read(make([]byte, 1))
			ended <- err
		}
		go read()
		synctest.Wait()
		require.NoError(t, conn.SetReadDeadline(time.Unix(1, 0)))
		require.ErrorIs(t, <-ended, os.ErrDeadlineExceeded)

		require.NoError(t, conn.SetReadDeadline(time.Time{}))
		go read()
		<-time.After(time.Hour) // of the bubble's time
		_, err := far.Write([]byte("x"))
		require.NoError(t, err)
		require.NoError(t, <-ended)
	})
}

// TestWritesGoOnAfterAnEarlyTimer lets the peer take one byte before the timer that the socket has, and the rest after it.
func TestWritesGoOnAfterAnEarlyTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		raw := &counted{Conn: near}
		conn := newTimedConn(raw)
		defer conn.Close()
		start := time.Now()
		require.NoError(t, conn.SetWriteDeadline(start.Add(time.Second)))
		require.NoError(t, conn.SetWriteDeadline(start.Add(3*time.Second)))
		got := make(chan string)
		go func() {
			p := make([]byte, 8)
			n, _ := far.Read(p[:2])
			<-time.After(2 * time.Second)
			m, _ := far.Read(p[n:])
			got <- string(p[:n+m])
		}()
		n, err := conn.Write([]byte("answer"))
		require.NoError(t, err)
		require.Equal(t, 6, n)
		require.Equal(t, "answer", <-got)
		require.Equal(t, int64(2), raw.writing.Load())

		n, err = conn.Write([]byte("nobody takes this"))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Zero(t, n)
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

// servedPipe is a listener of one connection, which it gives out once.
type servedPipe struct {
	conns chan net.Conn
}

func (l *servedPipe) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l *servedPipe) Close() error   { return nil }
func (l *servedPipe) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestARequestMovesFewTimers counts what is left of the deadlines that a server with all its bounds asks for.
func TestARequestMovesFewTimers(t *testing.T) {
	const requests = 50
	near, far := net.Pipe()
	raw := &counted{Conn: near}
	l := &servedPipe{conns: make(chan net.Conn, 1)}
	l.conns <- newTimedConn(raw)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute, ReadTimeout: 2 * time.Minute, IdleTimeout: time.Hour, WriteTimeout: time.Hour,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }),
	}
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	answer := make([]byte, 4096)
	for range requests {
		_, err := io.WriteString(far, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		_, err = far.Read(answer)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, raw.reading.Load(), int64(3*requests+3))
	require.LessOrEqual(t, raw.writing.Load(), int64(3))
	t.Logf("a request moves %.1f timers", float64(raw.reading.Load()+raw.writing.Load())/requests)
	close(l.conns)
	require.ErrorIs(t, <-ended, net.ErrClosed)
	require.NoError(t, far.Close())
}

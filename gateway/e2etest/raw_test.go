package e2etest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rawConn is a connection on which a test says whatever it likes.
type rawConn struct {
	net.Conn
	in *bufio.Reader
}

// dialRaw connects to a listener. All that is read and written must be over when patience is.
func dialRaw(t *testing.T, address string) *rawConn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(soon(t), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &rawConn{c, bufio.NewReader(c)}
}

// status reads one answer of HTTP.
func (c *rawConn) status(t *testing.T) int {
	t.Helper()
	answer, err := http.ReadResponse(c.in, nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

// hangUp tells the other side that no more will come.
func (c *rawConn) hangUp() {
	if half, ok := c.Conn.(*net.TCPConn); ok {
		_ = half.CloseWrite() // the other side may have closed already
	}
}

// rest reads until the other side closes. A reset is an end too; ok is false where there was no end in time.
func (c *rawConn) rest() (said []byte, ok bool) {
	said, err := io.ReadAll(c.in)
	return said, !errors.Is(err, os.ErrDeadlineExceeded)
}

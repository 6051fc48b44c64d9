package history

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// echo is a server that says again what it hears.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestLink(t *testing.T) {
	k := linked(t, echo(t))
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", k.Addr())
	require.NoError(t, err)
	defer c.Close()
	says := func(text string, within time.Duration) error {
		require.NoError(t, c.SetDeadline(time.Now().Add(within)))
		if _, err := c.Write([]byte(text)); err != nil {
			return err
		}
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil {
			return err
		}
		require.Equal(t, text, string(got))
		return nil
	}
	require.NoError(t, says("hello", time.Minute))

	k.Delay(30 * time.Millisecond)
	begun := time.Now()
	require.NoError(t, says("slowly", time.Minute))
	require.GreaterOrEqual(t, time.Since(begun), 60*time.Millisecond, "each way")
	k.Restore()

	k.Stall()
	require.Error(t, says("nobody hears", 50*time.Millisecond))
	k.Restore()
	got := make([]byte, len("nobody hears"))
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.ReadFull(c, got)
	require.NoError(t, err, "what was held back passes in the end")

	k.Cut()
	require.Error(t, says("gone", time.Minute))
	again, err := new(net.Dialer).DialContext(t.Context(), "tcp", k.Addr())
	require.NoError(t, err, "new connections are taken")
	require.NoError(t, again.Close())
}

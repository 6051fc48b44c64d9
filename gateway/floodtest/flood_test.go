package floodtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// The flood is a process of its own: both ends of a connection are files, and two times ten thousand may be more than one process may have.
const (
	floodEnv = "FLOODTEST_ADDRESSES" // of a WebSocket listener and of others; with it the test binary is the flood
	upgraded = 10_000                // connections of WebSocket that never say a word
	mute     = 600                   // connections to each listener that never say anything at all
	dialers  = 32
	sources  = 8 // loopback addresses that they come from
)

const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

func TestMain(m *testing.M) {
	if addresses := os.Getenv(floodEnv); addresses != "" {
		if err := flood(strings.Split(addresses, ",")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// flood opens the connections, says so on its standard output, and keeps them until its standard input ends.
func flood(addresses []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var kept keeper
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(dialers)
	for i := range upgraded {
		all.Go(func() error { return kept.open(ctx, i, addresses[0], upgrade) })
	}
	for i := range mute * len(addresses) {
		all.Go(func() error { return kept.open(ctx, i, addresses[i%len(addresses)], "") })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	fmt.Println("open")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

type keeper struct {
	mu    sync.Mutex
	conns []net.Conn
}

// open opens a connection from one of the addresses. What is said first must be answered with an upgrade; a connection that was displaced by
// then, by one of the flood's own, is no failure.
func (k *keeper) open(ctx context.Context, n int, address, first string) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+n%sources))}}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.conns = append(k.conns, c)
	k.mu.Unlock()
	if first == "" {
		return nil
	}
	if _, err = io.WriteString(c, first); err != nil {
		return nil //nolint:nilerr // displaced
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.Contains(answer, " 101 ") {
		return errors.New("no upgrade: " + answer)
	}
	return nil
}

// startFlood runs the flood until the test ends, and returns when all is open.
func startFlood(t *testing.T, addresses ...string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self) //nolint:noctx // it ends when its standard input does
	c.Env = append(os.Environ(), floodEnv+"="+strings.Join(addresses, ","))
	c.Stderr = os.Stderr
	end, err := c.StdinPipe()
	require.NoError(t, err)
	output, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		require.NoError(t, end.Close())
		require.NoError(t, c.Wait())
	})
	said, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "open\n", said)
}

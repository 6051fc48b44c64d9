package gateway

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// peer is a connection that does nothing but remember that it was closed.
type peer struct {
	net.Conn
	from   string
	closed bool
}

func (p *peer) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(p.from), 1))
}
func (p *peer) Read(b []byte) (int, error) { return len(b), nil }
func (p *peer) Close() error               { p.closed = true; return nil }

func TestNewcomersTakeThePlaceOfTheLargestAddress(t *testing.T) {
	c := newConnections(4)
	start := time.Now()
	old := &peer{from: "10.0.0.1"}
	flood := []*peer{{from: "10.0.0.9"}, {from: "10.0.0.9"}, {from: "10.0.0.9"}}
	require.NotNil(t, c.admit(old, start))
	for i, p := range flood {
		require.NotNil(t, c.admit(p, start.Add(time.Duration(i+1)*time.Millisecond)))
	}
	newcomer := &peer{from: "10.0.0.2"}
	require.NotNil(t, c.admit(newcomer, start.Add(5*time.Millisecond)))
	require.Equal(t, []bool{true, false, false}, []bool{flood[0].closed, flood[1].closed, flood[2].closed}, "the longest silent of the largest")
	require.False(t, old.closed, "it is older than all, but of an address with one connection")
	require.Nil(t, c.admit(&peer{from: "10.0.0.9"}, start.Add(6*time.Millisecond)), "all of its own address were heard of just now")
	require.NotNil(t, c.admit(&peer{from: "10.0.0.9"}, start.Add(time.Minute)))
	require.True(t, flood[1].closed)
	require.Equal(t, 4, c.count())
	require.Equal(t, uint64(2), c.displaced.Load())
	require.Equal(t, uint64(1), c.refused.Load())
}

func TestWhoSpeaksKeepsItsPlace(t *testing.T) {
	c := newConnections(2)
	start := time.Now().Add(-time.Hour)
	silent, speaking := &peer{from: "10.0.0.1"}, &peer{from: "10.0.0.1"}
	first := c.admit(speaking, start)
	require.NotNil(t, c.admit(silent, start.Add(time.Second)))
	_, err := first.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NotNil(t, c.admit(&peer{from: "10.0.0.1"}, time.Now()))
	require.True(t, silent.closed)
	require.False(t, speaking.closed)
}

func TestSources(t *testing.T) {
	of := func(address string) netip.Prefix { return sourceOf((&peer{from: address}).RemoteAddr()) }
	require.Equal(t, "10.0.0.1/32", of("10.0.0.1").String())
	require.Equal(t, of("10.0.0.1"), of("::ffff:10.0.0.1"))
	require.Equal(t, of("2001:db8::1"), of("2001:db8::ffff"))
	require.NotEqual(t, of("2001:db8::1"), of("2001:db8:0:1::1"))
	require.Equal(t, "fe80::/64", of("fe80::1%eth0").String())
	require.Equal(t, netip.Prefix{}, sourceOf(&net.UnixAddr{Name: "x"}))
}

func TestRoomForConnections(t *testing.T) {
	require.Equal(t, 10000, roomFor(10000, 0))
	require.Equal(t, 10000, roomFor(10000, 20000))
	require.Equal(t, 9488, roomFor(10000, 10000))
	require.Equal(t, 512, roomFor(10000, 1024))
	require.Equal(t, 1, roomFor(10000, 1))
}

// TestPlacesAreCounted holds, whatever comes and goes, that the places are those of the open connections, and never more than there are.
func TestPlacesAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 6).Draw(t, "limit")
		c := newConnections(limit)
		now := time.Now()
		var all []*connection
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "pause")) * time.Millisecond)
			if len(all) > 0 && rapid.Bool().Draw(t, "one closes") {
				_ = all[rapid.IntRange(0, len(all)-1).Draw(t, "which")].Close()
				continue
			}
			from := rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}).Draw(t, "from")
			full := c.count() == limit
			if n := c.admit(&peer{from: from}, now); n != nil {
				all = append(all, n)
			} else if !full {
				t.Fatal("refused although there was a place")
			}
		}
		open := 0
		for _, n := range all {
			if p, ok := n.Conn.(*peer); ok && !p.closed {
				open++
			}
		}
		require.Equal(t, open, c.count())
		require.LessOrEqual(t, open, limit)
		sum := 0
		for i, s := range c.largest {
			require.Equal(t, i, s.place)
			require.NotEmpty(t, s.conns)
			require.LessOrEqual(t, len(s.conns), len(c.largest[0].conns))
			sum += len(s.conns)
		}
		require.Equal(t, open, sum)
		for _, n := range all {
			_ = n.Close()
		}
		require.Zero(t, c.count())
		require.Empty(t, c.largest)
		require.Empty(t, c.sources)
	})
}

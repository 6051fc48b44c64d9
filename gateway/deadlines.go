package gateway

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// deadline is one direction's deadline of a connection, of which the socket is told only when it must come earlier. A server of HTTP asks for a
// later one several times a request, and each would move a timer of the runtime. A timer that fires too early for what is asked by then is set
// anew, and the call that it ended goes on.
type deadline struct {
	set func(time.Time) error // the socket's own

	mu    sync.Mutex
	asked time.Time // zero: none
	armed time.Time // what the socket has, never later than what is asked; zero: none
}

// ask sets the deadline; the zero time is none.
func (d *deadline) ask(at time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = at
	if later := at.IsZero() || !at.Before(d.armed); later && !d.armed.IsZero() {
		return nil
	}
	return d.arm()
}

func (d *deadline) arm() error {
	if err := d.set(d.asked); err != nil {
		return err
	}
	d.armed = d.asked
	return nil
}

// early tells whether an error is that of a timer which fired before the deadline; the socket has the right one then.
func (d *deadline) early(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.asked.IsZero() && !d.asked.After(time.Now()) {
		return false
	}
	return d.arm() == nil
}

// timedConn is a connection that bothers its socket little with deadlines.
type timedConn struct {
	net.Conn
	reading, writing deadline
}

func newTimedConn(raw net.Conn) *timedConn {
	return &timedConn{Conn: raw, reading: deadline{set: raw.SetReadDeadline}, writing: deadline{set: raw.SetWriteDeadline}}
}

// Read reads until the deadline that was asked for last.
func (c *timedConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err == nil || n > 0 || !c.reading.early(err) {
			return n, err
		}
	}
}

// Write writes until the deadline that was asked for last.
func (c *timedConn) Write(p []byte) (int, error) {
	written := 0
	for {
		n, err := c.Conn.Write(p[written:])
		written += n
		if err == nil || !c.writing.early(err) {
			return written, err
		}
	}
}

// SetReadDeadline implements net.Conn.
func (c *timedConn) SetReadDeadline(at time.Time) error { return c.reading.ask(at) }

// SetWriteDeadline implements net.Conn.
func (c *timedConn) SetWriteDeadline(at time.Time) error { return c.writing.ask(at) }

// SetDeadline implements net.Conn.
func (c *timedConn) SetDeadline(at time.Time) error {
	return errors.Join(c.reading.ask(at), c.writing.ask(at))
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// idDigits is how many digits of a request stand for its number.
const idDigits = 12

// idPlace marks, in the text of a request, where its number goes.
const idPlace = "%%%%%%%%%%%%"

// numbers gives every request of this process another number.
var numbers atomic.Uint64 //nolint:gochecknoglobals // ids must differ over all comparisons on one store

// httpClient is a connection that speaks as much of HTTP/1.1 as it takes to keep it open: it writes a request that was made before, and reads an
// answer that tells its length. That costs little more than the system calls.
type httpClient struct {
	conn    net.Conn
	request []byte
	id      int // where the number goes; -1: nowhere
	status  []byte
	buf     []byte
}

// answerWithin bounds a whole round of requests, so that a server that says nothing ends the run.
const answerWithin = 30 * time.Second

func dialHTTP(addr, request string, status int) (*httpClient, error) {
	conn, err := net.DialTimeout("tcp", addr, answerWithin) //nolint:noctx,gosec // bounded by a time; the address is a server of our own
	if err != nil {
		return nil, err
	}
	return &httpClient{
		conn: conn, request: []byte(request), id: bytes.Index([]byte(request), []byte(idPlace)),
		status: []byte("HTTP/1.1 " + strconv.Itoa(status) + " "), buf: make([]byte, 64<<10),
	}, nil
}

func (c *httpClient) close() error { return c.conn.Close() }

func (c *httpClient) do() error {
	_, err := c.exchange()
	return err
}

// exchange makes one request and returns the whole answer. The bytes are good until the next call.
func (c *httpClient) exchange() ([]byte, error) {
	if c.id >= 0 {
		number := c.request[c.id : c.id+idDigits]
		n := numbers.Add(1)
		for i := range number {
			number[idDigits-1-i] = '0' + byte(n%10)
			n /= 10
		}
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return nil, err
	}
	answer, err := c.read()
	if err == nil && !bytes.HasPrefix(answer, c.status) {
		err = fmt.Errorf("an answer that is not %q:\n%s", c.status, answer)
	}
	return answer, err
}

func (c *httpClient) read() ([]byte, error) {
	n, whole := 0, 0
	for whole == 0 || n < whole {
		if n == len(c.buf) {
			return nil, errors.New("an answer that is too long for the driver")
		}
		got, err := c.conn.Read(c.buf[n:])
		if err != nil {
			return nil, err
		}
		n += got
		if whole == 0 {
			if whole, err = answerLength(c.buf[:n]); err != nil {
				return nil, err
			}
		}
	}
	if n > whole {
		return nil, fmt.Errorf("%d bytes behind the end of an answer", n-whole)
	}
	return c.buf[:n], nil
}

var (
	headerEnd     = []byte("\r\n\r\n")
	contentLength = []byte("\r\nContent-Length: ")
)

// answerLength is how long an answer is with its header, or 0 when the header is not there yet.
func answerLength(b []byte) (int, error) {
	end := bytes.Index(b, headerEnd)
	if end < 0 {
		return 0, nil
	}
	at := bytes.Index(b[:end], contentLength)
	if at < 0 {
		return 0, fmt.Errorf("an answer without a length:\n%s", b)
	}
	length := 0
	for _, digit := range b[at+len(contentLength) : end+1] {
		if digit < '0' || digit > '9' {
			break
		}
		length = 10*length + int(digit-'0')
	}
	return end + len(headerEnd) + length, nil
}

package kuzzle

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
)

const (
	encodingIdentity = "identity"
	encodingGzip     = "gzip"
	encodingDeflate  = "deflate"
)

// compressors keeps writers for reuse; each holds hundreds of kilobytes.
type compressors struct {
	gzip, zlib sync.Pool
}

// compress gives data in the encoding that the header asks for, and that encoding's name.
func (c *compressors) compress(data []byte, accepted string) ([]byte, string) {
	if accepted == "" {
		return data, encodingIdentity
	}
	encoding := chosenEncoding(accepted)
	if encoding == encodingIdentity {
		return data, encoding
	}
	var b bytes.Buffer
	if err := c.write(&b, data, encoding); err != nil {
		return data, encodingIdentity
	}
	return b.Bytes(), encoding
}

func (c *compressors) write(b *bytes.Buffer, data []byte, encoding string) error {
	w, release := c.writer(b, encoding)
	defer release()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

func (c *compressors) writer(b *bytes.Buffer, encoding string) (w io.WriteCloser, release func()) {
	if encoding == encodingGzip {
		z, ok := c.gzip.Get().(*gzip.Writer)
		if !ok {
			z = gzip.NewWriter(b)
		}
		z.Reset(b)
		return z, func() { c.gzip.Put(z) }
	}
	z, ok := c.zlib.Get().(*zlib.Writer)
	if !ok {
		z = zlib.NewWriter(b)
	}
	z.Reset(b)
	return z, func() { c.zlib.Put(z) }
}

// chosenEncoding reads an Accept-Encoding header as Kuzzle does: of gzip and deflate the one with the higher quality, which is 0 where it
// is not given; gzip wins a tie.
func chosenEncoding(header string) string {
	chosen, best := encodingIdentity, -1.0
	for item := range strings.SplitSeq(strings.ToLower(header), ",") {
		item = strings.TrimSpace(item)
		if !strings.HasPrefix(item, encodingGzip) && !strings.HasPrefix(item, encodingDeflate) {
			continue
		}
		name, parameters, _ := strings.Cut(item, ";")
		q := quality(parameters)
		switch {
		case q > best:
			chosen, best = name, q
		case math.Abs(best-q) < 0.01 && name == encodingGzip:
			chosen = name
		}
	}
	if chosen != encodingGzip && chosen != encodingDeflate {
		return encodingIdentity
	}
	return chosen
}

func quality(parameters string) float64 {
	_, text, _ := strings.Cut(parameters, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0
	}
	return q
}

package kuzzle

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Headers by their canonical names: they are put into the header map as they are.
const (
	headerRequestID   = "X-Kuzzle-Request-Id"
	headerRevision    = "X-Profilegate-Revision"    // of the write that is answered; in a request, and its answer, of what is read
	headerUnconfirmed = "X-Profilegate-Unconfirmed" // the write stands, but not every node has confirmed that searches find it
)

// Header values that every answer has. A header map keeps slices: these are shared, and nobody appends to them in place.
var (
	valueJSON         = []string{typeJSON}
	valueAllowHeaders = []string{
		"Content-Type, Access-Control-Allow-Headers, Authorization, X-Requested-With, Content-Encoding, Content-Length, X-Kuzzle-Volatile",
	}
	valueAllowMethods = []string{"GET,POST,PUT,PATCH,DELETE,OPTIONS,HEAD"}
	valueTrue         = []string{"true"}
	valueEncodings    = []string{"gzip,deflate,identity"}
	valueIdentity     = []string{encodingIdentity}
	valueOrigin       = []string{"Origin"}
)

// explicitLength is the size from which net/http would not count the answer itself.
const explicitLength = 2048

// respond writes an enveloped answer.
func (a *API) respond(x *exchange, rep reply) {
	rep.id = jsonvalue.String(x.id)
	buf := a.borrow()
	defer a.giveBack(buf)
	*buf = rep.appendTo(*buf)
	data := *buf
	if x.pretty {
		data = indented(data)
	}
	data, encoding := a.compressors.compress(data, first(x.r.Header, "Accept-Encoding"))
	h := x.w.Header()
	x.commonHeaders(h)
	if rep.answer.bareType != "" {
		h["Content-Type"] = []string{rep.answer.bareType}
	}
	h[headerRequestID] = []string{x.id}
	h["Accept-Encoding"] = valueEncodings
	h["Access-Control-Allow-Credentials"] = valueTrue
	if encoding == encodingIdentity {
		h["Content-Encoding"] = valueIdentity
	} else {
		h["Content-Encoding"] = []string{encoding}
	}
	a.write(x, rep.statusCode(), data)
}

// respondBare writes an error that came before the router: the bare object, with few headers.
func (a *API) respondBare(x *exchange, k *kuzzleError) {
	x.commonHeaders(x.w.Header())
	a.write(x, k.status, k.appendTo(nil))
}

func (x *exchange) commonHeaders(h http.Header) {
	h["Access-Control-Allow-Headers"] = valueAllowHeaders
	h["Access-Control-Allow-Methods"] = valueAllowMethods
	h["Content-Type"] = valueJSON
	if origin := x.r.Header["Origin"]; len(origin) > 0 && origin[0] != "" {
		h["Access-Control-Allow-Origin"] = origin[:1:1]
		h["Vary"] = valueOrigin
	}
}

func (a *API) write(x *exchange, status int, data []byte) {
	if len(data) >= explicitLength {
		x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(data))}
	}
	x.w.WriteHeader(status)
	if _, err := x.w.Write(data); err != nil {
		a.log.DebugContext(x.r.Context(), "an answer could not be written: the client has gone", "request_id", x.id, "error", err)
	}
}

// tellRevision says in headers what a write became, or what was read; they must be set before the answer is written.
func (x *exchange) tellRevision(revision string, confirmed bool) {
	if revision == "" {
		return
	}
	h := x.w.Header()
	h[headerRevision] = []string{revision}
	if !confirmed {
		h[headerUnconfirmed] = valueTrue
	}
}

// indented is JSON with an indent of two blanks, as JSON.stringify gives it.
func indented(data []byte) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return data // it was made here and is JSON; if it ever were not, it is better told as it is
	}
	return b.Bytes()
}

// keptBuffer is the largest buffer that is kept for reuse.
const keptBuffer = 64 << 10

func (a *API) borrow() *[]byte {
	buf, ok := a.buffers.Get().(*[]byte)
	if !ok {
		return new([]byte)
	}
	*buf = (*buf)[:0]
	return buf
}

func (a *API) giveBack(buf *[]byte) {
	if cap(*buf) <= keptBuffer {
		a.buffers.Put(buf)
	}
}

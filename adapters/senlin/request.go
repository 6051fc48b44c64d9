package senlin

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// request is what is settled about a request so far. To the routes it is the context in which they are called.
type request struct {
	echo.Context
	w       http.ResponseWriter
	id      [1]string // the value of the answer's header with the request's id
	length  [1]string // that of Content-Length
	at      place
	version microversion
	tenant  *core.Tenant
	caller  core.Caller
	body    jsonvalue.Value // absent: none
}

// answer sends what a call came to.
func (r *request) answer(status int, body []byte) error {
	r.write(status, typeJSON, body)
	return nil
}

func (r *request) write(status int, contentType []string, body []byte) {
	h := r.w.Header()
	h["Content-Type"] = contentType
	r.length[0] = strconv.Itoa(len(body))
	h["Content-Length"] = r.length[:]
	r.w.WriteHeader(status)
	// An error means that the client is gone, and there is nobody left to tell.
	_, _ = r.w.Write(body) //nolint:gosec // JSON, plain text, or HTML that escapeHTML went over
}

// requestIDHeader names a request in the answer and in the log, as OpenStack's middleware does.
const requestIDHeader = "X-Openstack-Request-Id"

func (r *request) setID() {
	r.id[0] = newRequestID()
	r.w.Header()[requestIDHeader] = r.id[:]
}

// newRequestID makes "req-" and a random UUID. It need not be hard to guess, only unlikely to come again.
func newRequestID() string {
	var u [16]byte
	binary.BigEndian.PutUint64(u[:8], rand.Uint64()) //nolint:gosec // a name in logs, no secret
	binary.BigEndian.PutUint64(u[8:], rand.Uint64()) //nolint:gosec // a name in logs, no secret
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80

	id := []byte("req-00000000-0000-0000-0000-000000000000")
	hex.Encode(id[4:12], u[:4])
	hex.Encode(id[13:17], u[4:6])
	hex.Encode(id[18:22], u[6:8])
	hex.Encode(id[23:27], u[8:10])
	hex.Encode(id[28:], u[10:])
	return string(id)
}

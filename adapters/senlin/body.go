package senlin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

const (
	// maxDrain is how much of a refused body is read and thrown away, so that the client gets to read the answer.
	maxDrain = 8 << 20
	// firstRead is how much memory a body gets before any of it has come, whatever its announced length.
	firstRead = 16 << 10
)

// readBody reads the JSON body of a request. A body counts only where Senlin's deserializer takes it for one: with a length, a content
// type that may be JSON, and a first byte that begins an object. What does not count is absent.
func readBody(r *http.Request, limits Limits) (jsonvalue.Value, error) {
	if r.ContentLength <= 0 || !mayBeJSON(r.Header) {
		return jsonvalue.Value{}, nil
	}
	if r.ContentLength > limits.BodyBytes {
		return jsonvalue.Value{}, refuseBody(r, limits)
	}
	data, err := readAll(r.Body, r.ContentLength)
	if err != nil {
		return jsonvalue.Value{}, err
	}
	if data[0] != '{' {
		return jsonvalue.Value{}, nil
	}
	return parse(data, limits)
}

// readAll reads the n bytes that were announced. Fewer are the caller's fault: the connection broke, or time ran out.
func readAll(body io.Reader, n int64) ([]byte, error) {
	var data bytes.Buffer
	data.Grow(int(min(n, firstRead)) + bytes.MinRead)
	if _, err := data.ReadFrom(io.LimitReader(body, n)); err != nil || int64(data.Len()) != n {
		return nil, errCutShort()
	}
	return data.Bytes(), nil
}

// refuseBody tells that a body is too large, if it would have counted at all.
func refuseBody(r *http.Request, limits Limits) error {
	var first [1]byte
	if _, err := io.ReadFull(r.Body, first[:]); err != nil {
		return errCutShort()
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // where the client stops before that, the answer is the same
	if first[0] != '{' {
		return nil
	}
	return &fault.Error{
		Kind: fault.TooLarge, Code: fault.CodeTooLarge,
		Message: fmt.Sprintf("Request limit exceeded: JSON body size (%d bytes) exceeds maximum allowed size (%d bytes).",
			r.ContentLength, limits.BodyBytes),
	}
}

func errCutShort() error { return badRequest("The request's body ended before it was complete.") }

// parse reads JSON as Senlin does, save that Python's NaN and Infinity are none.
func parse(data []byte, limits Limits) (jsonvalue.Value, error) {
	if !utf8.Valid(data) {
		return jsonvalue.Value{}, badRequest("The JSON body is not valid UTF-8.")
	}
	v, err := jsonvalue.Parse(data, jsonvalue.Limits{MaxDepth: limits.JSONDepth})
	switch {
	case errors.Is(err, jsonvalue.ErrTooDeep):
		return jsonvalue.Value{}, badRequestf("The JSON body nests more than %d levels deep.", limits.JSONDepth)
	case err != nil:
		return jsonvalue.Value{}, badRequest(err.Error())
	}
	return v, nil
}

// mayBeJSON tells whether the content type is one that Senlin reads as JSON, parameters aside. None at all and plain text are.
func mayBeJSON(h http.Header) bool {
	header, _ := folded(h, "Content-Type")
	typ, _, _ := strings.Cut(header, ";")
	return typ == "" || typ == "application/json" || typ == "JSON" || strings.HasPrefix(typ, "text/plain")
}

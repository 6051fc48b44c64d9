package senlin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// maxDrain is how much of a refused body is read and thrown away, so that the client gets to read the answer.
const maxDrain = 8 << 20

// readBody reads the JSON body of a request. A body counts only where Senlin's deserializer takes it for one: with a length, a content
// type that may be JSON, and a first byte that begins an object. What does not count is absent.
func readBody(r *http.Request, limits Limits) (jsonvalue.Value, error) {
	if r.ContentLength <= 0 || !mayBeJSON(r.Header.Get("Content-Type")) {
		return jsonvalue.Value{}, nil
	}
	in := bufio.NewReaderSize(r.Body, 16)
	first, err := in.Peek(1)
	if err != nil {
		return jsonvalue.Value{}, badRequest("The request's body ended before it was complete.")
	}
	if first[0] != '{' {
		return jsonvalue.Value{}, nil
	}
	if r.ContentLength > limits.BodyBytes {
		drain(in)
		return jsonvalue.Value{}, tooLarge(r.ContentLength, limits.BodyBytes)
	}
	data := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(in, data); err != nil {
		return jsonvalue.Value{}, badRequest("The request's body ended before it was complete.")
	}
	return parse(data, limits)
}

func parse(data []byte, limits Limits) (jsonvalue.Value, error) {
	v, err := jsonvalue.Parse(data, jsonvalue.Limits{MaxDepth: limits.JSONDepth})
	switch {
	case errors.Is(err, jsonvalue.ErrTooDeep):
		return jsonvalue.Value{}, badRequestf("The JSON body nests more than %d levels deep.", limits.JSONDepth)
	case err != nil:
		return jsonvalue.Value{}, badRequest(err.Error())
	}
	return v, nil
}

// mayBeJSON tells whether a content type is one that Senlin reads as JSON, parameters aside. None at all and plain text are.
func mayBeJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	typ, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		typ, _, _ = strings.Cut(contentType, ";")
	}
	return typ == "application/json" || contentType == "JSON" || strings.HasPrefix(typ, "text/plain")
}

func tooLarge(size, limit int64) error {
	return &fault.Error{
		Kind: fault.TooLarge, Code: fault.CodeTooLarge,
		Message: fmt.Sprintf("Request limit exceeded: JSON body size (%d bytes) exceeds maximum allowed size (%d bytes).", size, limit),
	}
}

// drain reads on to where it is given up; whether that works out changes nothing about the answer.
func drain(r io.Reader) {
	_, _ = io.CopyN(io.Discard, r, maxDrain)
}

package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 64 << 20

// answer is what came back for one step. Status and Header are zero for a
// message.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// newTransport returns a transport that adds nothing to a request: no
// compression, no proxy, no HTTP/2. Connections are kept alive.
func newTransport() *http.Transport {
	return &http.Transport{DisableCompression: true}
}

// buildRequest makes the HTTP request that a step says, byte for byte: path and
// query are not escaped again, and no header is added but Content-Length, Host,
// and Content-Type for a "json" body whose case names none. A "raw" body has
// exactly the headers of its case.
func buildRequest(ctx context.Context, base string, dialect Dialect, do Do, vars Vars) (*http.Request, error) {
	path, err := vars.Text(do.Path)
	if err != nil {
		return nil, err
	}
	body, err := requestBody(dialect, do, vars)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, do.Method, base, body)
	if err != nil {
		return nil, err
	}
	if req.URL, err = exactURL(base, path); err != nil {
		return nil, err
	}
	return req, setHeaders(req, do, vars)
}

// requestBody returns a reader whose length net/http knows, so that the request
// carries Content-Length and not chunks. Nothing at all is http.NoBody.
func requestBody(dialect Dialect, do Do, vars Vars) (io.Reader, error) {
	switch {
	case do.Raw != nil && *do.Raw != "":
		return strings.NewReader(*do.Raw), nil
	case do.JSON != nil:
		body, err := jsonBody(dialect, do.JSON, vars)
		return bytes.NewReader(body), err
	default:
		return http.NoBody, nil
	}
}

// jsonBody fills in the names of a document and lays it out as the client did with
// which the dialect's cases were recorded: Python's json.dumps puts a blank after
// each comma and colon, Node's JSON.stringify none. The length of a body counts
// where a server tells it.
func jsonBody(dialect Dialect, doc []byte, vars Vars) ([]byte, error) {
	if dialect != Senlin {
		return compactJSON(doc, vars)
	}
	filled, err := vars.JSON(doc)
	if err != nil {
		return nil, err
	}
	value := jsontext.Value(filled)
	err = value.Format(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true),
		jsontext.SpaceAfterComma(true), jsontext.SpaceAfterColon(true))
	return value, err
}

// compactJSON fills in the names of a document and drops the blanks that only
// lay out the case file. Numbers and strings keep their spelling.
func compactJSON(doc []byte, vars Vars) ([]byte, error) {
	filled, err := vars.JSON(doc)
	if err != nil {
		return nil, err
	}
	return compact(filled)
}

// exactURL returns a URL that net/http writes into the request line unchanged.
// Opaque does that, save for a path that starts with two slashes, which it takes
// for a host: such a path goes through the parser, which keeps its escapes.
func exactURL(base, path string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(path, "//") {
		u.Opaque = path
		return u, nil
	}
	parsed, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, err
	}
	parsed.Scheme, parsed.Host = u.Scheme, u.Host
	return parsed, nil
}

func setHeaders(req *http.Request, do Do, vars Vars) error {
	// An empty User-Agent keeps net/http from sending its own.
	req.Header = http.Header{"User-Agent": {""}}
	if do.JSON != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range do.Headers {
		filled, err := vars.Text(value)
		if err != nil {
			return err
		}
		if textproto.CanonicalMIMEHeaderKey(name) == "Host" {
			req.Host = filled
			continue
		}
		req.Header.Set(name, filled)
	}
	return nil
}

// exchangeHTTP sends one request and reads its whole answer. Redirects are
// answers like any other.
func exchangeHTTP(transport http.RoundTripper, req *http.Request) (*answer, error) {
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("reading the answer (status %d): %w", resp.StatusCode, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return &answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

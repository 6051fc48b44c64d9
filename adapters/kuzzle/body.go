package kuzzle

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf16"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

const (
	// maxEncodingLayers is how many content encodings may lie one in another, as Kuzzle's default has it.
	maxEncodingLayers = 3
	// shownBody is how much of a body that is no JSON is told, in JavaScript's characters.
	shownBody = 50

	typeJSON      = "application/json"
	typeForm      = "application/x-www-form-urlencoded"
	typeMultipart = "multipart/form-data"
)

// readContent reads and parses the body. Absent means that there is none: an empty body, null, an empty array and all else that is
// nothing to JavaScript. Errors are to be told bare, without an envelope.
func (a *API) readContent(r *http.Request) (jsonvalue.Value, error) {
	if r.ContentLength > a.limits.BodyBytes {
		return jsonvalue.Value{}, kerror(idTooLarge)
	}
	header := first(r.Header, "Content-Type")
	kind, err := contentType(header)
	if err != nil {
		return jsonvalue.Value{}, err
	}
	if r.Body == nil || r.Body == http.NoBody {
		return jsonvalue.Value{}, nil
	}
	buf := a.borrow()
	defer a.giveBack(buf)
	if *buf, err = readBounded(*buf, r.Body, a.limits.BodyBytes); err != nil {
		return jsonvalue.Value{}, err
	}
	if len(*buf) == 0 {
		return jsonvalue.Value{}, nil
	}
	data, err := a.decompressed(*buf, first(r.Header, "Content-Encoding"))
	if err != nil {
		return jsonvalue.Value{}, err
	}
	return a.parseContent(kind, r, data)
}

// contentType judges the header: none is JSON's.
func contentType(header string) (string, error) {
	if header == "" || header == typeJSON {
		return typeJSON, nil
	}
	kind, _, _ := strings.Cut(header, ";")
	kind = strings.TrimSpace(kind)
	if kind != typeJSON && kind != typeForm && kind != typeMultipart {
		return "", kerrorText(idContentType, kind)
	}
	if c := charset(header); c != "" && c != "utf-8" {
		return "", kerrorText(idCharset, c)
	}
	return kind, nil
}

// charset finds the charset wherever it stands in the header, in lower case.
func charset(header string) string {
	_, rest, found := strings.Cut(strings.ToLower(header), "charset=")
	if !found {
		return ""
	}
	end := strings.IndexFunc(rest, func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z')
	})
	if end >= 0 {
		return rest[:end]
	}
	return rest
}

// readBounded appends all of in to dst, and refuses more than limit bytes.
func readBounded(dst []byte, in io.Reader, limit int64) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	n, err := b.ReadFrom(io.LimitReader(in, limit+1))
	var tooLarge *http.MaxBytesError
	if n > limit || errors.As(err, &tooLarge) {
		return b.Bytes(), kerror(idTooLarge)
	}
	if err != nil {
		return b.Bytes(), kerrorText(idHTTP, "the body could not be read to its end")
	}
	return b.Bytes(), nil
}

// decompressed undoes the content encodings, the last one first. No layer may grow beyond the limit of the body.
func (a *API) decompressed(data []byte, header string) ([]byte, error) {
	if header == "" {
		return data, nil
	}
	layers := strings.Split(header, ",")
	if len(layers) > maxEncodingLayers {
		return nil, kerror(idEncodings)
	}
	for i := len(layers) - 1; i >= 0; i-- {
		var err error
		if data, err = a.undo(strings.ToLower(strings.TrimSpace(layers[i])), data); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (a *API) undo(encoding string, data []byte) ([]byte, error) {
	var in io.Reader
	var err error
	switch encoding {
	case encodingIdentity:
		return data, nil
	case encodingGzip:
		in, err = gzip.NewReader(bytes.NewReader(data))
	case encodingDeflate:
		in, err = zlib.NewReader(bytes.NewReader(data))
	default:
		return nil, kerrorText(idCompression, encoding)
	}
	if err != nil {
		return nil, kerrorText(idHTTP, "the body is not what its content encoding says")
	}
	return readBounded(nil, in, a.limits.BodyBytes)
}

func (a *API) parseContent(kind string, r *http.Request, data []byte) (jsonvalue.Value, error) {
	switch kind {
	case typeForm:
		return contentOf(jsonvalue.Object(parseQuery(string(data))...)), nil
	case typeMultipart:
		return parseMultipart(first(r.Header, "Content-Type"), data)
	default:
		v, err := jsonvalue.Parse(data, jsonvalue.Limits{MaxDepth: a.limits.JSONDepth})
		if err != nil {
			return jsonvalue.Value{}, kerrorText(idBody, beginningOf(data))
		}
		if r.URL.Path == queryPath {
			return contentOf(inJavaScript(v)), nil
		}
		return contentOf(v.JavaScript()), nil
	}
}

// contentOf is absent for what JavaScript takes for nothing.
func contentOf(v jsonvalue.Value) jsonvalue.Value {
	if !truthy(v) || v.Kind() == jsonvalue.KindArray && v.Len() == 0 {
		return jsonvalue.Value{}
	}
	return v
}

// beginningOf gives the first fifty characters of a text, as JavaScript counts them.
func beginningOf(data []byte) string {
	text := string(data[:min(len(data), shownBody*4)])
	n := 0
	for i, r := range text {
		if n += max(utf16.RuneLen(r), 1); n > shownBody {
			return text[:i]
		}
	}
	return text
}

package kuzzle

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// parseMultipart makes a body of a form: a field is its text, a file an object with its name, its type and its content in base64. The form
// is already bounded as a body is. What is no form has no fields.
func parseMultipart(header string, data []byte) (jsonvalue.Value, error) {
	_, params, err := mime.ParseMediaType(header)
	if err != nil || params["boundary"] == "" {
		return jsonvalue.Object(), nil //nolint:nilerr // to Kuzzle a form that cannot be told apart is an empty one
	}
	in := multipart.NewReader(bytes.NewReader(data), params["boundary"])
	var members []jsonvalue.Member
	for range maxQueryKeys {
		part, err := in.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return jsonvalue.Value{}, cutForm()
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return jsonvalue.Value{}, cutForm()
		}
		if name := part.FormName(); name != "" {
			members = append(members, jsonvalue.Member{Name: name, Value: formField(part, content)})
		}
	}
	return jsonvalue.Object(members...), nil
}

func cutForm() error { return kerrorText(idHTTP, "the form could not be read to its end") }

func formField(part *multipart.Part, content []byte) jsonvalue.Value {
	file := part.FileName()
	if file == "" {
		return jsonvalue.String(string(content))
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "encoding", Value: jsonvalue.String(part.Header.Get("Content-Type"))},
		jsonvalue.Member{Name: "file", Value: jsonvalue.String(base64.StdEncoding.EncodeToString(content))},
		jsonvalue.Member{Name: "filename", Value: jsonvalue.String(file)},
	)
}

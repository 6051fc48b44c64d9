package jsonvalue_test

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"profile":{"name":"p","spec":{"type":"os.heat.stack","version":1.0,"properties":{"template":{}}}}}`,
		`[1e400,-0,0.10,"\ud83d\ude00\ud800",null,true]`, `{"a":1,"\u0061":{"a":[]}}`, "\"\xed\xa0\x80\\udc00\xff\"", `{"a" 1}`, ``, `1 2`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jsonvalue.Parse(data, jsonvalue.Limits{})
		if err != nil {
			var syntax *jsonvalue.SyntaxError
			if !errors.As(err, &syntax) && !errors.Is(err, jsonvalue.ErrTooDeep) {
				t.Fatalf("unclassified error %v", err)
			}
			return
		}
		out := v.AppendTo(nil)
		back, err := jsonvalue.Parse(out, jsonvalue.Limits{})
		if err != nil || !utf8.Valid(out) {
			t.Fatalf("%q was written as %q: %v", data, out, err)
		}
		if !jsonvalue.Equal(v, back) || !bytes.Equal(out, back.AppendTo(nil)) {
			t.Fatalf("%q does not read back", out)
		}
		script := v.JavaScript()
		if !jsonvalue.Equal(script, script.JavaScript()) {
			t.Fatalf("JavaScript is not idempotent on %q", out)
		}
	})
}

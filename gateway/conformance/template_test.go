package conformance

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestVars(t *testing.T) {
	vars := Vars{"id": "abc", "n": json.Number("1.0"), "odd": "a\"b\\<é", "list": []any{json.Number("1")}, "user.demo": "u"}
	texts := []struct{ in, want string }{
		{"/v1/profiles/{{id}}", "/v1/profiles/abc"},
		{"{{id}}{{id}}?n={{n}}", "abcabc?n=1.0"},
		{"Bearer {{user.demo}}", "Bearer u"},
		{"/a%2Fb/{id}", "/a%2Fb/{id}"},
		{"{{odd}}", "a\"b\\<é"},
	}
	for _, tt := range texts {
		got, err := vars.Text(tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
	docs := []struct{ in, want string }{
		{`{"b": 1.0, "a": "{{id}}"}`, `{"b": 1.0, "a": "abc"}`},
		{`["{{n}}", "x{{n}}", "{{n}}x", "x{{n}}x", "{{n}}{{n}}"]`, `[1.0, "x1.0", "1.0x", "x1.0x", "1.01.0"]`},
		{`["{{odd}}", "-{{odd}}-"]`, `["a\"b\\<é", "-a\"b\\<é-"]`},
		{`["{{list}}", "{{list}}!"]`, `[[1], "[1]!"]`},
		{`{}`, `{}`},
	}
	for _, tt := range docs {
		got, err := vars.JSON([]byte(tt.in))
		require.NoError(t, err)
		require.Equal(t, tt.want, string(got))
	}
	_, err := vars.Text("{{nobody}}")
	var unknown *UnknownNameError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "nobody", unknown.Name)
	_, err = vars.JSON([]byte(`"{{nobody}}"`))
	require.ErrorAs(t, err, &unknown)
}

// Whatever is saved from one answer comes back whole in the next request.
func TestSavedValueSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := document().Filter(valid).Draw(t, "value")
		text, err := Vars{"x": value}.JSON([]byte(`{"a":"{{x}}"}`))
		require.NoError(t, err)
		got, err := Decode(text)
		require.NoError(t, err)
		require.Empty(t, Match(map[string]any{"a": value}, got))
	})
}

func TestSave(t *testing.T) {
	doc, err := Decode([]byte(`{"a":{"b/c":["x",{"d~":"éàüöäxyz1"}]},"n":5}`))
	require.NoError(t, err)
	tests := []struct {
		ptr  string
		want any
	}{
		{"/a/b~1c/0", "x"},
		{"/a/b~1c/1/d~0|8", "éàüöäxyz"},
		{"/a/b~1c/1/d~0|99", "éàüöäxyz1"},
		{"/n", json.Number("5")},
		{"", doc},
	}
	for _, tt := range tests {
		keep, err := parseSave(tt.ptr)
		require.NoError(t, err)
		got, err := keep.of(doc)
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
	for _, ptr := range []string{"/no", "/a/b~1c/2", "/a/b~1c/-1", "/n/x", "/n|3"} {
		keep, err := parseSave(ptr)
		require.NoError(t, err)
		_, err = keep.of(doc)
		require.Error(t, err, ptr)
	}
}

package jsonvalue_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

func parse(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err, "input %q", text)
	return v
}

func TestParseAndAppend(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ in, want string }{
		"order, literals and white space": {" {\"b\" : 1.0,\n\"a\":[ 1e2 , -0, true,false,null ], \"\":{}} ", `{"b":1.0,"a":[1e2,-0,true,false,null],"":{}}`},
		"last value, first place":         {`{"a":{"x":1},"b":2,"a":{"y":2}}`, `{"a":{"y":2},"b":2}`},
		"equal names through escapes":     {`{"a":1,"\u0061":2}`, `{"a":2}`},
		"escapes":                         {`"\"\\\/\b\f\n\r\t\u0001\u00e9\u20AC"`, `"\"\\/\b\f\n\r\t\u0001é€"`},
		"no HTML escaping":                {`"<a>&\u2028"`, "\"<a>&\u2028\""},
		"surrogate pair":                  {`"\ud83d\ude00"`, `"😀"`},
		"lone high half":                  {`"x\ud800y"`, `"x\ud800y"`},
		"lone low half":                   {`"\uDFFF"`, `"\udfff"`},
		"halves in the wrong order":       {`"\ude00\ud83d"`, `"\ude00\ud83d"`},
		"two high halves, then low":       {`"\ud83d\ud83d\ude00"`, `"\ud83d😀"`},
		"lone half in a name":             {`{"\ud800":1}`, `{"\ud800":1}`},
		"invalid UTF-8":                   {"\"a\xffb\"", "\"a\uFFFDb\""},
		"encoded surrogate is invalid":    {"\"\xed\xa0\x80\"", "\"\uFFFD\uFFFD\uFFFD\""},
		"encoded surrogate, then escape":  {"\"\xed\xa0\x80\\udc00\"", "\"\uFFFD\uFFFD\uFFFD\\udc00\""},
		"empty containers":                {`[{},[],""]`, `[{},[],""]`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := string(parse(t, tc.in).AppendTo(nil))
			require.Equal(t, tc.want, got)
			require.True(t, jsonvalue.Equal(parse(t, tc.in), parse(t, got)))
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in     string
		offset int64
	}{
		"nothing":             {"", 0},
		"white space":         {"  ", 2},
		"open object":         {`{"a":1`, 6},
		"open string":         {`"abc`, 4},
		"bare word":           {`nul`, 3},
		"trailing comma":      {`[1,]`, 3},
		"no colon":            {`{"a" 1}`, 5},
		"number as name":      {`{1:2}`, 1},
		"array as name":       {`{[]:2}`, 1},
		"two values":          {`{} {}`, 4},
		"two values, bad":     {`{} x`, 3},
		"leading zero":        {`01`, 2},
		"NaN":                 {`NaN`, 0},
		"single quotes":       {`{'a':1}`, 1},
		"control in a string": {"\"a\nb\"", 2},
		"bad escape":          {`"\x"`, 1},
		"mismatched end":      {`[1}`, 2},
		"end alone":           {`]`, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := jsonvalue.Parse([]byte(tc.in), jsonvalue.Limits{})
			var syntax *jsonvalue.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.InDelta(t, tc.offset, syntax.Offset, 1)
			require.NotEmpty(t, syntax.Problem)
		})
	}
}

func TestParseDepth(t *testing.T) {
	t.Parallel()
	nested := func(n int) []byte { return []byte(strings.Repeat(`[{"a":`, n/2) + "1" + strings.Repeat("}]", n/2)) }

	_, err := jsonvalue.Parse(nested(jsonvalue.DefaultMaxDepth), jsonvalue.Limits{})
	require.NoError(t, err)
	_, err = jsonvalue.Parse(nested(jsonvalue.DefaultMaxDepth+2), jsonvalue.Limits{})
	require.ErrorIs(t, err, jsonvalue.ErrTooDeep)
	_, err = jsonvalue.Parse([]byte(`[1]`), jsonvalue.Limits{MaxDepth: 1})
	require.NoError(t, err)
	_, err = jsonvalue.Parse([]byte(`[[]]`), jsonvalue.Limits{MaxDepth: 1})
	require.ErrorIs(t, err, jsonvalue.ErrTooDeep)
	_, err = jsonvalue.Parse([]byte(strings.Repeat("[", 1<<20)), jsonvalue.Limits{MaxDepth: 1 << 30})
	require.Error(t, err, "the tokenizer bounds what the limits do not")
}

func TestParseKeepsNoReferenceToItsInput(t *testing.T) {
	t.Parallel()
	data := []byte(`{"name":"value","n":12}`)
	v, err := jsonvalue.Parse(data, jsonvalue.Limits{})
	require.NoError(t, err)
	for i := range data {
		data[i] = 'x'
	}
	require.Equal(t, `{"name":"value","n":12}`, v.String())
}

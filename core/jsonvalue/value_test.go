package jsonvalue_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

func TestAccessorsOfOtherKindsAreZero(t *testing.T) {
	t.Parallel()
	for _, v := range []jsonvalue.Value{
		{},
		jsonvalue.Null(), jsonvalue.Bool(true), jsonvalue.Int(1), jsonvalue.String("x"),
		jsonvalue.Array(jsonvalue.Int(1)), jsonvalue.Object(jsonvalue.Member{Name: "a", Value: jsonvalue.Int(1)}),
	} {
		kind := v.Kind()
		require.Equal(t, kind == jsonvalue.KindAbsent, v.IsAbsent())
		require.Equal(t, kind == jsonvalue.KindNull, v.IsNull())
		require.Equal(t, kind == jsonvalue.KindBool, v.Bool())
		require.Equal(t, kind == jsonvalue.KindString, v.Text() != "")
		require.Equal(t, kind == jsonvalue.KindNumber, v.Literal() != "")
		require.Equal(t, kind == jsonvalue.KindNumber, v.Float() != 0)
		require.Equal(t, kind == jsonvalue.KindArray, v.Items() != nil)
		require.Equal(t, kind == jsonvalue.KindObject, v.Members() != nil)
		require.Equal(t, kind == jsonvalue.KindObject, v.Has("a"))
		_, isInt := v.Int64()
		require.Equal(t, kind == jsonvalue.KindNumber, isInt)
	}
	require.Equal(t, "absent boolean array", fmt.Sprint(jsonvalue.KindAbsent, jsonvalue.KindBool, jsonvalue.KindArray))
}

func TestInt64(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		want int64
		ok   bool
	}{
		"0": {0, true}, "-0": {0, true}, "-0.0e5": {0, true}, "1.0": {1, true}, "1e2": {100, true}, "12.50e1": {125, true},
		"9223372036854775807": {math.MaxInt64, true}, "-9223372036854775808": {math.MinInt64, true},
		"9223372036854775807.0": {math.MaxInt64, true}, "0e99999999999999999999": {0, true},
		"9223372036854775808": {}, "1.5": {}, "1e-1": {}, "1e19": {}, "1e400": {}, "1e99999999999999999999": {}, "10e-1": {1, true},
	}
	for literal, tc := range cases {
		got, ok := parse(t, literal).Int64()
		require.Equal(t, tc.ok, ok, literal)
		require.Equal(t, tc.want, got, literal)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	v, err := jsonvalue.Number("1.50")
	require.NoError(t, err)
	require.Equal(t, "1.50", v.Literal())
	for _, bad := range []string{"", "abc", "01", " 1", "1 ", `"1"`, "1,2", "NaN", "[1]"} {
		_, err := jsonvalue.Number(bad)
		require.Error(t, err, bad)
	}
}

func TestObjectEdits(t *testing.T) {
	t.Parallel()
	v := parse(t, `{"a":1,"b":2,"c":3}`)
	require.Equal(t, `{"a":1,"b":9,"c":3}`, v.With("b", jsonvalue.Int(9)).String())
	require.Equal(t, `{"a":1,"b":2,"c":3,"d":null}`, v.With("d", jsonvalue.Null()).String())
	require.Equal(t, `{"a":1,"c":3}`, v.With("b", jsonvalue.Value{}).String())
	require.Equal(t, `{"b":2}`, v.Without("a", "c", "nope").String())
	require.Equal(t, `{}`, v.Without("a", "b", "c").String())
	require.Equal(t, `{"x":true}`, jsonvalue.Value{}.With("x", jsonvalue.Bool(true)).String())
	require.Equal(t, `{"a":1,"b":2,"c":3}`, v.String(), "the original stays as it was")
}

func TestConstructorsCopyTheirArguments(t *testing.T) {
	t.Parallel()
	items := []jsonvalue.Value{jsonvalue.Int(1), {}}
	members := []jsonvalue.Member{{Name: "a"}, {Name: "b", Value: jsonvalue.Int(1)}, {Name: "b", Value: jsonvalue.String("\xff")}}
	array, object := jsonvalue.Array(items...), jsonvalue.Object(members...)
	items[0], members[1].Name = jsonvalue.Null(), "changed"
	require.Equal(t, `[1,null]`, array.String())
	require.Equal(t, `{"b":"`+"\uFFFD"+`"}`, object.String())
	require.Equal(t, `[]`, jsonvalue.Array().String())
	require.Equal(t, `{}`, jsonvalue.Object().String())
}

func TestEqual(t *testing.T) {
	t.Parallel()
	equal := [][2]string{
		{`1`, `1.0`},
		{`100`, `1e2`},
		{`0`, `-0.0`},
		{`0.5`, `5E-1`},
		{`1e99999999999`, `1E99999999999`},
		{`{"a":1,"b":[1,2]}`, `{"b":[1.0,2],"a":1e0}`},
		{`"\u0061"`, `"a"`},
		{`[]`, `[]`},
		{`{}`, `{}`},
	}
	for _, pair := range equal {
		require.True(t, jsonvalue.Equal(parse(t, pair[0]), parse(t, pair[1])), "%v", pair)
	}
	different := [][2]string{
		{`1`, `"1"`},
		{`1`, `-1`},
		{`9007199254740993`, `9007199254740992`},
		{`null`, `false`},
		{`[1,2]`, `[2,1]`},
		{`[1]`, `[1,1]`},
		{`{"a":1}`, `{"a":1,"b":null}`},
		{`{"a":null}`, `{"b":null}`},
		{`true`, `false`},
		{`1e99999999999`, `1`},
		{`[]`, `{}`},
	}
	for _, pair := range different {
		require.False(t, jsonvalue.Equal(parse(t, pair[0]), parse(t, pair[1])), "%v", pair)
	}
	require.True(t, jsonvalue.Equal(jsonvalue.Value{}, jsonvalue.Value{}))
	require.False(t, jsonvalue.Equal(jsonvalue.Value{}, jsonvalue.Null()))
}

func TestJavaScript(t *testing.T) {
	t.Parallel()
	// What Node prints for JSON.stringify(JSON.parse(text)).
	cases := map[string]string{
		`1.0`: `1`, `1e2`: `100`, `12345678901234567890`: `12345678901234567000`, `-0`: `0`, `-0.0`: `0`,
		`1e21`: `1e+21`, `1e-7`: `1e-7`, `1.5e-10`: `1.5e-10`, `0.000001`: `0.000001`, `123456789012345680000`: `123456789012345680000`,
		`5e-324`: `5e-324`, `1.7976931348623157e308`: `1.7976931348623157e+308`, `9007199254740993`: `9007199254740992`, `1e-400`: `0`,
		`0.1`: `0.1`, `100000000000000000000`: `100000000000000000000`, `-12`: `-12`, `-5E-1`: `-0.5`,
		`{"b":1,"10":2,"2":3,"a":4,"01":5,"-1":6,"4294967295":7,"4294967294":8,"0":9}`: `{"0":9,"2":3,"10":2,"4294967294":8,"b":1,"a":4,"01":5,"-1":6,"4294967295":7}`,
		`{"a":[1,{"b":2.0}],"c":"\ud800"}`:                                             `{"a":[1,{"b":2}],"c":"\ud800"}`,
	}
	for in, want := range cases {
		require.Equal(t, want, parse(t, in).JavaScript().String(), in)
	}
	require.Equal(t, "1e400", parse(t, "1e400").JavaScript().String(), "no limit of 1e400 may become none")
	require.Equal(t, jsonvalue.KindNull, jsonvalue.Float(math.NaN()).Kind())
	same := parse(t, `{"a":[1,"x",{"b":null}]}`)
	require.Equal(t, same, same.JavaScript())
}

func TestJavaScriptIsLinearInDepth(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":[`, 64) + "1.0" + strings.Repeat("]}", 64)
	require.Equal(t, strings.Replace(deep, "1.0", "1", 1), parse(t, deep).JavaScript().String())
}

func TestManyMembers(t *testing.T) {
	t.Parallel()
	const n = 100_000
	var text strings.Builder
	text.WriteString(`{"k7":"first"`)
	for i := range n {
		fmt.Fprintf(&text, `,"k%d":%d`, i, i)
	}
	text.WriteString(`}`)
	v := parse(t, text.String())
	require.Equal(t, n, v.Len())
	require.Equal(t, "k7", v.Members()[0].Name)
	for i := range n {
		got, ok := v.Get(fmt.Sprintf("k%d", i)).Int64()
		require.True(t, ok)
		require.Equal(t, int64(i), got)
	}
	require.True(t, v.Get("nope").IsAbsent())
	require.True(t, jsonvalue.Equal(v, jsonvalue.Object(v.Members()...)))
}

func TestMarshalJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(map[string]jsonvalue.Value{"a": parse(t, `{"z":1.0,"b":[ ]}`), "none": {}})
	require.NoError(t, err)
	require.Equal(t, `{"a":{"z":1.0,"b":[]},"none":null}`, string(got))
	require.Equal(t, "absent", jsonvalue.Value{}.String())
}

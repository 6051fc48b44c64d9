package kuzzle

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// message makes a request of a message's text.
func message(t *testing.T, text string) *Request {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err)
	var r Request
	e := messageEnvelope(v)
	require.NoError(t, r.fill(&e))
	return &r
}

// overHTTP is the same request as if its arguments had come in a query string.
func overHTTP(r *Request) *Request {
	r.http = true
	return r
}

func TestIntegerArgument(t *testing.T) {
	tests := []struct {
		json string
		want int
		code fault.Code
	}{
		{`{}`, 7, ""},
		{`{"n":0}`, 0, ""},
		{`{"n":12}`, 12, ""},
		{`{"n":-3}`, -3, ""},
		{`{"n":1e3}`, 1000, ""},
		{`{"n":2.0}`, 2, ""},
		{`{"n":"12"}`, 12, ""},
		{`{"n":" \n12abc"}`, 12, ""},
		{`{"n":"1e2x"}`, 100, ""},
		{`{"n":"1e"}`, 1, ""},
		{`{"n":"+.5e1"}`, 5, ""},
		{`{"n":"9007199254740991"}`, maxSafeInteger, ""},
		{`{"n":"9007199254740992"}`, 0, fault.CodeInvalidType},
		{`{"n":1.5}`, 0, fault.CodeInvalidType},
		{`{"n":"a"}`, 0, fault.CodeInvalidType},
		{`{"n":""}`, 0, fault.CodeInvalidType},
		{`{"n":"."}`, 0, fault.CodeInvalidType},
		{`{"n":"Infinity"}`, 0, fault.CodeInvalidType},
		{`{"n":"1e999"}`, 0, fault.CodeInvalidType},
		{`{"n":null}`, 0, fault.CodeInvalidType},
		{`{"n":true}`, 0, fault.CodeInvalidType},
		{`{"n":[1]}`, 0, fault.CodeInvalidType},
	}
	for _, tt := range tests {
		t.Run(tt.json, func(t *testing.T) {
			got, err := message(t, tt.json).integer("n", 7)
			requireCode(t, tt.code, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestFlagArgument(t *testing.T) {
	tests := []struct {
		json          string
		message, http bool
		code          fault.Code
	}{
		{`{}`, false, false, ""},
		{`{"f":true}`, true, true, ""},
		{`{"f":false}`, false, true, ""},
		{`{"f":null}`, false, true, ""},
		{`{"f":""}`, false, true, fault.CodeInvalidType},
		{`{"f":"false"}`, false, true, fault.CodeInvalidType},
		{`{"f":0}`, false, true, fault.CodeInvalidType},
	}
	for _, tt := range tests {
		t.Run(tt.json, func(t *testing.T) {
			got, err := message(t, tt.json).flag("f")
			requireCode(t, tt.code, err)
			require.Equal(t, tt.message, got)
			got, err = overHTTP(message(t, tt.json)).flag("f")
			require.NoError(t, err)
			require.Equal(t, tt.http, got)
		})
	}
}

func TestIDArgument(t *testing.T) {
	tests := []struct {
		json, want string
		code       fault.Code
	}{
		{`{"_id":"a b"}`, "a b", ""},
		{`{}`, "", fault.CodeMissingArgument},
		{`{"_id":""}`, "", fault.CodeMissingArgument},
		{`{"_id":null}`, "", fault.CodeMissingArgument},
		{`{"_id":0}`, "", fault.CodeMissingArgument},
		{`{"_id":false}`, "", fault.CodeMissingArgument},
		{`{"_id":42}`, "", fault.CodeInvalidType},
		{`{"_id":["a"]}`, "", fault.CodeInvalidType},
		{`{"_id":{}}`, "", fault.CodeInvalidType},
	}
	for _, tt := range tests {
		t.Run(tt.json, func(t *testing.T) {
			got, err := message(t, tt.json).id()
			requireCode(t, tt.code, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestRefreshArgument(t *testing.T) {
	for json, want := range map[string]bool{
		`{}`: true, `{"refresh":"wait_for"}`: true, `{"refresh":true}`: true, `{"refresh":"bogus"}`: true, `{"refresh":""}`: true,
		`{"refresh":0}`: true, `{"refresh":[]}`: true, `{"refresh":false}`: false, `{"refresh":"false"}`: false, `{"refresh":null}`: false,
	} {
		require.Equal(t, want, message(t, json).waits(), json)
	}
}

func TestBodyArguments(t *testing.T) {
	_, err := message(t, `{}`).bodyArray("ids")
	requireCode(t, fault.CodeBodyRequired, err)
	_, err = message(t, `{"body":{}}`).bodyArray("ids")
	requireCode(t, fault.CodeMissingArgument, err)
	_, err = message(t, `{"body":{"ids":null}}`).bodyArray("ids")
	requireCode(t, fault.CodeInvalidType, err)
	ids, err := message(t, `{"body":{"ids":["a"]}}`).bodyArray("ids")
	require.NoError(t, err)
	require.Len(t, ids, 1)

	text, err := message(t, `{}`).bodyText("token", "x")
	require.NoError(t, err)
	require.Equal(t, "x", text)
	_, err = message(t, `{"body":{"token":5}}`).bodyText("token", "x")
	requireCode(t, fault.CodeInvalidType, err)
}

func TestTargets(t *testing.T) {
	require.NoError(t, targetsError(message(t, `{"index":"i"}`)))
	require.NoError(t, targetsError(message(t, `{"index":"i","targets":[]}`)))
	require.NoError(t, targetsError(message(t, `{"targets":[{}]}`)))
	requireCode(t, fault.CodeInvalidType, targetsError(message(t, `{"targets":"[]"}`)))
	require.NoError(t, targetsError(overHTTP(message(t, `{"targets":"[]"}`))))
	require.ErrorContains(t, targetsError(message(t, `{"index":"i","targets":[1]}`)), idExclusive)
}

func TestSDKVersions(t *testing.T) {
	for volatile, ok := range map[string]bool{
		`{}`: true, `{"sdkName":"js@7.17.1"}`: true, `{"sdkName":"js@6.0.0"}`: false, `{"sdkName":"js@"}`: true, `{"sdkName":"@1"}`: true,
		`{"sdkName":"other@1"}`: true, `{"sdkName":7}`: true, `{"sdkVersion":"1.0"}`: false, `{"sdkVersion":""}`: true, `{"sdkName":"php@4.1"}`: true,
	} {
		err := message(t, `{"volatile":`+volatile+`}`).checkSDK()
		require.Equal(t, ok, err == nil, volatile)
	}
}

func TestQueryStrings(t *testing.T) {
	tests := []struct{ query, want string }{
		{"", `{}`},
		{"strict", `{"strict":""}`},
		{"a=1&b=x+y%20z", `{"a":"1","b":"x y z"}`},
		{"a=1&a=2&a=3", `{"a":["1","2","3"]}`},
		{"&&a=1&", `{"a":"1"}`},
		{"a=%zz+%", `{"a":"%zz %"}`},
		{"=x", `{"":"x"}`},
		{"a=b=c", `{"a":"b=c"}`},
		{"a=%ff", `{"a":"�"}`},
		{"a;b=1", `{"a;b":"1"}`},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, jsonvalue.Object(parseQuery(tt.query)...).String(), tt.query)
	}
}

func requireCode(t *testing.T, want fault.Code, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.True(t, fault.HasCode(err, want), "want %s, got %v", want, err)
}

func targetsError(r *Request) error {
	_, err := r.checkTargets()
	return err
}

package e2etest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mebibyte is the default of limits.body_bytes.
const mebibyte = 1 << 20

// named is a bad input with a name.
type named struct{ name, text string }

// brokenJSON is no JSON that a request may hold, whatever it is about. Within a message it breaks the message.
var brokenJSON = []named{
	{"cut off", `{"policies":[{"roleId":"default"`},
	{"nothing but a brace", `{`},
	{"a comma too many", `{"policies":[],}`},
	{"something behind it", `{"policies":[]}]`},
	{"single quotes", `{'policies':[]}`},
	{"a comment", `{"policies":[] /* none */}`},
	{"a NaN", `{"rateLimit":NaN}`},
	{"a plus", `{"rateLimit":+1}`},
	{"a leading zero", `{"rateLimit":01}`},
	{"hexadecimal", `{"rateLimit":0x10}`},
	{"a NUL between", "{\"policies\":\x00[]}"},
	{"a NUL in a text", "{\"policies\":[{\"roleId\":\"a\x00b\"}]}"},
	{"a tab in a text", "{\"policies\":[{\"roleId\":\"a\tb\"}]}"},
	{"half an escape", `{"policies":[{"roleId":"\u12"}]}`},
	{"an escape that is none", `{"policies":[{"roleId":"\q"}]}`},
	{"deep", `{"policies":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`},
	{"very deep", `{"a":` + strings.Repeat(`{"a":`, 100_000) + `1` + strings.Repeat("}", 100_000) + `}`},
	{"deep and cut off", strings.Repeat("[", 200_000)},
	{"a byte order mark", "\xef\xbb\xbf{\"policies\":{}}"},
}

// tooLarge is more than a request may have.
var tooLarge = []named{
	{"too large", `{"policies":[{"roleId":"` + strings.Repeat("x", mebibyte) + `"}]}`},
	{"far too large", `{"policies":[{"roleId":"` + strings.Repeat("x", 4*mebibyte) + `"}]}`},
}

// notUTF8 are bytes that are no text.
var notUTF8 = []named{
	{"not UTF-8", "{\"policies\":[{\"roleId\":\"\xff\xfe\"}]}"},
	{"half a letter", "{\"policies\":[{\"roleId\":\"\xc3\"}]}"},
	{"an overlong NUL", "{\"policies\":[{\"roleId\":\"\xc0\x80\"}]}"},
	{"a surrogate in UTF-8", "{\"policies\":[{\"roleId\":\"\xed\xa0\x80\"}]}"},
}

// wrongPolicies is JSON that is no policy profile.
var wrongPolicies = []named{
	{"an array", `[]`},
	{"a number", `42`},
	{"a text", `"policies"`},
	{"policies are a text", `{"policies":"default"}`},
	{"policies are a number", `{"policies":1}`},
	{"policies are an object", `{"policies":{"0":{"roleId":"default"}}}`},
	{"policies are true", `{"policies":true}`},
	{"a policy is a text", `{"policies":["default"]}`},
	{"a policy is null", `{"policies":[null]}`},
	{"a policy is an array", `{"policies":[[{"roleId":"default"}]]}`},
	{"no role", `{"policies":[{}]}`},
	{"the role is null", `{"policies":[{"roleId":null}]}`},
	{"the role is a number", `{"policies":[{"roleId":1}]}`},
	{"the role is an object", `{"policies":[{"roleId":{"toString":1}}]}`},
	{"the role is an array", `{"policies":[{"roleId":["default"]}]}`},
	{"the role has a NUL", `{"policies":[{"roleId":"default\u0000"}]}`},
	{"the role is a lone surrogate", `{"policies":[{"roleId":"\ud800"}]}`},
	{"the role is a prototype", `{"policies":[{"roleId":"__proto__"}]}`},
	{"the role is long", `{"policies":[{"roleId":"` + strings.Repeat("x", mebibyte/2) + `"}]}`},
	{"an unknown field in a policy", `{"policies":[{"roleId":"default","more":1}]}`},
	{"restrictedTo is a text", `{"policies":[{"roleId":"default","restrictedTo":"i"}]}`},
	{"restrictedTo is an object", `{"policies":[{"roleId":"default","restrictedTo":{"index":"i"}}]}`},
	{"a restriction is a text", `{"policies":[{"roleId":"default","restrictedTo":["i"]}]}`},
	{"a restriction is null", `{"policies":[{"roleId":"default","restrictedTo":[null]}]}`},
	{"a restriction without index", `{"policies":[{"roleId":"default","restrictedTo":[{"collections":["c"]}]}]}`},
	{"an unknown field in a restriction", `{"policies":[{"roleId":"default","restrictedTo":[{"index":"i","more":1}]}]}`},
	{"collections are a text", `{"policies":[{"roleId":"default","restrictedTo":[{"index":"i","collections":"c"}]}]}`},
	{"a rate that is a text", `{"rateLimit":"1","policies":[]}`},
	{"a rate below zero", `{"rateLimit":-1,"policies":[]}`},
	{"a rate that is not whole", `{"rateLimit":1.5,"policies":[]}`},
	{"a rate that is huge", `{"rateLimit":1e300,"policies":[]}`},
	{"a rate of many digits", `{"rateLimit":` + strings.Repeat("9", 300) + `,"policies":[]}`},
	{"a rate that is an object", `{"rateLimit":{},"policies":[]}`},
	{"many policies", `{"policies":[` + strings.Repeat(`{"roleId":"default"},`, 20_000) + `{"roleId":"nobody"}]}`},
}

// wrongSpecs is JSON that is no request for a spec profile.
var wrongSpecs = []named{
	{"an array", `[]`},
	{"a number", `1`},
	{"null", `null`},
	{"nothing", `{}`},
	{"no profile", `{"policies":[]}`},
	{"a profile that is null", `{"profile":null}`},
	{"a profile that is a text", `{"profile":"web"}`},
	{"a profile that is an array", `{"profile":[]}`},
	{"an empty profile", `{"profile":{}}`},
	{"an unknown field", `{"profile":{"name":"bad","more":1,"spec":` + heatSpec("bad") + `}}`},
	{"no name", `{"profile":{"spec":` + heatSpec("bad") + `}}`},
	{"a name that is a number", `{"profile":{"name":1,"spec":` + heatSpec("bad") + `}}`},
	{"a name that is empty", `{"profile":{"name":"","spec":` + heatSpec("bad") + `}}`},
	{"a name that is long", `{"profile":{"name":"` + strings.Repeat("x", 300) + `","spec":` + heatSpec("bad") + `}}`},
	{"a name with a NUL", `{"profile":{"name":"a\u0000b","spec":` + heatSpec("bad") + `}}`},
	{"a name that is a lone surrogate", `{"profile":{"name":"\udc00","spec":` + heatSpec("bad") + `}}`},
	{"metadata that are a text", `{"profile":{"name":"bad","metadata":"x","spec":` + heatSpec("bad") + `}}`},
	{"no spec", `{"profile":{"name":"bad"}}`},
	{"a spec that is null", `{"profile":{"name":"bad","spec":null}}`},
	{"a spec that is a text", `{"profile":{"name":"bad","spec":"os.heat.stack"}}`},
	{"a spec that is an array", `{"profile":{"name":"bad","spec":[]}}`},
	{"an empty spec", `{"profile":{"name":"bad","spec":{}}}`},
	{"a type that is a number", `{"profile":{"name":"bad","spec":{"type":1,"version":"1.0"}}}`},
	{"a type that is an object", `{"profile":{"name":"bad","spec":{"type":{},"version":"1.0"}}}`},
	{"a type that nobody knows", `{"profile":{"name":"bad","spec":{"type":"no.such","version":"1.0"}}}`},
	{"a version that is an array", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":[1,0]}}}`},
	{"a version that is huge", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":1e400}}}`},
	{"properties that are a text", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":"1.0","properties":"x"}}}`},
	{"properties that are an array", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":"1.0","properties":[1]}}}`},
	{"an unknown property", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":"1.0","properties":{"more":1}}}}`},
	{"a huge timeout", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":"1.0","properties":{"template":{},"timeout":1e999}}}}`},
	{"a timeout of many digits", `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":"1.0","properties":{"template":{},"timeout":"` + strings.Repeat("9", 10_000) + `x"}}}}`},
}

// httpProbe is a request as it goes over the wire.
type httpProbe struct {
	name string
	text string
	bare bool // it is refused before a dialect sees it, so the answer has not the dialect's shape; or it may even be accepted
	cut  bool // the client hangs up behind the text. Elsewhere that would make it one who does not wait for its answer
}

// request writes a request down. A body is given its length.
func request(verb, target, body string, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: x\r\n", verb, target)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	return b.String() + "\r\n" + body
}

const asJSON = "Content-Type: application/json"

// httpProbes are requests that are bad in other places than their JSON. Path is one at which the dialect creates, with bodies of which good
// is a valid one that must not be taken from any of these.
func httpProbes(t *testing.T, path, good string) []httpProbe {
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	return []httpProbe{
		{name: "a giant header", text: request("POST", path, good, asJSON, "X-Giant: "+strings.Repeat("x", 200<<10)), bare: true},
		{name: "headers beyond number", text: request("POST", path, good, asJSON, strings.TrimSuffix(many("X-%d: 1\r\n", 20_000), "\r\n")), bare: true},
		{name: "thousands of parameters on a path that is none", text: request("POST", "/no/such/path?"+many("p%d=1&", 5000), good, asJSON)},
		{name: "a path with a percent sign", text: request("POST", "/%zz", good, asJSON), bare: true},
		{name: "a path with a NUL", text: request("POST", "/%00/%00/%00", good, asJSON)},
		{name: "a path that is no UTF-8", text: request("POST", "/%ff/%fe", good, asJSON)},
		{name: "a long path", text: request("POST", "/"+strings.Repeat("a", 50<<10), good, asJSON)},
		{name: "a path of many parts", text: request("POST", strings.Repeat("/a", 20<<10), good, asJSON)},
		{name: "a path upwards", text: request("POST", "/../../../../etc/passwd", good, asJSON)},
		{name: "an unknown verb", text: request("FROBNICATE", path, good, asJSON)},
		{name: "a verb that is none", text: request("P(ST", path, good, asJSON), bare: true},
		{name: "CONNECT", text: request("CONNECT", "example.org:443", ""), bare: true},
		{name: "two lengths", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", bare: true},
		{name: "a length below zero", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n{}", bare: true},
		{name: "a length that is huge", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nContent-Length: 9223372036854775807\r\n\r\n{}", cut: true},
		{name: "a length that is more than huge", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{}", bare: true},
		{name: "a body cut off", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nContent-Length: 1000\r\n\r\n" + good[:len(good)-1], cut: true},
		{name: "a chunk that is none", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"},
		{name: "a chunk that is huge", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"},
		{name: "no end of chunks", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", cut: true},
		{name: "gzip that is none", text: request("POST", path, "this is no gzip", asJSON, "Content-Encoding: gzip")},
		{name: "gzip cut off", text: request("POST", path, zipped(t, strings.Repeat(good, 10))[:30], asJSON, "Content-Encoding: gzip")},
		{name: "a bomb", text: request("POST", path, zipped(t, `{"a":"`+strings.Repeat("x", 4*mebibyte)+`"}`), asJSON, "Content-Encoding: gzip")},
		{name: "an unknown encoding", text: request("POST", path, good[:len(good)-1], asJSON, "Content-Encoding: rot13")},
		{name: "no Host", text: "POST " + path + " HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", bare: true},
		{name: "a header without a colon", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", bare: true},
		{name: "a header with a NUL", text: "POST " + path + " HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", bare: true},
		{name: "half an upgrade", text: request("GET", "/", "", "Upgrade: websocket", "Connection: Upgrade"), bare: true},
		{name: "an upgrade of another version", text: request("GET", "/", "", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 99", "Sec-WebSocket-Key: "+base64.StdEncoding.EncodeToString(make([]byte, 16))), bare: true},
		{name: "a form that is none", text: request("POST", path, "--x\r\nnonsense", "Content-Type: multipart/form-data; boundary=x")},
		{name: "a form without a boundary", text: request("POST", path, good[:len(good)-1], "Content-Type: multipart/form-data")},
		{name: "a type that is none", text: request("POST", path, good[:len(good)-1], "Content-Type: ;;;=;")},
		{name: "a giant type", text: request("POST", path, good[:len(good)-1], "Content-Type: "+strings.Repeat("a", 40<<10))},
	}
}

// kuzzleProbes are bad in ways of their own.
func kuzzleProbes(good string) []httpProbe {
	const path = "/profiles/bad/_create"
	return []httpProbe{
		{name: "a charset", text: request("POST", path, good, asJSON+"; charset=latin1")},
		{name: "volatile that is no JSON", text: request("POST", path, good, asJSON, "X-Kuzzle-Volatile: {")},
		{name: "volatile that is deep", text: request("POST", path, good, asJSON, "X-Kuzzle-Volatile: "+strings.Repeat("[", 30_000))},
		{name: "a token that is none", text: request("POST", path, good, asJSON, "Authorization: Bearer ...")},
		{name: "a token of letters", text: request("POST", path, good, asJSON, "Authorization: Bearer \xff\xfe")},
		{name: "a search of nothing", text: request("POST", "/profiles/_search", `{"roles":{"a":1}}`, asJSON)},
		{name: "a search of numbers", text: request("POST", "/profiles/_search?size=1e9&from=-1", `{}`, asJSON)},
		{name: "a search of digits", text: request("POST", "/profiles/_search?size="+strings.Repeat("9", 1000), `{}`, asJSON)},
		{name: "a query without an action", text: request("POST", "/_query", `{}`, asJSON)},
		{name: "a query of a number", text: request("POST", "/_query", `7`, asJSON)},
		{name: "a query of wrong types", text: request("POST", "/_query", `{"controller":1,"action":[],"requestId":{}}`, asJSON)},
		{name: "an id that is long", text: request("POST", "/profiles/"+strings.Repeat("%C3%A9", 300)+"/_create", good, asJSON)},
		{name: "an id that is no UTF-8", text: request("GET", "/profiles/%ff%fe", "")},
		{name: "an index that is none", text: request("POST", "/%2F/_create", "")},
		{name: "an index that is long", text: request("POST", "/"+strings.Repeat("i", 2000)+"/_create", "")},
		{name: "a role of nothing", text: request("POST", "/roles/bad/_create", `{"controllers":7}`, asJSON)},
		{name: "a role of numbers", text: request("POST", "/roles/bad/_create", `{"controllers":{"*":{"actions":{"*":7}}}}`, asJSON)},
	}
}

// senlinProbes are bad in ways of their own.
func senlinProbes(good string) []httpProbe {
	const path = "/v1/profiles"
	return []httpProbe{
		{name: "a version that is none", text: request("POST", path, good, asJSON, "OpenStack-API-Version: clustering x.y")},
		{name: "a version that is huge", text: request("POST", path, good, asJSON, "OpenStack-API-Version: clustering 1."+strings.Repeat("9", 1000))},
		{name: "a limit that is none", text: request("GET", path+"?limit=x", "")},
		{name: "a limit below zero", text: request("GET", path+"?limit=-1", "")},
		{name: "a limit of digits", text: request("GET", path+"?limit="+strings.Repeat("9", 1000)+"x", "")},
		{name: "a marker that is none", text: request("GET", path+"?marker=x", "")},
		{name: "a sort that is none", text: request("GET", path+"?sort="+strings.Repeat("name:asc,", 1000)+"x", "")},
		{name: "a parameter that is none", text: request("GET", path+"?more=1", "")},
		{name: "a parameter that is no UTF-8", text: request("GET", path+"?name=%ff", "")},
		{name: "thousands of parameters", text: request("GET", path+"?"+strings.Repeat("p=1&", 10_000), "")},
		{name: "an id that is no UTF-8", text: request("GET", path+"/%ff%fe", "")},
		{name: "an id with a NUL", text: request("GET", path+"/a%00b", "")},
		{name: "an id that is long", text: request("GET", path+"/"+strings.Repeat("a", 10_000), "")},
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

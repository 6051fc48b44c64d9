package senlin_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/senlin"
)

func TestContentTypes(t *testing.T) {
	tests := []struct {
		contentType string
		counts      bool
	}{
		{"", true},
		{"application/json", true},
		{"application/json; charset=utf-8", true},
		{"application/json;charset=latin-1", true},
		{"JSON", true},
		{"text/plain", true},
		{"text/plain; charset=utf-8", true},
		{"text/plain-ish", true},
		{";", true},
		{"json", false},
		{"Application/JSON", false},
		{"application/json ; charset=utf-8", false},
		{"application/xml", false},
		{"application/x-www-form-urlencoded", false},
		{"application/vnd.api+json", false},
		{"text/html", false},
		{"multipart/form-data; boundary=x", false},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.contentType, func(t *testing.T) {
			w := answer(h, ask(http.MethodPost, "/v1/profiles", profileBody("p1"), "Content-Type", tt.contentType))
			if tt.counts {
				require.Equalf(t, http.StatusCreated, w.Code, "body: %s", w.Body)
				return
			}
			isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", general)
			// As it is none, it does not harm where none is wanted.
			w = answer(h, ask(http.MethodGet, "/v1/profiles", profileBody("p1"), "Content-Type", tt.contentType))
			require.Equal(t, http.StatusOK, w.Code)
		})
	}
}

// TestBodies tells what Senlin says of a body where one is wanted, and where none is.
func TestBodies(t *testing.T) {
	const missing = "Request body missing 'profile' key."
	tests := []struct {
		name, body      string
		wanted, getting string // the message of POST, and that of GET; "": it is good
	}{
		{"none", "", general, ""},
		{"array", `[]`, general, ""},
		{"text", `"profile"`, general, ""},
		{"null", `null`, general, ""},
		{"white space first", ` {"profile":{}}`, general, ""},
		{"byte order mark", "\ufeff{}", general, ""},
		{"empty object", `{}`, missing, general},
		{"white space behind", "{} \r\n\t", missing, general},
		{"cut off", `{"profile":`, "unexpected end of input at byte 11", "unexpected end of input at byte 11"},
		{"two values", `{}{}`, "unexpected data after the value at byte 3", "unexpected data after the value at byte 3"},
		{"other keys only", `{"Profile":{},"profiles":[]}`, missing, general},
		{"not UTF-8", "{\"profile\xff\":1}", "The JSON body is not valid UTF-8.", "The JSON body is not valid UTF-8."},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			isFault(t, answer(h, ask(http.MethodPost, "/v1/profiles", tt.body)), http.StatusBadRequest, "HTTPBadRequest", tt.wanted)
			w := answer(h, ask(http.MethodGet, "/v1/profiles", tt.body))
			if tt.getting == "" {
				require.Equal(t, http.StatusOK, w.Code)
				return
			}
			isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", tt.getting)
		})
	}
}

func TestNotJSON(t *testing.T) {
	h := api(t)
	for _, body := range []string{
		`{"profile":NaN}`, `{"profile":Infinity}`, `{"profile":-Infinity}`, `{"profile":'a'}`, `{profile:1}`, `{"profile":01}`, `{"profile":1.}`,
		`{"profile":.5}`, `{"profile":+1}`, `{"a":1,}`, `{"a"}`, `{"a":"` + "\x01" + `"}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{/* */}`, "{\x00}", `{`,
	} {
		w := answer(h, ask(http.MethodPost, "/v1/profiles", body))
		require.Equalf(t, http.StatusBadRequest, w.Code, "%q", body)
		fault, _ := decoded(t, w)["error"].(map[string]any)
		require.Equalf(t, "HTTPBadRequest", fault["type"], "%q", body)
		require.NotEqualf(t, general, fault["message"], "%q", body)
	}
}

func TestRepeatedKeys(t *testing.T) {
	h := api(t)
	body := `{"profile":{"name":"first"},"profile":{"name":"second","spec":[],"spec":` + heatSpec + `,"name":"third","metadata":{"a":{"x":1},"a":{"y":2}}}}`
	w := answer(h, ask(http.MethodPost, "/v1/profiles", body))
	require.Equalf(t, http.StatusCreated, w.Code, "body: %s", w.Body)
	p, _ := decoded(t, w)["profile"].(map[string]any)
	require.Equal(t, "third", p["name"])
	require.Equal(t, map[string]any{"a": map[string]any{"y": 2.0}}, p["metadata"])
}

// TestSpelling shows that a spec and metadata come back as they were sent: order, numbers, texts.
func TestSpelling(t *testing.T) {
	h := api(t)
	metadata := `{"z":1.0,"a":100000000000000000000001,"e":1E400,"n":null,"s":"\ud800 é \u0000","":{"":[[]]}}`
	spec := `{"version":1.0,"type":"os.heat.stack","properties":{"timeout":"60","template":{"b":1,"a":2}}}`
	w := answer(h, ask(http.MethodPost, "/v1/profiles", `{"profile":{"metadata":`+metadata+`,"spec":`+spec+`,"name":"p1"}}`))
	require.Equalf(t, http.StatusCreated, w.Code, "body: %s", w.Body)
	for _, w := range []string{w.Body.String(), answer(h, ask(http.MethodGet, "/v1/profiles/p1", "")).Body.String()} {
		require.Contains(t, w, `"spec":`+spec)
		require.Contains(t, w, `"z":1.0,"a":100000000000000000000001,"e":1E400,"n":null,`)
		require.Contains(t, w, `\ud800`)
		require.Contains(t, w, `"":{"":[[]]}`)
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) string { return `{"profile":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	h := api(t, func(o *senlin.Options) { o.Limits.JSONDepth = 10 })
	w := answer(h, ask(http.MethodPost, "/v1/profiles", nested(10)))
	isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", strings.Repeat("[", 9)+strings.Repeat("]", 9)+" is not of type 'object'")
	w = answer(h, ask(http.MethodPost, "/v1/profiles", nested(11)))
	isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", "The JSON body nests more than 10 levels deep.")

	w = answer(api(t), ask(http.MethodPost, "/v1/profiles", `{"profile":`+strings.Repeat(`{"a":`, 200000)))
	isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", "The JSON body nests more than 128 levels deep.")
}

func TestTooLarge(t *testing.T) {
	sized := func(n int) string { return `{"pad":"` + strings.Repeat("x", n-10) + `"}` }
	h := api(t)
	const limit = 1 << 20
	isFault(t, answer(h, ask(http.MethodPost, "/v1/profiles", sized(limit))), http.StatusBadRequest, "HTTPBadRequest", "Request body missing 'profile' key.")
	message := fmt.Sprintf("Request limit exceeded: JSON body size (%d bytes) exceeds maximum allowed size (%d bytes).", limit+1, limit)
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		isFault(t, answer(h, ask(method, "/v1/profiles", sized(limit+1))), http.StatusBadRequest, "RequestLimitExceeded", message)
	}
	// What is no JSON body has no limit as such.
	isFault(t, answer(h, ask(http.MethodPost, "/v1/profiles", strings.Repeat("[", limit+1))), http.StatusBadRequest, "HTTPBadRequest", general)
	w := answer(h, ask(http.MethodPost, "/v1/profiles", sized(limit+1), "Content-Type", "application/xml"))
	isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", general)
}

// TestTooLargeIsRead shows over the wire that a client which sends all before it reads gets to see why it was refused.
func TestTooLargeIsRead(t *testing.T) {
	s := serve(t)
	r := ask(http.MethodPost, s.URL+"/v1/profiles", "")
	r.RequestURI = ""
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`{"pad":"`+strings.Repeat("x", 6<<20)+`"}`)), 6<<20+10
	resp, err := s.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.Contains(t, string(body), "RequestLimitExceeded")
}

// exchange sends raw bytes and reads the answer, which may have a 100 in front. With ended, nothing more is to come: to net/http that also
// says that nobody waits, so the calls of good requests would be canceled.
func exchange(t *testing.T, address, request string, ended bool) (status int, got string) {
	t.Helper()
	conn := dial(t, address)
	defer conn.Close()
	_, err := io.WriteString(conn, request)
	require.NoError(t, err)
	if tcp, ok := conn.(*net.TCPConn); ok && ended {
		require.NoError(t, tcp.CloseWrite())
	}
	for in := bufio.NewReader(conn); ; {
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		if resp.StatusCode != http.StatusContinue {
			return resp.StatusCode, string(body)
		}
	}
}

func TestBodiesOnTheWire(t *testing.T) {
	s := serve(t)
	address := s.Listener.Addr().String()
	head := "POST /v1/profiles HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Auth-Token: " + demo + "\r\n"
	body := profileBody("p1")
	tests := []struct {
		name, request string
		status        int
		contains      string
	}{
		{"chunked", head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body), 400, general},
		{"no length", head + "\r\n" + body, 400, general},
		{"length zero", head + "Content-Length: 0\r\n\r\n" + body, 400, general},
		{"whole", head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body), 201, `"name":"p1"`},
		{"cut off", head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+1, body), 400, "ended before it was complete"},
		{"cut off at once", head + "Content-Length: 7\r\n\r\n", 400, "ended before it was complete"},
		{"large and cut off", head + "Content-Length: 2000000\r\n\r\n", 400, "ended before it was complete"},
		{"length no number", head + "Content-Length: x\r\n\r\n{}", 400, ""},
		{"asks before it sends", head + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s", len(body), body), 201, `"name":"p1"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, got := exchange(t, address, tt.request, strings.Contains(tt.name, "cut off"))
			require.Equalf(t, tt.status, status, "body: %s", got)
			require.Contains(t, got, tt.contains)
		})
	}
	// Nothing was made by halves.
	r := ask(http.MethodGet, s.URL+"/v1/profiles?name=p1", "")
	r.RequestURI = ""
	resp, err := s.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	list, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 2, bytes.Count(list, []byte(`"name":"p1"`))) // the whole one, and the one that asked
}

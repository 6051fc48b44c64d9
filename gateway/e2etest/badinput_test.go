package e2etest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/profilegate/profilegate/gateway/conformance"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// contents is all that a tenant has, as clients see it.
type contents struct {
	policies []string
	specs    []string
}

func contentsOf(t *testing.T, n *node) contents {
	t.Helper()
	found, err := dialKuzzle(t, "http", n.Target).search(soon(t), "")
	require.NoError(t, err)
	listed, err := dialSenlin(t, n.Target).list(soon(t), "")
	require.NoError(t, err)
	c := contents{policies: slices.Sorted(maps.Keys(found))}
	for _, p := range listed {
		c.specs = append(c.specs, p.ID)
	}
	return c
}

// startForRubbish starts a process that is to stay as it is: the same process, ready, with the contents that it has now, and able to serve
// every protocol.
func startForRubbish(t *testing.T, env ...string) *node {
	t.Helper()
	n := start(t, onEmbedded(t), "one", env...)
	newObserver(t, n).allWell(t, "before")
	before := contentsOf(t, n)
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		select {
		case <-n.Exited():
			require.Fail(t, "the process ended", logged{n.logFile})
		default:
		}
	})
	t.Cleanup(func() { n.requireUnchanged(context.WithoutCancel(t.Context()), t, before) })
	return n
}

// requireUnchanged runs when the test's own context has ended.
func (n *node) requireUnchanged(ctx context.Context, t *testing.T, before contents) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	kuzzle, senlin := dialKuzzle(t, "http", n.Target), dialSenlin(t, n.Target)
	found, err := kuzzle.search(ctx, "")
	require.NoError(t, err)
	require.Equal(t, before.policies, slices.Sorted(maps.Keys(found)), "bad input was written")
	listed, err := senlin.list(ctx, "")
	require.NoError(t, err)
	require.Len(t, listed, len(before.specs), "bad input was written")
}

const (
	goodPolicies = `{"policies":[{"roleId":"default"}]}`
	goodSpec     = `{"profile":{"name":"bad","spec":{"type":"os.heat.stack","version":"1.0","properties":{"template":{"a":1}}}}}`
)

func TestBadInputOverKuzzleHTTP(t *testing.T) {
	t.Parallel()
	n := startForRubbish(t)
	probes := append(httpProbes(t, "/profiles/bad/_create", goodPolicies), kuzzleProbes(goodPolicies)...)
	for _, bad := range slices.Concat(brokenJSON, tooLarge, notUTF8, wrongPolicies) {
		probes = append(probes,
			httpProbe{name: bad.name, text: request("POST", "/profiles/bad/_create", bad.text, asJSON)},
			httpProbe{name: bad.name + ", asked for", text: request("POST", "/_query", createMessage(bad.text), asJSON)})
	}
	for _, p := range probes {
		p.requireRefused(t, n.Target.Kuzzle, func(status int, body []byte) error {
			a := kuzzleAnswer{Error: new(kuzzleError)}
			// What is found before there is a request is told without an envelope.
			if err := errors.Join(json.Unmarshal(body, a.Error), json.Unmarshal(body, &a)); err != nil {
				return err
			}
			if a.Error == nil || a.Error.Status != status || a.Error.Message == "" {
				return fmt.Errorf("no error of Kuzzle's: %s", body)
			}
			return nil
		})
	}
}

func createMessage(body string) string {
	return `{"controller":"security","action":"createProfile","_id":"bad","body":` + body + `}`
}

func TestBadInputOverSenlinHTTP(t *testing.T) {
	t.Parallel()
	n := startForRubbish(t)
	probes := append(httpProbes(t, "/v1/profiles", goodSpec), senlinProbes(goodSpec)...)
	for _, bad := range slices.Concat(brokenJSON, tooLarge, notUTF8, wrongSpecs) {
		probes = append(probes, httpProbe{name: bad.name, text: request("POST", "/v1/profiles", bad.text, asJSON)})
	}
	for _, p := range probes {
		if !strings.Contains(p.text[:min(len(p.text), 40)], "/v1/") {
			p.bare = true // the other dialect's
		}
		p.requireRefused(t, n.Target.Senlin, func(status int, body []byte) error {
			if strings.HasPrefix(string(body), fmt.Sprintf("%d %s\n", status, http.StatusText(status))) {
				return nil // what is found outside of Senlin's own code, its library tells as text
			}
			var a senlinAnswer
			if err := json.Unmarshal(body, &a); err != nil {
				return err
			}
			if a.Error == nil || a.Error.Code != status || a.Error.Message == "" {
				return fmt.Errorf("no error of Senlin's: %s", body)
			}
			return nil
		})
	}
}

// requireRefused sends the request and holds the answer to a status of 4xx in the dialect's shape, or for a bare one to anything but a fault
// of the server.
func (p httpProbe) requireRefused(t *testing.T, address string, shape func(status int, body []byte) error) {
	t.Helper()
	c := dialRaw(t, address)
	defer c.Close()
	go func() {
		// The gateway may answer, and stop reading, before it has all.
		_, _ = io.WriteString(c, p.text)
		if p.cut {
			c.hangUp()
		}
	}()
	answer, err := http.ReadResponse(c.in, nil)
	require.NoError(t, err, "%s: no answer", p.name)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if !p.bare { // net/http may reset the connection of a client that still sends, after it has told the status
		require.NoError(t, err, p.name)
	}
	require.GreaterOrEqual(t, answer.StatusCode, 200, p.name)
	require.Less(t, answer.StatusCode, 500, "%s: %.300s", p.name, body)
	if !p.bare {
		require.GreaterOrEqual(t, answer.StatusCode, 400, "%s: %.300s", p.name, body)
		require.NoError(t, shape(answer.StatusCode, body), "%s: %d %.300s", p.name, answer.StatusCode, body)
	}
}

// badMessages are messages that are bad as a whole. Not among them: empty ones and null, which Kuzzle does not answer over WebSocket.
var badMessages = []named{
	{"a blank", ` `},
	{"a number", `1`},
	{"an array", `[]`},
	{"an object", `{}`},
	{"no controller", `{"action":"createProfile"}`},
	{"a controller that is a number", `{"controller":1,"action":"createProfile"}`},
	{"an unknown controller", `{"controller":"nobody","action":"createProfile"}`},
	{"a controller that is a prototype", `{"controller":"__proto__","action":"constructor"}`},
	{"an unknown action", `{"controller":"security","action":"destroy"}`},
	{"a request id that is an object", `{"controller":"security","action":"destroy","requestId":{}}`},
	{"volatile that is a text", `{"controller":"security","action":"destroy","volatile":"x"}`},
	{"a token that is an object", `{"controller":"security","action":"destroy","jwt":{}}`},
	{"an id that is a number", `{"controller":"security","action":"createProfile","_id":7,"body":{"policies":"x"}}`},
	{"an id that is null", `{"controller":"security","action":"createProfile","_id":null,"body":{"policies":[]}}`},
	{"an id that is long", `{"controller":"security","action":"createProfile","_id":"` + strings.Repeat("i", 1000) + `","body":{"policies":[]}}`},
	{"an id that is a lone surrogate", `{"controller":"security","action":"createProfile","_id":"\ud800","body":{"policies":[{"roleId":"nobody"}]}}`},
	{"no body", `{"controller":"security","action":"createProfile","_id":"bad"}`},
	{"a body that is a text", `{"controller":"security","action":"createProfile","_id":"bad","body":"x"}`},
	{"an index that is a number", `{"controller":"index","action":"create","index":{}}`},
	{"a search of digits", `{"controller":"security","action":"searchProfiles","size":` + strings.Repeat("9", 10_000) + `}`},
	{"a search of less than nothing", `{"controller":"security","action":"searchProfiles","from":-1e308}`},
}

// TestBadMessages sends over WebSocket and MQTT what is no good request. Each is answered with an error of Kuzzle's; only what breaks the
// protocol below (frames too large, texts that are none) may end the connection instead, and then a new one must do.
func TestBadMessages(t *testing.T) {
	t.Parallel()
	for _, transport := range kuzzleTransports[1:] {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			n := startForRubbish(t)
			m := redial(t, transport, n, nil)
			for _, bad := range slices.Concat(brokenJSON, wrongPolicies, tooLarge, notUTF8, badMessages) {
				text := bad.text
				if !slices.Contains(badMessages, bad) {
					text = createMessage(bad.text)
				}
				data, err := m.Exchange(soon(t), []byte(text))
				if err != nil {
					require.True(t, slices.Contains(tooLarge, bad) || slices.Contains(notUTF8, bad), "%s: %s", bad.name, err)
					require.NotErrorIs(t, err, context.DeadlineExceeded, bad.name)
					m = redial(t, transport, n, m)
					continue
				}
				var a struct { // without the request id, which is repeated whatever it is
					Status int          `json:"status"`
					Error  *kuzzleError `json:"error"`
				}
				require.NoError(t, json.Unmarshal(data, &a), "%s: %.300s", bad.name, data)
				require.NotNil(t, a.Error, "%s: %.300s", bad.name, data)
				require.GreaterOrEqual(t, a.Status, 400, "%s: %.300s", bad.name, data)
				require.Less(t, a.Status, 500, "%s: %.300s", bad.name, data)
			}
		})
	}
}

func redial(t *testing.T, transport string, n *node, old conformance.Messenger) conformance.Messenger {
	t.Helper()
	if old != nil {
		old.Close()
	}
	m, err := conformance.DialMessenger(soon(t), conformance.Protocol(transport), n.Target)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

// frame is a codec that sends bytes as they are.
type frame struct{}

func (frame) Name() string { return "proto" }

func (frame) Marshal(v any) ([]byte, error) { return []byte(v.(string)), nil }

func (frame) Unmarshal([]byte, any) error { return nil }

func TestBadInputOverGRPC(t *testing.T) {
	t.Parallel()
	n := startForRubbish(t)
	conn, err := grpc.NewClient("passthrough:///"+n.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	client := profilegatev1.NewProfileServiceClient(conn)
	requireRefused := func(name string, err error) {
		t.Helper()
		switch code := status.Code(err); code {
		case codes.OK, codes.Internal, codes.Unknown, codes.Unavailable, codes.DeadlineExceeded, codes.DataLoss:
			require.Fail(t, name, "%s: %v", code, err)
		default: // the client's own fault, whichever
		}
	}
	spec := func(name, spec, meta string) *profilegatev1.CreateProfileRequest {
		return &profilegatev1.CreateProfileRequest{Body: &profilegatev1.CreateProfileRequest_Spec{
			Spec: &profilegatev1.SpecDraft{Name: name, SpecJson: spec, MetadataJson: meta},
		}}
	}
	policies := func(id, fields string, ps ...*profilegatev1.Policy) *profilegatev1.CreateProfileRequest {
		return &profilegatev1.CreateProfileRequest{Id: id, Body: &profilegatev1.CreateProfileRequest_Policies{
			Policies: &profilegatev1.PolicyDraft{FieldsJson: fields, Policies: ps},
		}}
	}
	requests := map[string]*profilegatev1.CreateProfileRequest{
		"nothing":                   {},
		"an id and nothing":         {Id: "bad"},
		"no id":                     policies("", ""),
		"an id that is long":        policies(strings.Repeat("é", 400), ""),
		"a spec with an id":         {Id: "bad", Body: spec("bad", heatSpec("bad"), "").Body},
		"no role":                   policies("bad", "", &profilegatev1.Policy{}),
		"a role that is long":       policies("bad", "", &profilegatev1.Policy{RoleId: strings.Repeat("r", mebibyte/2)}),
		"a restriction of nothing":  policies("bad", "", &profilegatev1.Policy{RoleId: "default", RestrictedTo: []*profilegatev1.Restriction{{}}}),
		"fields that are an array":  policies("bad", "[]"),
		"fields that are reserved":  policies("bad", `{"policies":[]}`),
		"fields that are hidden":    policies("bad", `{"_kuzzle_info":{}}`),
		"no name":                   spec("", heatSpec("bad"), ""),
		"a name that is long":       spec(strings.Repeat("n", 300), heatSpec("bad"), ""),
		"a name with a NUL":         spec("a\x00b", heatSpec("bad"), ""),
		"no spec":                   spec("bad", "", ""),
		"metadata that are a text":  spec("bad", heatSpec("bad"), `"x"`),
		"metadata that are no JSON": spec("bad", heatSpec("bad"), `{`),
		"too large":                 spec("bad", `{"type":"`+strings.Repeat("x", 2*mebibyte)+`"}`, ""),
	}
	for _, bad := range brokenJSON {
		requests["fields: "+bad.name], requests["spec: "+bad.name] = policies("bad", bad.text), spec("bad", bad.text, "")
	}
	for _, bad := range wrongSpecs {
		var outer struct {
			Profile struct {
				Spec json.RawMessage `json:"spec"`
			} `json:"profile"`
		}
		if json.Unmarshal([]byte(bad.text), &outer) == nil && outer.Profile.Spec != nil && !sameJSON(string(outer.Profile.Spec), heatSpec("bad")) {
			requests["spec: "+bad.name] = spec("bad", string(outer.Profile.Spec), "")
		}
	}
	for name, r := range requests {
		_, err := client.CreateProfile(soon(t), r)
		requireRefused(name, err)
	}
	for name, r := range map[string]*profilegatev1.GetProfileRequest{
		"nothing": {}, "an id that is long": {Id: strings.Repeat("x", mebibyte/2)}, "an unknown style": {Id: "default", Style: 99},
	} {
		_, err := client.GetProfile(soon(t), r)
		requireRefused("get "+name, err)
	}
	for _, bytes := range []string{"\xff", "\x0a\xff", "\x12\x03abc", "\x0a\x02\xff\xfe", strings.Repeat("\x12\x7f", 1000), strings.Repeat("\xff", 2*mebibyte)} {
		for _, method := range []string{"CreateProfile", "GetProfile"} {
			err := conn.Invoke(soon(t), "/profilegate.v1.ProfileService/"+method, bytes, new(string), grpc.ForceCodec(frame{}))
			requireRefused(fmt.Sprintf("%s of %.10q", method, bytes), err)
		}
	}
	for name, pairs := range map[string][]string{
		"no tenant of that name":  {"x-profilegate-tenant", "two"},
		"two tenants":             {"x-profilegate-tenant", "one", "x-profilegate-tenant", "two"},
		"a token that is none":    {"authorization", "Bearer"},
		"a token of another kind": {"authorization", "Basic eDp5"},
		"two tokens":              {"authorization", "Bearer a", "x-auth-token", "b"},
		"an unknown token":        {"x-auth-token", strings.Repeat("x", 10_000)},
	} {
		_, err := client.CreateProfile(metadata.AppendToOutgoingContext(soon(t), pairs...), policies("bad", ""))
		requireRefused(name, err)
	}
	requireRefused("an unknown method", conn.Invoke(soon(t), "/profilegate.v1.ProfileService/Destroy", "", new(string), grpc.ForceCodec(frame{})))
	requireRefused("an unknown service", conn.Invoke(soon(t), "/x.Y/Z", "", new(string), grpc.ForceCodec(frame{})))
}

// strangeBytes are what a port may be sent that speaks something else.
var strangeBytes = []named{
	{"nothing", ""},
	{"lines", strings.Repeat("\r\n", 5000)},
	{"zeros", strings.Repeat("\x00", 100_000)},
	{"ones", strings.Repeat("\xff", 100_000)},
	{"letters", strings.Repeat("a", 200_000)},
	{"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"HTTP that is bad", "GET\r\n\r\n"},
	{"HTTP/0.9", "GET /\r\n"},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"HTTP/2 and a frame that is huge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x00\x00\x00\x00\x00\x01"},
	{"HTTP/2 and headers that are none", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x01\x05\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff"},
	{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("r", 160)},
	{"MQTT", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"},
	{"MQTT of version 9", "\x10\x10\x00\x04MQTT\x09\x02\x00\x3c\x00\x04test"},
	{"MQTT of another name", "\x10\x10\x00\x04MQTX\x04\x02\x00\x3c\x00\x04test"},
	{"MQTT that is long", "\x10\xff\xff\xff\x7f" + strings.Repeat("x", 100_000)},
	{"MQTT with a length that is none", "\x10\xff\xff\xff\xff\xff\xff"},
	{"MQTT that begins in the middle", "\x30\x12\x00\x0eKuzzle/request{}"},
	{"MQTT, then a packet that is none", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test\xf7\x7f" + strings.Repeat("\xff", 200)},
	{"MQTT, then a topic that is none", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test\x30\x06\xff\xff\xff\xff\xff\xff"},
	{"MQTT, then a wildcard", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test\x30\x05\x00\x01#{}"},
	{"MQTT, then CONNECT again", strings.Repeat("\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test", 2)},
	{"Redis", "*1\r\n$4\r\nPING\r\n"},
}

// TestStrangeBytesOnEveryPort sends every port what it does not speak, and hangs up. The connection ends in time.
func TestStrangeBytesOnEveryPort(t *testing.T) {
	t.Parallel()
	n := startForRubbish(t, "PROFILEGATE_LIMITS_READ_HEADER_TIMEOUT=1s", "PROFILEGATE_LIMITS_BODY_TIMEOUT=1s")
	ports := map[string]string{"senlin": n.Target.Senlin, "kuzzle": n.Target.Kuzzle, "mqtt": n.Target.MQTT, "grpc": n.GRPC, "admin": n.Admin}
	random := randomBytes(t, 50)
	for port, address := range ports {
		for _, strange := range slices.Concat(strangeBytes, random) {
			c := dialRaw(t, address)
			go func() {
				_, _ = io.WriteString(c, strange.text) // the gateway may hang up first
				c.hangUp()
			}()
			said, ok := c.rest()
			require.True(t, ok, "%s to %s: the connection stays", strange.name, port)
			require.NotRegexp(t, `^HTTP/1\.[01] 5`, string(said), "%s to %s", strange.name, port)
			require.NoError(t, c.Close())
		}
	}
	newObserver(t, n)
	status, report := n.readiness(t)
	require.Equal(t, http.StatusOK, status, report)
}

// TestSlowClientsAreCutOff trickles requests over every protocol, a byte at a time. Each connection ends, with an error of the client's or
// without a word, soon after the configured time.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const within = 10 * time.Second // of them 1 s configured, the rest for a busy machine
	n := startForRubbish(t, "PROFILEGATE_LIMITS_READ_HEADER_TIMEOUT=1s", "PROFILEGATE_LIMITS_BODY_TIMEOUT=1s", "PROFILEGATE_LIMITS_IDLE_TIMEOUT=60s")
	const mqttConnect = "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"
	head := func(path string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nContent-Length: 100000\r\n\r\n{"
	}
	const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	tests := []struct{ name, address, atOnce string }{
		{"headers", n.Target.Kuzzle, "POST /profiles/bad/_create HTTP/1.1\r\nX-Slow: "},
		{"a body to Kuzzle", n.Target.Kuzzle, head("/profiles/bad/_create")},
		{"a query to Kuzzle", n.Target.Kuzzle, head("/_query")},
		{"a body to Senlin", n.Target.Senlin, head("/v1/profiles")},
		{"a chunk to Senlin", n.Target.Senlin, "POST /v1/profiles HTTP/1.1\r\nHost: x\r\n" + asJSON + "\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{"},
		{"headers to admin", n.Admin, "GET /readyz HTTP/1.1\r\nX-Slow: "},
		{"a frame of WebSocket", n.Target.Kuzzle, upgrade + "\x81\xfe\x7f\xff\x00\x00\x00\x00{"},
		{"CONNECT of MQTT", n.Target.MQTT, "\x10\x7f\x00\x04MQTT"},
		{"PUBLISH of MQTT", n.Target.MQTT, mqttConnect + "\x30\xff\x7f\x00\x0eKuzzle/request{"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := dialRaw(t, tt.address)
			require.NoError(t, c.SetDeadline(time.Now().Add(within)))
			_, err := io.WriteString(c, tt.atOnce)
			require.NoError(t, err)
			done := make(chan struct{})
			go func() {
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-done:
						return
					case <-tick.C:
						if _, err := io.WriteString(c, "x"); err != nil {
							return
						}
					}
				}
			}()
			said, ok := c.rest()
			close(done)
			require.True(t, ok, "it is not cut off within %s; said so far: %q", within, said)
			require.NotRegexp(t, `HTTP/1\.[01] 5`, string(said))
		})
	}
}

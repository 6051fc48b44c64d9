package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/coder/websocket"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/stretchr/testify/require"
)

// oracle is a server that knows one case by heart: it answers each step with
// what the case expects of it, and notes where a request is not the case's.
type oracle struct {
	mu       sync.Mutex
	protocol Protocol
	dialect  Dialect
	steps    []Step
	vars     Vars
	problems []string
}

func (o *oracle) begin(c *Case, protocol Protocol, target Target) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.protocol, o.dialect, o.steps, o.problems = protocol, c.Dialect, c.Steps, nil
	o.vars = Given(target.base(c.Dialect))
}

// rest tells what went wrong, or was never asked for.
func (o *oracle) rest() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.steps) > 0 {
		return append(o.problems, fmt.Sprintf("%d steps never came", len(o.steps)))
	}
	return o.problems
}

func (o *oracle) note(format string, args ...any) {
	o.problems = append(o.problems, fmt.Sprintf(format, args...))
}

// next takes the next step and returns it with its answer's body.
func (o *oracle) next() (Step, []byte) {
	if len(o.steps) == 0 {
		o.note("a request too many")
		return Step{}, nil
	}
	step := o.steps[0]
	o.steps = o.steps[1:]
	if step.Expect.JSON == nil {
		return step, nil
	}
	pattern, err := ParsePattern(step.Expect.JSON, o.vars)
	if err != nil {
		o.note("%v", err)
		return step, nil
	}
	if step.Do.IsMessage() && o.protocol == MQTT {
		pattern = overMQTT(pattern)
	}
	doc := instance(pattern)
	for name, ptr := range step.Save {
		keep, err := parseSave(ptr)
		if err == nil {
			o.vars[name], err = keep.of(doc)
		}
		if err != nil {
			o.note("%v", err)
		}
	}
	return step, encode(doc)
}

// instance is one document that a pattern matches.
func instance(pattern any) any {
	switch p := pattern.(type) {
	case Matcher:
		return map[Matcher]any{
			MatchString: "some-text", MatchNumber: json.Number("17e-1"), MatchBool: true,
			MatchUUID: "0b7ac1e8-7f0a-4d3e-9d2c-2f7a3b8c9d01", MatchTime: "2026-11-21T18:20:00Z",
		}[p]
	case unordered:
		items := instance([]any(p)).([]any)
		slices.Reverse(items)
		return items
	case []any:
		out := []any{}
		for _, item := range p {
			out = append(out, instance(item))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, item := range p {
			if item != MatchAbsentOrAny {
				out[key] = instance(item)
			}
		}
		return out
	default:
		return pattern
	}
}

func (o *oracle) message(message []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	vars := o.varsNow()
	step, answer := o.next()
	if want, err := compactJSON(step.Do.Message, vars); err != nil || !bytes.Equal(want, message) {
		o.note("message: want %s, got %s, %v", want, message, err)
	}
	return answer
}

// varsNow are the names before the answer of the step is saved.
func (o *oracle) varsNow() Vars {
	out := Vars{}
	for name, value := range o.vars {
		out[name] = value
	}
	return out
}

func (o *oracle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		o.serveWebSocket(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	vars := o.varsNow()
	step, answer := o.next()
	if err != nil {
		o.note("%v", err)
	}
	o.compareRequest(step.Do, vars, r, body)
	for name, text := range step.Expect.Headers {
		pattern, err := patternOf(text, o.vars)
		if err != nil {
			o.note("%v", err)
		}
		w.Header().Set(name, fmt.Sprint(instance(pattern)))
	}
	w.WriteHeader(step.Expect.Status)
	_, _ = w.Write(answer) // HEAD and 204 have none
}

func (o *oracle) compareRequest(do Do, vars Vars, r *http.Request, body []byte) {
	path, err := vars.Text(do.Path)
	if err != nil || path != r.RequestURI || do.Method != r.Method {
		o.note("want %s %s, got %s %s, %v", do.Method, path, r.Method, r.RequestURI, err)
	}
	var want []byte
	if do.Raw != nil {
		want = []byte(*do.Raw)
	}
	if do.JSON != nil {
		if want, err = jsonBody(o.dialect, do.JSON, vars); err != nil {
			o.note("%v", err)
		}
	}
	if !bytes.Equal(want, body) || r.ContentLength != int64(len(want)) {
		o.note("body: want %s, got %s", excerpt(want), excerpt(body))
	}
	for name, text := range do.Headers {
		if value, err := vars.Text(text); err != nil || value != r.Header.Get(name) {
			o.note("header %s: want %s, got %s, %v", name, value, r.Header.Get(name), err)
		}
	}
}

func (o *oracle) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow() //nolint:errcheck // closed by the client in the good case
	for {
		_, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if conn.Write(r.Context(), websocket.MessageText, o.message(data)) != nil {
			return
		}
	}
}

// oracleHook answers MQTT messages by heart.
type oracleHook struct {
	replyHook
	oracle *oracle
}

func (h *oracleHook) OnPublished(cl *mochi.Client, pk packets.Packet) {
	if pk.TopicName == requestTopic {
		answerMQTT(cl, h.oracle.message(pk.Payload))
	}
}

func TestEveryCaseCanBeReplayed(t *testing.T) {
	cases, err := Load(os.DirFS("testdata"))
	require.NoError(t, err)
	o := &oracle{}
	server := httptest.NewUnstartedServer(o)
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	defer server.Close()
	addr := server.Listener.Addr().String()
	target := Target{Senlin: addr, Kuzzle: addr, MQTT: fakeMQTT(t, &oracleHook{oracle: o})}
	for _, c := range cases {
		for _, protocol := range c.Protocols() {
			t.Run(string(protocol)+"/"+c.ID(), func(t *testing.T) {
				o.begin(c, protocol, target)
				require.NoError(t, Replay(t.Context(), c, protocol, target))
				require.Empty(t, o.rest())
			})
		}
	}
}

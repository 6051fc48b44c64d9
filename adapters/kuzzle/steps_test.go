package kuzzle_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is one request of a story and what it is answered with. Without a slash in do it is a message, "controller:action", whose other members
// are in body; else a verb and a path, whose body it is.
type step struct {
	do     string
	body   string
	status int
	fault  string // the error's id; empty: none
	result string // as JSON; empty: not looked at
	token  string
}

// play carries the steps out in order.
func (g *gate) play(t *testing.T, steps []step) {
	t.Helper()
	for i, s := range steps {
		answer, status := g.carryOut(t, s)
		require.Equal(t, s.status, status, "step %d, %s: %v", i, s.do, answer["error"])
		if s.fault == "" && status < 300 && status != 206 {
			require.Nil(t, answer["error"], "step %d, %s", i, s.do)
		} else {
			require.Equal(t, s.fault, errorID(answer), "step %d, %s", i, s.do)
		}
		if s.result != "" {
			got, err := json.Marshal(answer["result"])
			require.NoError(t, err)
			require.JSONEq(t, s.result, string(got), "step %d, %s", i, s.do)
		}
	}
}

func (g *gate) carryOut(t *testing.T, s step) (answer map[string]any, status int) {
	t.Helper()
	if verb, path, isHTTP := strings.Cut(s.do, " "); isHTTP {
		var headers []string
		if s.token != "" {
			headers = []string{"Authorization", "Bearer " + s.token}
		}
		x := g.do(verb, path, s.body, headers...)
		return x.json, x.status
	}
	controller, action, ok := strings.Cut(s.do, ":")
	require.True(t, ok, s.do)
	message := map[string]any{"controller": controller, "action": action}
	if s.body != "" {
		for name, v := range decode(t, []byte(s.body)) {
			message[name] = v
		}
	}
	if s.token != "" {
		message["jwt"] = s.token
	}
	payload, err := json.Marshal(message)
	require.NoError(t, err)
	answer = g.message("websocket", string(payload))
	number, ok := answer["status"].(json.Number)
	require.True(t, ok, "%v", answer)
	n, err := number.Int64()
	require.NoError(t, err)
	return answer, int(n)
}

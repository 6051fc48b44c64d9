package e2etest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
)

// newRandom tells its seed, so that a failure can be had again.
func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func randomBytes(t *testing.T, n int) []named {
	t.Helper()
	random := newRandom(t)
	var all []named
	for i := range n {
		b := make([]byte, 1+random.IntN(2000))
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		all = append(all, named{fmt.Sprintf("random bytes %d", i), string(b)})
	}
	return all
}

// shards are what mutation puts into texts.
var shards = []string{
	`{`, `}`, `[`, `]`, `"`, `,`, `:`, `null`, `true`, `-`, `1e999`, `0`, `\u0000`, `\ud800`, `\`, "\x00", "\xff", `é`, ` `, `{}`, `[]`, `""`,
	`"roleId"`, `"policies"`, `"spec"`, `"__proto__":{},`, `9999999999999999999999`,
}

// mutated changes a text in a few places.
func mutated(random *rand.Rand, text string) string {
	for range 1 + random.IntN(3) {
		from := random.IntN(len(text) + 1)
		to := min(len(text), from+random.IntN(8))
		switch random.IntN(3) {
		case 0: // leave something out
			text = text[:from] + text[to:]
		case 1: // say something twice
			text = text[:to] + text[from:]
		default: // put something else there
			text = text[:from] + shards[random.IntN(len(shards))] + text[to:]
		}
	}
	return text
}

// TestMutatedRequestsAreNoFaultOfTheServer sends what is nearly right. Some of it may be accepted; none of it is an internal error.
func TestMutatedRequestsAreNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	const rounds = 300
	n := start(t, onEmbedded(t), "one")
	random := newRandom(t)
	kuzzle, senlin, grpc := newKuzzleHTTP(t, n.Target), dialSenlin(t, n.Target), dialGRPC(t, n.GRPC)
	ctx := soon(t)
	spec := heatSpec("mutated")
	for i := range rounds {
		message := mutated(random, fmt.Sprintf(
			`{"requestId":"r","controller":"security","action":"createProfile","_id":"m%d","strict":false,"refresh":"false","body":{"rateLimit":5,`+
				`"tags":["a",{"b":1.0}],"policies":[{"roleId":"default","restrictedTo":[{"index":"i","collections":["c","d"]}]},{"roleId":"admin"}]}}`, i))
		status, answer := post(ctx, t, kuzzle.client, "http://"+n.Target.Kuzzle+"/_query", message)
		require.Less(t, status, 500, "%q: %s", message, answer)

		body := mutated(random, `{"profile":{"name":"mutated","metadata":{"x":"y"},"spec":`+spec+`}}`)
		status, answer = post(ctx, t, senlin.client, "http://"+n.Target.Senlin+"/v1/profiles", body)
		require.Less(t, status, 500, "%q: %s", body, answer)

		text := strings.ToValidUTF8(mutated(random, spec), "?") // the client's library sends nothing else
		o, err := grpc.createSpec(ctx, "mutated", text)
		require.NoError(t, err, "%q", text)
		require.True(t, o.ok || o.kind != fault.Internal, "%q: %s", text, o)
	}
	found, err := dialKuzzle(t, "http", n.Target).search(ctx, "")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	listed, err := senlin.list(ctx, "")
	require.NoError(t, err)
	for _, p := range listed {
		require.True(t, json.Valid(p.Spec), "%s", p.Spec)
	}
}

func post(ctx context.Context, t *testing.T, client *http.Client, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	require.NoError(t, err, "%q", body)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

package kuzzle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/kuzzle"
)

const revisionHeader = "X-Profilegate-Revision"

func TestReadsOfARevisionOverHTTP(t *testing.T) {
	g := newGate(t, nil)
	token := g.do("POST", "/profiles/p/_create", defaultPolicy).header.Get(revisionHeader)
	require.Regexp(t, "^[0-9]+-[0-9a-f]{16}$", token)
	number, _, _ := strings.Cut(token, "-")
	for _, target := range []string{"/profiles/p", "/roles/admin", "/profiles/p/_rights", "/_list"} {
		require.Empty(t, g.do("GET", target, "").header.Get(revisionHeader), "nobody asked")
		for _, asked := range []string{token, number} {
			x := g.do("GET", target, "", revisionHeader, asked)
			require.Equal(t, 200, x.status, "%s: %s", target, x.body)
			require.Equal(t, token, x.header.Get(revisionHeader), target)
		}
	}
	x := g.do("GET", "/profiles/p", "", revisionHeader, "x")
	require.Equal(t, []any{400, "api.assert.invalid_argument"}, []any{x.status, errorID(x.json)})
	x = g.do("GET", "/profiles/p", "", revisionHeader, number+"-00000000000000ff")
	require.Equal(t, []any{412, "profilegate.store.history_changed"}, []any{x.status, errorID(x.json)})
	require.Equal(t, 200, g.do("GET", "/_now", "", revisionHeader, token).status, "what reads nothing has nothing to say to it")
}

// The member is in an answer only where the request has it.
func TestRevisionsOfMessages(t *testing.T) {
	g := newGate(t, nil)
	for _, protocol := range []string{kuzzle.ProtocolWebSocket, kuzzle.ProtocolMQTT} {
		create := `{"controller":"security","action":"createProfile","_id":"` + protocol + `","body":{"policies":[{"roleId":"default"}]}`
		got := g.message(protocol, create+`,"revision":true}`)
		token, _ := got["revision"].(string)
		require.Regexp(t, "^[0-9]+-[0-9a-f]{16}$", token)
		require.NotContains(t, got, "unconfirmed")
		number, _, _ := strings.Cut(token, "-")

		read := `{"controller":"security","action":"getProfile","_id":"` + protocol + `"`
		search := `{"controller":"security","action":"searchProfiles","body":{}`
		for _, message := range []string{read, search} {
			for _, asked := range []string{"true", `"` + token + `"`, `"` + number + `"`, number} {
				got := g.message(protocol, message+`,"revision":`+asked+`}`)
				require.Equal(t, []any{json.Number("200"), token}, []any{got["status"], got["revision"]}, asked)
			}
			for _, none := range []string{"", `,"revision":false`, `,"revision":null`, `,"revision":""`} {
				require.NotContains(t, g.message(protocol, message+none+`}`), "revision", none)
			}
			for asked, want := range map[string]string{
				`{}`: "api.assert.invalid_type", `"x"`: "api.assert.invalid_argument", `1.5`: "api.assert.invalid_argument",
				fmt.Sprintf("%q", number+"-00000000000000ff"): "profilegate.store.history_changed",
			} {
				got := g.message(protocol, message+`,"revision":`+asked+`}`)
				require.Equal(t, want, errorID(got), asked)
				require.NotContains(t, got, "revision")
			}
		}
	}
}

// What could not be confirmed in time is told to who asked for the revision: nobody else expects more than Kuzzle answers.
func TestAMessageThatIsNotConfirmed(t *testing.T) {
	g := newGateOn(t, newBarrier(), nil)
	create := `{"controller":"security","action":"createProfile","_id":"p","revision":true,"body":` + defaultPolicy + `}`
	_, later := g.api.Message(g.context(), webSocket(), []byte(create))
	ended, end := context.WithCancel(g.context())
	end()
	got := decode(t, later(ended))
	require.Nil(t, told(got))
	require.NotEmpty(t, got["revision"])
	require.Equal(t, true, got["unconfirmed"])
}

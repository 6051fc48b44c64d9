package e2etest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/conformance"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// revisionHeader tells and asks for revisions over HTTP.
const revisionHeader = "X-Profilegate-Revision"

// reviser is one protocol on one node: it creates a profile without waiting for other nodes and tells the revision, and it lists profiles as of a
// revision, if one is given. A list that is refused tells why in place of what it saw.
type reviser struct {
	create func(t *testing.T, id string) (revision string)
	list   func(t *testing.T, revision string) (listed, seen string)
}

// revisers are all protocols of a node.
func revisers(t *testing.T, n *node) map[string]reviser {
	return map[string]reviser{
		"senlin":    httpReviser("http://"+n.Target.Senlin, "/v1/profiles", senlinBody, http.MethodGet, "/v1/profiles"),
		"kuzzle":    httpReviser("http://"+n.Target.Kuzzle, "/profiles/%s/_create?refresh=false", kuzzleBody, http.MethodPost, "/profiles/_search?size=500"),
		"websocket": messageReviser(t, n, "websocket"),
		"mqtt":      messageReviser(t, n, "mqtt"),
		"grpc":      grpcReviser(t, n),
	}
}

func senlinBody(id string) string {
	return fmt.Sprintf(`{"profile":{"name":%q,"spec":%s}}`, id, heatSpec(id))
}

func kuzzleBody(string) string { return `{"policies":[{"roleId":"default"}]}` }

func httpReviser(base, createPath string, body func(id string) string, listVerb, listPath string) reviser {
	do := func(t *testing.T, verb, path, body, revision string) (text, told string) {
		r, err := http.NewRequestWithContext(soon(t), verb, base+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		if revision != "" {
			r.Header.Set(revisionHeader, revision)
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		if answer.StatusCode >= http.StatusBadRequest {
			return string(data), answer.Status
		}
		return string(data), answer.Header.Get(revisionHeader)
	}
	return reviser{
		create: func(t *testing.T, id string) string {
			path := createPath
			if strings.Contains(path, "%s") {
				path = fmt.Sprintf(path, id)
			}
			_, told := do(t, http.MethodPost, path, body(id), "")
			return told
		},
		list: func(t *testing.T, revision string) (string, string) { return do(t, listVerb, listPath, "", revision) },
	}
}

func messageReviser(t *testing.T, n *node, protocol string) reviser {
	m, err := conformance.DialMessenger(soon(t), conformance.Protocol(protocol), n.Target)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	exchange := func(t *testing.T, request map[string]any) (text, told string) {
		message, err := json.Marshal(request)
		require.NoError(t, err)
		data, err := m.Exchange(soon(t), message)
		require.NoError(t, err)
		var answer struct {
			Revision string       `json:"revision"`
			Error    *kuzzleError `json:"error"`
		}
		require.NoError(t, json.Unmarshal(data, &answer), "%s", data)
		if answer.Error != nil {
			return string(data), answer.Error.ID
		}
		return string(data), answer.Revision
	}
	return reviser{
		create: func(t *testing.T, id string) string {
			_, told := exchange(t, map[string]any{
				"controller": "security", "action": "createProfile", "_id": id, "refresh": "false", "revision": true,
				"body": json.RawMessage(kuzzleBody(id)),
			})
			return told
		},
		list: func(t *testing.T, revision string) (string, string) {
			request := map[string]any{"controller": "security", "action": "searchProfiles", "size": 500, "body": map[string]any{}}
			if revision != "" {
				request["revision"] = revision
			}
			return exchange(t, request)
		},
	}
}

func grpcReviser(t *testing.T, n *node) reviser {
	c := dialGRPC(t, n.GRPC)
	return reviser{
		create: func(t *testing.T, id string) string {
			answer, err := c.CreateProfile(soon(t), &profilegatev1.CreateProfileRequest{
				Id: id, Body: &profilegatev1.CreateProfileRequest_Policies{Policies: &profilegatev1.PolicyDraft{}},
			})
			require.NoError(t, err)
			return answer.GetRevision()
		},
		list: func(t *testing.T, revision string) (string, string) {
			answer, err := c.ListProfiles(soon(t), &profilegatev1.ListProfilesRequest{
				Query: &profilegatev1.ListProfilesRequest_Policies{}, PageSize: 1000, MinRevision: revision,
			})
			if err != nil {
				return "", err.Error()
			}
			return answer.String(), answer.GetRevision()
		},
	}
}

// sameList says which protocols' lists have the profiles that a protocol makes.
var sameList = map[string][]string{
	"senlin": {"senlin"}, "kuzzle": {"kuzzle", "websocket", "mqtt", "grpc"}, "websocket": {"kuzzle", "websocket", "mqtt", "grpc"},
	"mqtt": {"kuzzle", "websocket", "mqtt", "grpc"}, "grpc": {"kuzzle", "websocket", "mqtt", "grpc"},
}

// TestARevisionIsSeenOnTheOtherNode writes over each protocol on one node without wait_for. Lists on the other node find it when they ask for the
// revision that the write told, over any protocol.
func TestARevisionIsSeenOnTheOtherNode(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	here, there := revisers(t, start(t, s, "one")), revisers(t, start(t, s, "one"))
	for protocol, writer := range here {
		for i := range 3 {
			for _, reader := range sameList[protocol] {
				id := fmt.Sprintf("%s-%s-%d", protocol, reader, i)
				revision := writer.create(t, id)
				require.Regexp(t, "^[0-9]+-[0-9a-f]{16}$", revision, protocol)
				listed, seen := there[reader].list(t, revision)
				require.Contains(t, listed, `"`+id+`"`, "%s to %s", protocol, reader)
				require.Equal(t, revision, seen, "%s to %s", protocol, reader)
			}
		}
	}
}

// TestAHistoryThatIsGone empties Redis under two idle nodes and has other writes overtake the old numbers. Nothing is answered from the old
// history, and its revisions are told to be lost.
func TestAHistoryThatIsGone(t *testing.T) {
	t.Parallel()
	s := onRedis(t)
	a, b := start(t, s, "one"), start(t, s, "one")
	here, there := revisers(t, a), revisers(t, b)
	lost := here["kuzzle"].create(t, "lost")
	rdb := s.redis.Client()
	defer rdb.Close()
	require.NoError(t, rdb.FlushAll(soon(t)).Err())
	for i := range 5 {
		here["senlin"].create(t, fmt.Sprintf("kept-%d", i))
	}
	kept := here["senlin"].create(t, "kept")
	require.NotEmpty(t, kept)
	listed, _ := there["senlin"].list(t, kept)
	require.Contains(t, listed, `"kept"`)
	told := map[string]string{
		"senlin": "412", "kuzzle": "412", "websocket": "profilegate.store.history_changed", "mqtt": "profilegate.store.history_changed",
		"grpc": "history went back",
	}
	for protocol, reader := range there {
		// The default roles, without which nobody may read policy profiles, are made anew in a moment.
		eventually(t, func() bool {
			got, refusal := reader.list(t, lost)
			require.NotContains(t, got, `"_id":"lost"`, protocol)
			return strings.Contains(refusal, told[protocol])
		}, patience, "%s tells that the revision is lost", protocol)
		got, _ := reader.list(t, "")
		require.NotContains(t, got, `"_id":"lost"`, protocol)
	}
}

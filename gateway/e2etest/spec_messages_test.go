package e2etest

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/conformance"
)

// messageAnswer is what is looked at of the answer to a message about spec profiles.
type messageAnswer struct {
	Status int `json:"status"`
	Error  *struct {
		ID string `json:"id"`
	} `json:"error"`
	Result struct {
		ID       string           `json:"id"`
		Project  string           `json:"project"`
		Created  string           `json:"created_at"`
		Profiles []senlinProfile  `json:"profiles"`
		Holds    []map[string]any `json:"holds"`
		Types    []map[string]any `json:"types"`
		Released bool             `json:"released"`
		Valid    bool             `json:"valid"`
		KUID     string           `json:"kuid"`
		Now      int64            `json:"now"`
	} `json:"result"`
}

// refused is the id of the error of an answer; empty where there is none.
func (a messageAnswer) refused() string {
	if a.Error == nil {
		return ""
	}
	return a.Error.ID
}

// specMessages speaks the controller profiles over one connection.
type specMessages struct {
	exchange func(ctx context.Context, message []byte) ([]byte, error)
	token    string // in each message; empty: none
}

// tell sends a message. rest is more members.
func (s *specMessages) tell(t *testing.T, controller, action string, rest map[string]any) messageAnswer {
	t.Helper()
	message := map[string]any{"controller": controller, "action": action}
	for name, value := range rest {
		message[name] = value
	}
	if s.token != "" {
		message["jwt"] = s.token
	}
	payload, err := json.Marshal(message)
	require.NoError(t, err)
	data, err := s.exchange(soon(t), payload)
	require.NoError(t, err)
	var a messageAnswer
	require.NoError(t, json.Unmarshal(data, &a), "%s", data)
	return a
}

func (s *specMessages) as(token string) *specMessages { return &specMessages{s.exchange, token} }

// messengers are the ways to send the tenant "cloud" messages.
func messengers(t *testing.T, n *node) map[string]*specMessages {
	t.Helper()
	target := n.Target
	target.Kuzzle = target.Senlin
	ways := map[string]*specMessages{}
	for _, p := range []conformance.Protocol{conformance.WebSocket, conformance.MQTT} {
		m, err := conformance.DialMessenger(soon(t), p, target)
		require.NoError(t, err)
		t.Cleanup(m.Close)
		ways[string(p)] = &specMessages{exchange: m.Exchange}
	}
	return ways
}

// TestMessagesOfSenlinTenant holds that a tenant without Kuzzle's dialect takes messages about its spec profiles, judged as its HTTP is.
func TestMessagesOfSenlinTenant(t *testing.T) {
	t.Parallel()
	for name, storage := range storages {
		t.Run(name, func(t *testing.T) {
			n := start(t, storage(t), "senlin")
			http := dialSenlin(t, n.Target)
			http.token = "token-demo"
			for way, m := range messengers(t, n) {
				t.Run(way, func(t *testing.T) {
					requireHoldsOverMessages(t, m.as("token-demo"), http, way)
					requireProjectsApart(t, m, way)
					requireOnlyProfiles(t, m)
				})
			}
		})
	}
}

func requireHoldsOverMessages(t *testing.T, m *specMessages, h *senlinClient, name string) {
	t.Helper()
	made := m.tell(t, "profiles", "create", map[string]any{"body": map[string]any{"name": name, "spec": json.RawMessage(heatSpec(name))}})
	require.Equal(t, http.StatusOK, made.Status, "%v", made.Error)
	require.Equal(t, "e2e00000000000000000000000000001", made.Result.Project)
	id := made.Result.ID
	got, err := h.getSpec(soon(t), id)
	require.NoError(t, err)
	require.True(t, got.ok, "what a message made, HTTP shows: %s", got)

	one := map[string]any{"_id": name, "holder": "cluster/a"}
	require.Equal(t, http.StatusOK, m.tell(t, "profiles", "hold", one).Status)
	require.Len(t, m.tell(t, "profiles", "listHolds", one).Result.Holds, 1)
	a, err := h.call(soon(t), http.MethodDelete, "/v1/profiles/"+name, nil)
	require.NoError(t, err)
	require.NotNil(t, a.Error)
	require.Equal(t, http.StatusConflict, a.Error.Code)
	require.Equal(t, "The profile '"+id+"' cannot be deleted: still referenced by some clusters and/or nodes.", a.Error.Message)
	require.True(t, m.tell(t, "profiles", "release", one).Result.Released)

	changed := m.tell(t, "profiles", "update", map[string]any{"_id": id, "body": map[string]any{"metadata": map[string]any{"a": 1}}})
	require.Equal(t, http.StatusOK, changed.Status)
	require.Equal(t, id, m.tell(t, "profiles", "delete", map[string]any{"_id": name}).Result.ID)
	require.Equal(t, http.StatusNotFound, m.tell(t, "profiles", "get", map[string]any{"_id": id}).Status)
}

func requireProjectsApart(t *testing.T, m *specMessages, name string) {
	t.Helper()
	spec := map[string]any{"body": map[string]any{"name": "of-" + name, "spec": json.RawMessage(heatSpec(name))}}
	require.Equal(t, http.StatusOK, m.as("token-demo").tell(t, "profiles", "create", spec).Status)
	which := map[string]any{"_id": "of-" + name}
	require.Equal(t, "security.profile.not_found", m.as("token-other").tell(t, "profiles", "get", which).refused())
	require.Empty(t, m.as("token-other").tell(t, "profiles", "list", nil).Result.Profiles)
	require.Equal(t, "security.rights.forbidden", m.as("token-other").tell(t, "profiles", "list", map[string]any{"globalProject": true}).refused())
	require.Equal(t, http.StatusOK, m.as("token-admin").tell(t, "profiles", "get", which).Status, "an administrator sees all projects")

	for _, token := range []string{"", "token-of-nobody"} {
		a := m.as(token).tell(t, "profiles", "list", nil)
		require.Equal(t, http.StatusUnauthorized, a.Status)
		require.Equal(t, "security.token.invalid", a.refused())
	}
}

// requireOnlyProfiles: of Kuzzle itself there is only what an SDK asks to find out whether it may go on.
func requireOnlyProfiles(t *testing.T, m *specMessages) {
	t.Helper()
	demo := m.as("token-demo")
	for _, controller := range []string{"security", "index", "admin", "nonsense"} {
		require.Equal(t, "api.process.controller_not_found", demo.tell(t, controller, "list", nil).refused(), controller)
	}
	require.Equal(t, "api.process.action_not_found", demo.tell(t, "auth", "login", nil).refused())
	require.Equal(t, "api.process.action_not_found", demo.tell(t, "profiles", "nonsense", nil).refused())
	require.Len(t, demo.tell(t, "profiles", "types", nil).Result.Types, 3)
	require.Positive(t, m.as("").tell(t, "server", "now", nil).Result.Now)
	for token, want := range map[string]bool{"token-demo": true, "token-of-nobody": false, "": false} {
		checked := m.as("").tell(t, "auth", "checkToken", map[string]any{"body": map[string]any{"token": token}})
		require.Equal(t, http.StatusOK, checked.Status)
		require.Equal(t, want, checked.Result.Valid, token)
	}
}

// TestTokenOfTheUpgrade: who sends its token with the upgrade request need not repeat it, and a message's own token comes first.
func TestTokenOfTheUpgrade(t *testing.T) {
	t.Parallel()
	n := start(t, onEmbedded(t), "senlin")
	dial := func(address, path string, header http.Header) (*specMessages, int) {
		conn, answer, err := websocket.Dial(soon(t), "ws://"+address+path, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // Dial documents that its body need not be closed
		if err != nil {
			require.NotNil(t, answer, "%v", err)
			return nil, answer.StatusCode
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		return &specMessages{exchange: func(ctx context.Context, message []byte) ([]byte, error) {
			if err := conn.Write(ctx, websocket.MessageText, message); err != nil {
				return nil, err
			}
			_, data, err := conn.Read(ctx)
			return data, err
		}}, answer.StatusCode
	}
	m, status := dial(n.Target.Senlin, "/", http.Header{"X-Auth-Token": {"token-demo"}})
	require.Equal(t, http.StatusSwitchingProtocols, status)
	spec := map[string]any{"body": map[string]any{"name": "web", "spec": json.RawMessage(heatSpec("web"))}}
	require.Equal(t, "e2e00000000000000000000000000001", m.tell(t, "profiles", "create", spec).Result.Project)
	require.Equal(t, "e2e00000000000000000000000000003", m.as("token-other").tell(t, "profiles", "create", spec).Result.Project)
	require.Len(t, m.tell(t, "profiles", "list", nil).Result.Profiles, 1)

	_, status = dial(n.Target.Senlin, "/v1/profiles", http.Header{"X-Auth-Token": {"token-demo"}})
	require.Equal(t, http.StatusOK, status, "to Senlin it is a list like any other")

	m, status = dial(n.Target.Kuzzle, "/", nil)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	made := m.tell(t, "profiles", "create", spec)
	require.Equal(t, http.StatusOK, made.Status, "the tenant asks for no token")
	require.Regexp(t, `^[-0-9]{10}T[:0-9]{8}$`, made.Result.Created, "it has chosen times without a zone")
	require.Equal(t, http.StatusOK, m.as("notused").tell(t, "profiles", "list", nil).Status, "and takes any")

	target := n.Target
	target.MQTT = n.welcomed(t, "mqtt-open")
	over, err := conformance.DialMessenger(soon(t), conformance.MQTT, target)
	require.NoError(t, err)
	t.Cleanup(over.Close)
	require.Len(t, (&specMessages{exchange: over.Exchange}).tell(t, "profiles", "list", nil).Result.Profiles, 1)
}

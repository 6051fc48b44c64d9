package e2etest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/gateway/conformance"
)

// kuzzleRequest is one request in Kuzzle's words; over HTTP it takes the action's own route.
type kuzzleRequest struct {
	RequestID  string `json:"requestId"`
	Controller string `json:"controller"`
	Action     string `json:"action"`
	ID         string `json:"_id,omitempty"`
	Index      string `json:"index,omitempty"`
	Strict     bool   `json:"strict,omitempty"`
	Refresh    string `json:"refresh,omitempty"`
	JWT        string `json:"jwt,omitempty"`
	Body       any    `json:"body,omitempty"`
}

// kuzzleAnswer is Kuzzle's envelope.
type kuzzleAnswer struct {
	RequestID string       `json:"requestId"`
	Status    int          `json:"status"`
	Error     *kuzzleError `json:"error"`
	Result    kuzzleResult `json:"result"`

	unconfirmed bool
}

type kuzzleError struct {
	ID      string `json:"id"`
	Message string `json:"message"`
	Status  int    `json:"status"`
}

type kuzzleResult struct {
	ID     string       `json:"_id"`
	Source kuzzleSource `json:"_source"`
	Hits   []kuzzleHit  `json:"hits"`
	Total  int          `json:"total"`
}

type kuzzleHit struct {
	ID     string       `json:"_id"`
	Source kuzzleSource `json:"_source"`
}

type kuzzleSource struct {
	Policies []struct {
		RoleID string `json:"roleId"`
	} `json:"policies"`
	RateLimit int64 `json:"rateLimit"`
}

func (s kuzzleSource) roles() []string {
	var roles []string
	for _, p := range s.Policies {
		roles = append(roles, p.RoleID)
	}
	return roles
}

// kuzzleClient speaks the Kuzzle dialect over one of its transports.
type kuzzleClient struct {
	transport string
	token     string
	send      func(context.Context, kuzzleRequest) (kuzzleAnswer, error)
}

// kuzzleTransports are the ways to speak the dialect.
var kuzzleTransports = []string{"http", "websocket", "mqtt"}

// dialKuzzle connects to a node. An empty host is the address.
func dialKuzzle(t *testing.T, transport string, target conformance.Target) *kuzzleClient {
	t.Helper()
	c := &kuzzleClient{transport: transport}
	if transport == "http" {
		c.send = newKuzzleHTTP(t, target).exchange
		return c
	}
	m, err := conformance.DialMessenger(soon(t), conformance.Protocol(transport), target)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	c.send = func(ctx context.Context, r kuzzleRequest) (kuzzleAnswer, error) { return exchangeMessage(ctx, m, r) }
	return c
}

func exchangeMessage(ctx context.Context, m conformance.Messenger, r kuzzleRequest) (kuzzleAnswer, error) {
	var a kuzzleAnswer
	message, err := json.Marshal(r) //nolint:gosec // its token is made up
	if err != nil {
		return a, err
	}
	data, err := m.Exchange(ctx, message)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%w in %s", err, data)
	}
	if a.RequestID != r.RequestID {
		return a, fmt.Errorf("the answer to another request: %s to %s", data, message)
	}
	return a, nil
}

// kuzzleHTTP maps requests to routes.
type kuzzleHTTP struct {
	client *http.Client
	base   string
	host   string
}

func newKuzzleHTTP(t *testing.T, target conformance.Target) *kuzzleHTTP {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &kuzzleHTTP{client: &http.Client{Transport: transport}, base: "http://" + target.Kuzzle, host: target.Host}
}

// kuzzleRoutes are the paths of actions, before the id, and behind it.
var kuzzleRoutes = map[string]struct{ verb, before, after string }{
	"createProfile":  {http.MethodPost, "/profiles/", "/_create"},
	"getProfile":     {http.MethodGet, "/profiles/", ""},
	"searchProfiles": {http.MethodPost, "/profiles/_search", ""},
	"createRole":     {http.MethodPost, "/roles/", "/_create"},
	"getRole":        {http.MethodGet, "/roles/", ""},
	"create":         {http.MethodPost, "/", "/_create"},
}

func (h *kuzzleHTTP) exchange(ctx context.Context, r kuzzleRequest) (kuzzleAnswer, error) {
	var a kuzzleAnswer
	route := kuzzleRoutes[r.Action]
	query := url.Values{}
	if r.Refresh != "" {
		query.Set("refresh", r.Refresh)
	}
	if r.Strict {
		query.Set("strict", "true")
	}
	var body io.Reader
	if r.Body != nil {
		data, err := json.Marshal(r.Body)
		if err != nil {
			return a, err
		}
		body = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, route.verb,
		h.base+route.before+url.PathEscape(r.ID+r.Index)+route.after+"?"+query.Encode(), body)
	if err != nil {
		return a, err
	}
	request.Host = h.host
	request.Header.Set("Content-Type", "application/json")
	if r.JWT != "" {
		request.Header.Set("Authorization", "Bearer "+r.JWT)
	}
	header, err := doJSON(h.client, request, &a)
	a.unconfirmed = header.Get("X-Profilegate-Unconfirmed") != ""
	return a, err
}

// doJSON sends a request and decodes the answer, whatever its status.
func doJSON(client *http.Client, request *http.Request, into any) (http.Header, error) {
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return nil, fmt.Errorf("%w in the answer %d %q", err, answer.StatusCode, data)
	}
	return answer.Header, nil
}

func (c *kuzzleClient) call(ctx context.Context, r kuzzleRequest) (kuzzleAnswer, error) {
	r.RequestID, r.JWT = uuid.NewString(), c.token
	if r.Controller == "" {
		r.Controller = "security"
	}
	return c.send(ctx, r)
}

func (c *kuzzleClient) outcome(ctx context.Context, r kuzzleRequest) (outcome, error) {
	a, err := c.call(ctx, r)
	if err != nil {
		return outcome{}, err
	}
	if a.Error != nil {
		return outcome{kind: kuzzleKind(a.Error.ID, a.Status), told: a.Error.ID + ": " + a.Error.Message}, nil
	}
	s := a.Result.Source
	return outcome{ok: true, unconfirmed: a.unconfirmed, id: a.Result.ID, roles: s.roles(), rate: s.RateLimit}, nil
}

// kuzzleKind is the kind of fault that an error of Kuzzle's stands for.
func kuzzleKind(id string, status int) fault.Kind {
	kinds := map[string]fault.Kind{
		"services.storage.document_already_exists": fault.AlreadyExists,
		"services.cache.not_connected":             fault.Unavailable,
		"profilegate.store.lease_lost":             fault.Unavailable,
		"services.storage.unexpected_error":        fault.Uncertain,
		"security.profile.not_found":               fault.NotFound,
		"security.role.not_found":                  fault.NotFound,
		"services.storage.unknown_index":           fault.Precondition,
		"security.token.invalid":                   fault.Unauthenticated,
		"api.process.overloaded":                   fault.DeadlineExceeded,
	}
	if kind, ok := kinds[id]; ok {
		return kind
	}
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return fault.Invalid
	}
	return fault.Internal
}

func refresh(wait bool) string {
	if wait {
		return "wait_for"
	}
	return "false"
}

func (c *kuzzleClient) createProfile(ctx context.Context, d policyDraft) (outcome, error) {
	policies := []any{}
	for _, role := range d.roles {
		policy := map[string]any{"roleId": role}
		if d.index != "" {
			policy["restrictedTo"] = []any{map[string]any{"index": d.index}}
		}
		policies = append(policies, policy)
	}
	return c.outcome(ctx, kuzzleRequest{
		Action: "createProfile", ID: d.id, Strict: d.strict, Refresh: refresh(d.wait),
		Body: map[string]any{"policies": policies, "rateLimit": d.rate},
	})
}

func (c *kuzzleClient) getProfile(ctx context.Context, id string) (outcome, error) {
	return c.outcome(ctx, kuzzleRequest{Action: "getProfile", ID: id})
}

// createRole makes a role that may do everything.
func (c *kuzzleClient) createRole(ctx context.Context, id string) (outcome, error) {
	everything := map[string]any{"*": map[string]any{"actions": map[string]any{"*": true}}}
	return c.outcome(ctx, kuzzleRequest{Action: "createRole", ID: id, Refresh: "false", Body: map[string]any{"controllers": everything}})
}

func (c *kuzzleClient) createIndex(ctx context.Context, index string) (outcome, error) {
	return c.outcome(ctx, kuzzleRequest{Controller: "index", Action: "create", Index: index})
}

// search finds the profiles with a role; an empty one stands for all profiles.
func (c *kuzzleClient) search(ctx context.Context, role string) (map[string]kuzzleSource, error) {
	body := map[string]any{}
	if role != "" {
		body["roles"] = []string{role}
	}
	a, err := c.call(ctx, kuzzleRequest{Action: "searchProfiles", Body: body})
	if err != nil {
		return nil, err
	}
	if a.Error != nil {
		return nil, fmt.Errorf("searching: %s: %s", a.Error.ID, a.Error.Message)
	}
	found := map[string]kuzzleSource{}
	for _, hit := range a.Result.Hits {
		found[hit.ID] = hit.Source
	}
	if len(found) != a.Result.Total || len(found) != len(a.Result.Hits) {
		return nil, fmt.Errorf("a search tells %d, has %d hits of %d profiles", a.Result.Total, len(a.Result.Hits), len(found))
	}
	return found, nil
}

// requireProfile holds a stored profile against its draft.
func requireProfile(t *testing.T, d policyDraft, got outcome) {
	t.Helper()
	require.True(t, got.ok, "%s: %s", d.id, got)
	require.Equal(t, d.id, got.id)
	require.True(t, slices.Equal(d.roles, got.roles), "%s: got %v, want %v", d.id, got.roles, d.roles)
	require.Equal(t, d.rate, got.rate, d.id)
}

package e2etest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/gateway/conformance"
)

// senlinClient speaks the Senlin dialect.
type senlinClient struct {
	client            *http.Client
	base, host, token string
}

func dialSenlin(t *testing.T, target conformance.Target) *senlinClient {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &senlinClient{client: &http.Client{Transport: transport}, base: "http://" + target.Senlin, host: target.Host}
}

type senlinProfile struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Type string          `json:"type"`
	Spec json.RawMessage `json:"spec"`
}

type senlinAnswer struct {
	Profile  senlinProfile   `json:"profile"`
	Profiles []senlinProfile `json:"profiles"`
	Error    *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Type    string `json:"type"`
	} `json:"error"`
}

func (c *senlinClient) call(ctx context.Context, verb, path string, body []byte) (senlinAnswer, error) {
	var a senlinAnswer
	request, err := http.NewRequestWithContext(ctx, verb, c.base+path, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	request.Host = c.host
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("X-Auth-Token", c.token)
	}
	_, err = doJSON(c.client, request, &a)
	return a, err
}

func (c *senlinClient) outcome(ctx context.Context, verb, path string, body []byte) (outcome, error) {
	a, err := c.call(ctx, verb, path, body)
	if err != nil {
		return outcome{}, err
	}
	if a.Error != nil {
		return outcome{kind: senlinKind(a.Error.Code), told: fmt.Sprintf("%d %s: %s", a.Error.Code, a.Error.Type, a.Error.Message)}, nil
	}
	return outcome{ok: true, id: a.Profile.ID, spec: string(a.Profile.Spec)}, nil
}

func senlinKind(status int) fault.Kind {
	switch status {
	case http.StatusBadRequest:
		return fault.Invalid
	case http.StatusUnauthorized:
		return fault.Unauthenticated
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusServiceUnavailable:
		return fault.Unavailable
	default:
		return fault.Internal
	}
}

func (c *senlinClient) createSpec(ctx context.Context, name, spec string) (outcome, error) {
	body, err := json.Marshal(map[string]any{"profile": map[string]any{"name": name, "spec": json.RawMessage(spec)}})
	if err != nil {
		return outcome{}, err
	}
	return c.outcome(ctx, http.MethodPost, "/v1/profiles", body)
}

func (c *senlinClient) getSpec(ctx context.Context, id string) (outcome, error) {
	return c.outcome(ctx, http.MethodGet, "/v1/profiles/"+url.PathEscape(id), nil)
}

// list finds the profiles with a name; an empty one stands for all profiles.
func (c *senlinClient) list(ctx context.Context, name string) ([]senlinProfile, error) {
	query := ""
	if name != "" {
		query = "?name=" + url.QueryEscape(name)
	}
	a, err := c.call(ctx, http.MethodGet, "/v1/profiles"+query, nil)
	if err != nil {
		return nil, err
	}
	if a.Error != nil {
		return nil, fmt.Errorf("listing: %d %s", a.Error.Code, a.Error.Message)
	}
	return a.Profiles, nil
}

package history

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// heatSpec is a spec that every type registry has.
const heatSpec = `{"type":"os.heat.stack","version":"1.0","properties":{"template":{"resources":{}}}}`

// senlin speaks the OpenStack dialect. A spec profile's value is in its metadata, which a change replaces as a whole.
type senlin struct {
	where  Where
	client *http.Client
}

func newSenlin(where Where) *senlin {
	return &senlin{where: where, client: &http.Client{Transport: &http.Transport{}}}
}

func (*senlin) Name() string  { return "senlin-http" }
func (*senlin) Style() string { return Spec }
func (*senlin) Kinds() []Kind { return []Kind{Create, Set, Delete, Get, Search} }
func (c *senlin) Close()      { c.client.CloseIdleConnections() }

type senlinProfile struct {
	ID       string `json:"id"`
	Metadata struct {
		Value string `json:"v"`
	} `json:"metadata"`
}

func (p senlinProfile) state() State {
	value, err := strconv.Atoi(p.Metadata.Value)
	if err != nil {
		value = -1 // none that anybody wrote
	}
	return Present(value)
}

// request lays an operation out.
func (*senlin) request(o *Operation) (verb, path string, body any) {
	one := "/v1/profiles/" + url.PathEscape(o.Key.ID())
	metadata := map[string]string{"v": strconv.Itoa(o.Number)}
	switch o.Kind {
	case Create:
		return http.MethodPost, "/v1/profiles", map[string]any{"profile": map[string]any{
			"name": o.Name, "spec": json.RawMessage(heatSpec), "metadata": metadata,
		}}
	case Set:
		return http.MethodPatch, one, map[string]any{"profile": map[string]any{"metadata": metadata}}
	case Delete:
		return http.MethodDelete, one, nil
	case Get:
		return http.MethodGet, one, nil
	case Search:
		return http.MethodGet, "/v1/profiles?name=" + url.QueryEscape(o.Name), nil
	case Replace, Update:
	}
	return "", "", nil
}

func (c *senlin) Do(ctx context.Context, o *Operation) Answer {
	verb, path, body := c.request(o)
	if verb == "" {
		return cannot(c, o)
	}
	status, header, data, err := httpCall(ctx, c.client, verb, "http://"+c.where().Senlin+path, body)
	if err != nil {
		return failed(err)
	}
	if status >= http.StatusBadRequest {
		return Answer{Result: senlinResult(o, status), Told: fmt.Sprintf("%d %s", status, data)}
	}
	a := Answer{Result: OK, Revision: revisionOf(header.Get("X-Profilegate-Revision")), Unconfirmed: true} // the dialect has no wait_for
	if o.Kind == Delete {
		return a
	}
	var told struct {
		Profile  senlinProfile   `json:"profile"`
		Profiles []senlinProfile `json:"profiles"`
	}
	if err := json.Unmarshal(data, &told); err != nil {
		return failed(fmt.Errorf("%w in %q", err, data))
	}
	if o.Kind == Search {
		found := map[string]State{}
		for _, p := range told.Profiles {
			found[p.ID] = p.state()
		}
		return watched(o, found)
	}
	a.ID, a.State = told.Profile.ID, told.Profile.state()
	return a
}

// senlinResult reads a status. 503 says neither that a write stands nor that it does not.
func senlinResult(o *Operation, status int) Result {
	switch {
	case status == http.StatusNotFound:
		return Missing
	case status == http.StatusServiceUnavailable && !o.Kind.writes(), status == http.StatusConflict:
		return Refused
	}
	return Unknown
}

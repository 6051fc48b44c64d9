package history

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/gateway/conformance"
)

// kuzzleRequest is one request in Kuzzle's words.
type kuzzleRequest struct {
	RequestID  string `json:"requestId"`
	Controller string `json:"controller"`
	Action     string `json:"action"`
	ID         string `json:"_id,omitempty"`
	Refresh    string `json:"refresh,omitempty"`
	Size       int    `json:"size,omitempty"`
	Body       any    `json:"body,omitempty"`
}

// kuzzleAnswer is Kuzzle's envelope.
type kuzzleAnswer struct {
	RequestID string `json:"requestId"`
	Status    int    `json:"status"`
	Error     *struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	} `json:"error"`
	Result struct {
		kuzzleDocument
		Hits []kuzzleDocument `json:"hits"`
	} `json:"result"`

	revision    uint64
	unconfirmed bool
}

type kuzzleDocument struct {
	ID     string                     `json:"_id"`
	Source map[string]json.RawMessage `json:"_source"`
}

func (d kuzzleDocument) state() State {
	var value int
	if err := json.Unmarshal(d.Source["rateLimit"], &value); err != nil {
		value = -1 // none that anybody wrote
	}
	return Present(value, marksIn(d.Source)...)
}

// searchSize is more than what a search may find.
const searchSize = 9999

// kuzzleAction is how an operation is written in Kuzzle's dialect: as an action, and as the route of it.
type kuzzleAction struct{ action, verb, path string }

// kuzzleActions by style and kind; %s is the id.
var kuzzleActions = map[string]map[Kind]kuzzleAction{
	Policy: {
		Create:  {"createProfile", http.MethodPost, "/profiles/%s/_create"},
		Replace: {"createOrReplaceProfile", http.MethodPut, "/profiles/%s"},
		Update:  {"updateProfile", http.MethodPut, "/profiles/%s/_update"},
		Delete:  {"deleteProfile", http.MethodDelete, "/profiles/%s"},
		Get:     {"getProfile", http.MethodGet, "/profiles/%s"},
		Search:  {"searchProfiles", http.MethodPost, "/profiles/_search"},
	},
	Role: {
		Create: {"createRole", http.MethodPost, "/roles/%s/_create"},
		Delete: {"deleteRole", http.MethodDelete, "/roles/%s"},
		Get:    {"getRole", http.MethodGet, "/roles/%s"},
	},
}

// kuzzleBody is what an operation sends.
func kuzzleBody(o *Operation) any {
	switch {
	case o.Key.Style() == Role && o.Kind == Create:
		return map[string]any{"controllers": map[string]any{"*": map[string]any{"actions": map[string]any{"*": true}}}}
	case o.Kind == Create, o.Kind == Replace:
		return map[string]any{"policies": []any{map[string]any{"roleId": o.Role}}, "rateLimit": o.Number}
	case o.Kind == Update:
		return map[string]any{markName(o.Number): true}
	case o.Kind == Search:
		return map[string]any{"roles": []string{o.Role}}
	}
	return nil
}

func kuzzleRequestOf(o *Operation) (kuzzleRequest, bool) {
	style := o.Key.Style()
	if o.Kind == Search {
		style = Policy
	}
	a, ok := kuzzleActions[style][o.Kind]
	r := kuzzleRequest{RequestID: uuid.NewString(), Controller: "security", Action: a.action, ID: o.Key.ID(), Body: kuzzleBody(o)}
	if o.Kind == Search {
		r.ID, r.Size = "", searchSize
	}
	if o.Kind.writes() {
		r.Refresh = "false"
		if o.Wait {
			r.Refresh = "wait_for"
		}
	}
	return r, ok
}

// kuzzleResults are the errors that say what happened, or that nothing did.
var kuzzleResults = map[string]Result{
	"services.storage.document_already_exists": Exists,
	"services.storage.too_many_changes":        Refused,
	"services.cache.not_connected":             Refused,
	"security.profile.not_found":               Missing,
	"security.role.not_found":                  NoRole, // of a profile's; Missing where the role itself is asked for
	"security.role.in_use":                     InUse,
	"security.profile.in_use":                  InUse,
}

func (a *kuzzleAnswer) answer(o *Operation) Answer {
	if a.Error != nil {
		result, known := kuzzleResults[a.Error.ID]
		if !known {
			result = Unknown
		}
		if result == NoRole && o.Key.Style() == Role {
			result = Missing
		}
		return Answer{Result: result, Told: fmt.Sprintf("%d %s: %s", a.Status, a.Error.ID, a.Error.Message)}
	}
	if o.Kind == Search {
		found := make(map[string]State, len(a.Result.Hits))
		for _, d := range a.Result.Hits {
			found[d.ID] = d.state()
		}
		return watched(o, found)
	}
	told := Answer{Result: OK, Revision: a.revision, Unconfirmed: a.unconfirmed}
	switch {
	case o.Kind == Delete:
	case o.Key.Style() == Role:
		told.State = State{Exists: true}
	default:
		told.State = a.Result.state()
	}
	return told
}

// kuzzleHTTP speaks the dialect over its routes.
type kuzzleHTTP struct {
	where  Where
	client *http.Client
}

func newKuzzleHTTP(where Where) *kuzzleHTTP {
	return &kuzzleHTTP{where: where, client: &http.Client{Transport: &http.Transport{}}}
}

func (*kuzzleHTTP) Name() string  { return "kuzzle-http" }
func (*kuzzleHTTP) Style() string { return Policy }
func (*kuzzleHTTP) Kinds() []Kind { return []Kind{Create, Replace, Update, Delete, Get, Search} }
func (c *kuzzleHTTP) Close()      { c.client.CloseIdleConnections() }

func (c *kuzzleHTTP) Do(ctx context.Context, o *Operation) Answer {
	r, ok := kuzzleRequestOf(o)
	if !ok {
		return cannot(c, o)
	}
	style := o.Key.Style()
	if o.Kind == Search {
		style = Policy
	}
	route := kuzzleActions[style][o.Kind]
	path, query := route.path, url.Values{}
	if o.Kind == Search {
		query.Set("size", fmt.Sprint(r.Size))
	} else {
		path = fmt.Sprintf(path, url.PathEscape(r.ID))
	}
	if r.Refresh != "" {
		query.Set("refresh", r.Refresh)
	}
	_, header, data, err := httpCall(ctx, c.client, route.verb, "http://"+c.where().Kuzzle+path+"?"+query.Encode(), r.Body)
	if err != nil {
		return failed(err)
	}
	var a kuzzleAnswer
	if err := json.Unmarshal(data, &a); err != nil {
		return failed(fmt.Errorf("%w in %q", err, data))
	}
	a.revision, a.unconfirmed = revisionOf(header.Get("X-Profilegate-Revision")), header.Get("X-Profilegate-Unconfirmed") != ""
	return a.answer(o)
}

// waitTimeout is how long a gateway waits for the others to confirm a write (wait.timeout, which the tests leave as it is).
const waitTimeout = 3 * time.Second

// messages speaks the dialect in JSON messages, over WebSocket or MQTT. What had no answer in time costs the connection: the answer might
// still come.
type messages struct {
	transport string
	where     Where
	at        Addresses
	conn      conformance.Messenger // nil: not connected
}

func newMessages(transport string, where Where) *messages {
	return &messages{transport: transport, where: where}
}

func (c *messages) Name() string { return c.transport }
func (*messages) Style() string  { return Policy }
func (*messages) Kinds() []Kind  { return []Kind{Create, Replace, Update, Delete, Get, Search} }

func (c *messages) Close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func (c *messages) Do(ctx context.Context, o *Operation) Answer {
	r, ok := kuzzleRequestOf(o)
	if !ok {
		return cannot(c, o)
	}
	if err := c.connect(ctx); err != nil {
		return Answer{Result: Refused, Told: err.Error()}
	}
	asked := time.Now()
	a, err := c.exchange(ctx, r)
	if err != nil {
		c.Close()
		return failed(err)
	}
	// A message does not tell that a wait ran into its bound; but such an answer takes as long as that.
	a.unconfirmed = time.Since(asked) >= waitTimeout
	return a.answer(o)
}

func (c *messages) connect(ctx context.Context) (err error) {
	if at := c.where(); at != c.at {
		c.Close()
		c.at = at
	}
	if c.conn == nil {
		c.conn, err = conformance.DialMessenger(ctx, conformance.Protocol(c.transport), conformance.Target{Kuzzle: c.at.Kuzzle, MQTT: c.at.MQTT})
	}
	if err != nil {
		c.conn = nil // not an interface that holds a nil pointer
	}
	return err
}

func (c *messages) exchange(ctx context.Context, r kuzzleRequest) (a kuzzleAnswer, err error) {
	message, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	data, err := c.conn.Exchange(ctx, message)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%w in %q", err, data)
	}
	if a.RequestID != r.RequestID {
		return a, fmt.Errorf("the answer to another request: %q", data)
	}
	return a, nil
}

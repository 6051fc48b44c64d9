package conformance

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// stepTimeout bounds one exchange, connecting included. It is for what hangs, on a machine that may be busy.
const stepTimeout = time.Minute

// Target says where a server listens: host:port of each listener that the
// cases need.
type Target struct {
	Senlin, Kuzzle, MQTT string

	Host string // the Host header of WebSocket's upgrade; empty: the address
}

func (t Target) base(dialect Dialect) string {
	if dialect == Senlin {
		return "http://" + t.Senlin
	}
	return "http://" + t.Kuzzle
}

// MismatchError tells at which step of a case the server's answer was not the
// recorded one, and every difference of that answer.
type MismatchError struct {
	Case     string
	Step     int // counted from 1
	Request  string
	Problems []string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s, step %d, %s:\n  %s", e.Case, e.Step, e.Request, strings.Join(e.Problems, "\n  "))
}

// run is one replay of one case: its connections and what it has saved so far.
type run struct {
	testCase  *Case
	protocol  Protocol
	target    Target
	vars      Vars
	transport *http.Transport
	messenger Messenger
}

// Replay runs the steps of a case in order against target, which must be an
// empty server, and stops at the first step that is not answered as recorded: a
// *MismatchError. Any other error means that the exchange itself failed.
func Replay(ctx context.Context, c *Case, protocol Protocol, target Target) error {
	r := &run{
		testCase: c, protocol: protocol, target: target,
		vars: Given(target.base(c.Dialect)), transport: newTransport(),
	}
	defer r.close()
	for i, step := range c.Steps {
		if err := r.step(ctx, i+1, step); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) close() {
	if r.messenger != nil {
		r.messenger.Close()
	}
	r.transport.CloseIdleConnections()
}

func (r *run) step(ctx context.Context, number int, step Step) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	ans, err := r.exchange(ctx, step.Do)
	if err != nil {
		return fmt.Errorf("%s, step %d, %s: %w", r.testCase.ID(), number, title(step.Do), err)
	}
	problems, err := r.compare(step, ans)
	if err != nil {
		return fmt.Errorf("%s, step %d: %w", r.testCase.ID(), number, err)
	}
	if len(problems) == 0 {
		problems = r.save(step, ans)
	}
	if len(problems) > 0 {
		return &MismatchError{Case: r.testCase.ID(), Step: number, Request: title(step.Do), Problems: problems}
	}
	return nil
}

func (r *run) exchange(ctx context.Context, do Do) (*answer, error) {
	if !do.IsMessage() {
		req, err := buildRequest(ctx, r.target.base(r.testCase.Dialect), r.testCase.Dialect, do, r.vars)
		if err != nil {
			return nil, err
		}
		return exchangeHTTP(r.transport, req)
	}
	message, err := compactJSON(do.Message, r.vars)
	if err != nil {
		return nil, err
	}
	// All message steps of a case share one connection, as a client's would.
	if r.messenger == nil {
		if r.messenger, err = DialMessenger(ctx, r.protocol, r.target); err != nil {
			r.messenger = nil
			return nil, err
		}
	}
	body, err := r.messenger.Exchange(ctx, message)
	return &answer{Body: body}, err
}

func (r *run) compare(step Step, ans *answer) ([]string, error) {
	var problems []string
	if !step.Do.IsMessage() && step.Expect.Status != ans.Status {
		problems = append(problems, fmt.Sprintf("status: want %d, got %d", step.Expect.Status, ans.Status))
	}
	headers, err := r.compareHeaders(step.Expect.Headers, ans.Header)
	if err != nil {
		return nil, err
	}
	body, err := r.compareBody(step, ans.Body)
	if err != nil {
		return nil, err
	}
	problems = append(append(problems, headers...), body...)
	if len(problems) > 0 {
		problems = append(problems, "the body was: "+excerpt(ans.Body))
	}
	return problems, nil
}

// compareHeaders looks at the named headers only. A header that came several
// times is compared as the one comma-separated value that HTTP makes of it.
func (r *run) compareHeaders(want map[string]string, got http.Header) ([]string, error) {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		pattern, err := patternOf(want[name], r.vars)
		if err != nil {
			return nil, err
		}
		values := got.Values(name)
		if len(values) == 0 {
			if pattern != MatchAbsentOrAny {
				problems = append(problems, fmt.Sprintf("header %s: missing, want %s", name, short(pattern)))
			}
			continue
		}
		if value := strings.Join(values, ", "); !sameLeaf(pattern, value) {
			problems = append(problems, fmt.Sprintf("header %s: want %s, got %s", name, short(pattern), short(value)))
		}
	}
	return problems, nil
}

func (r *run) compareBody(step Step, body []byte) ([]string, error) {
	if step.Expect.Empty && len(body) > 0 {
		return []string{"body: want none"}, nil
	}
	if step.Expect.JSON == nil {
		return nil, nil
	}
	pattern, err := ParsePattern(step.Expect.JSON, r.vars)
	if err != nil {
		return nil, err
	}
	if step.Do.IsMessage() && r.protocol == MQTT {
		pattern = overMQTT(pattern)
	}
	got, err := Decode(body)
	if err != nil {
		return []string{"body: want JSON: " + err.Error()}, nil //nolint:nilerr // a bad answer is a finding, not a failure of the replay
	}
	var problems []string
	for _, d := range Match(pattern, got) {
		problems = append(problems, d.String())
	}
	return problems, nil
}

func (r *run) save(step Step, ans *answer) []string {
	if len(step.Save) == 0 {
		return nil
	}
	doc, err := Decode(ans.Body)
	if err != nil {
		return []string{"nothing can be saved, the body is no JSON: " + err.Error()}
	}
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(step.Save)) {
		keep, err := parseSave(step.Save[name])
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		value, err := keep.of(doc)
		if err != nil {
			problems = append(problems, fmt.Sprintf("save %s: %s", name, err))
			continue
		}
		r.vars[name] = value
	}
	return problems
}

// title names a step in a report.
func title(do Do) string {
	if do.IsMessage() {
		return "message " + excerpt(do.Message)
	}
	return do.Method + " " + do.Path
}

func excerpt(text []byte) string {
	const limit = 2000
	if packed, err := compact(slices.Clone(text)); err == nil {
		text = packed
	}
	if len(text) <= limit {
		return string(text)
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(string(text[:limit]), ""), len(text))
}

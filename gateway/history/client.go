package history

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Client carries operations out over one protocol at one gateway. It is for one goroutine at a time, and connects anew by itself.
type Client interface {
	// Name says which protocol, and for which style of profile.
	Name() string
	// Style is that of the profiles it works on.
	Style() string
	// Kinds are what it can do to profiles of its style.
	Kinds() []Kind
	// Do carries an operation out. It always answers; where nobody knows what happened, with Unknown.
	Do(ctx context.Context, o *Operation) Answer
	Close()
}

// Addresses say where a gateway listens. They change when it is started again.
type Addresses struct{ Kuzzle, Senlin, MQTT, GRPC string }

// Where tells a gateway's addresses of the moment.
type Where func() Addresses

// Clients makes one client of each protocol and style for a gateway.
func Clients(where Where) []Client {
	return []Client{
		newKuzzleHTTP(where), newMessages("websocket", where), newMessages("mqtt", where),
		newSenlin(where), newGRPC(where, Policy), newGRPC(where, Spec),
	}
}

// failed is the answer of a call that was not answered: refused where it cannot have been sent.
func failed(err error) Answer {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return Answer{Result: Refused, Told: err.Error()}
	}
	return Answer{Result: Unknown, Told: err.Error()}
}

// httpCall sends a request and reads its answer.
func httpCall(ctx context.Context, client *http.Client, verb, url string, body any) (status int, header http.Header, data []byte, err error) {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, nil, err
		}
		sent = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, verb, url, sent)
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	data, err = io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, data, err
}

// revisionOf reads a revision, which may be followed by a dash and the beginning of its commit's id; 0 where there is none.
func revisionOf(text string) uint64 {
	number, _, _ := strings.Cut(text, "-")
	revision, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return revision
}

// watched keeps of what a search found what it is judged by: what it did not find is absent.
func watched(o *Operation, found map[string]State) Answer {
	a := Answer{Result: OK, Found: make(map[Key]State, len(o.Watch))}
	for _, k := range o.Watch {
		a.Found[k] = found[k.ID()]
	}
	return a
}

// markPrefix begins the name of the field by which an update leaves its mark.
const markPrefix = "m"

func markName(number int) string { return markPrefix + strconv.Itoa(number) }

// marksIn finds the marks among a profile's own fields.
func marksIn[V any](fields map[string]V) []int {
	var marks []int
	for name := range fields {
		if digits, ok := strings.CutPrefix(name, markPrefix); ok {
			if m, err := strconv.Atoi(digits); err == nil {
				marks = append(marks, m)
			}
		}
	}
	return marks
}

// cannot is the answer to an operation that a client does not know. It is a mistake in the workload.
func cannot(c Client, o *Operation) Answer {
	return Answer{Result: Refused, Told: fmt.Sprintf("%s has no way to %s %s", c.Name(), o.Kind, o.Key)}
}

package e2etest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/profilegate/profilegate/core/fault"
)

// outcome is what a gateway answered, in no protocol's words. Clients return an error beside it where there was no answer.
type outcome struct {
	ok          bool
	kind        fault.Kind // where it is not ok
	told        string     // the fault as the protocol told it
	unconfirmed bool       // a write stands, and not every node confirmed it

	id    string
	roles []string // of a policy profile
	rate  int64
	spec  string // of a spec profile
}

func (o outcome) String() string {
	if o.ok {
		return "ok " + o.id
	}
	return fmt.Sprintf("%s (%s)", o.kind, o.told)
}

// policyDraft is a policy profile to be made.
type policyDraft struct {
	id     string
	roles  []string
	rate   int64
	index  string // the roles are restricted to it, where it is not empty
	strict bool
	wait   bool // for all nodes
}

// policyClient is a client of policy profiles over some protocol. It is for one goroutine at a time.
type policyClient interface {
	createProfile(ctx context.Context, d policyDraft) (outcome, error)
	getProfile(ctx context.Context, id string) (outcome, error)
}

// specClient is a client of spec profiles over some protocol.
type specClient interface {
	createSpec(ctx context.Context, name, spec string) (outcome, error)
	getSpec(ctx context.Context, id string) (outcome, error)
}

// heatSpec is a valid spec that tells what it was made for.
func heatSpec(mark string) string {
	return `{"type":"os.heat.stack","version":"1.0","properties":{"template":{"mark":"` + mark + `"}}}`
}

// sameJSON tells whether two texts are one JSON value.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return fmt.Sprint(x) == fmt.Sprint(y)
}

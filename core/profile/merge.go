package profile

import (
	"slices"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// ownKeys are the members of a definition that are the gateway's to write; what a client says of them is dropped.
var ownKeys = []string{"_id", "_kuzzle_info", "optimizedPolicies"}

// MergePolicies is ParsePolicies for a definition that changes an existing one, as Kuzzle's updateProfile does: the first level of the change is
// laid over the old definition and checked as a whole; what is then kept is the two merged, objects of one's own deeply, lists replaced.
func MergePolicies(id string, old, change jsonvalue.Value, strict bool, refs References) (*Policies, error) {
	change = change.Without(ownKeys...)
	overlaid := jsonvalue.Object(slices.Concat(old.Members(), change.Members())...)
	body, checked, err := parsePolicies(id, overlaid, strict, refs)
	if err != nil {
		return nil, err
	}
	merged := merge(old, change).With("policies", checked.Get("policies")).With("rateLimit", checked.Get("rateLimit"))
	body.Source = merged.AppendTo(nil)
	return body, nil
}

// merge lays one object over another, deeply. Of two members with one name the later wins and stands where the first stood.
func merge(old, change jsonvalue.Value) jsonvalue.Value {
	if old.Kind() != jsonvalue.KindObject || change.Kind() != jsonvalue.KindObject {
		return change
	}
	members := slices.Clone(old.Members())
	for _, m := range change.Members() {
		members = append(members, jsonvalue.Member{Name: m.Name, Value: merge(old.Get(m.Name), m.Value)})
	}
	return jsonvalue.Object(members...)
}

package access_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
)

// rules are profiles and roles by id.
type rules struct {
	profiles map[string]*profile.Profile
	roles    map[string]*access.Role
}

func (r rules) PolicyProfile(id string) (*profile.Profile, bool) {
	p, ok := r.profiles[id]
	return p, ok
}

func (r rules) Role(id string) (*access.Role, bool) { x, ok := r.roles[id]; return x, ok }

// model is the rights engine told sentence by sentence from NOTES "Rights", with no thought of speed.
type model rules

func (m model) may(actor access.Actor, req access.Request) bool {
	if !m.mayOne(actor, req) {
		return false
	}
	for _, target := range req.Targets {
		for _, collection := range target.Collections {
			one := access.Request{Controller: req.Controller, Action: req.Action, Index: target.Index, Collection: collection}
			named := target.Index != ""
			if named && (strings.Contains(target.Index+collection, "*") || !m.mayOne(actor, one)) {
				return false
			}
		}
		if len(target.Collections) == 0 && target.Collections != nil && strings.Contains(target.Index, "*") {
			return false
		}
	}
	return true
}

func (m model) mayOne(actor access.Actor, req access.Request) bool {
	ids := actor.Profiles
	if len(ids) == 0 && actor.IsAnonymous() {
		ids = []string{"anonymous"}
	}
	for _, id := range ids {
		p := m.profiles[id]
		if p == nil {
			continue
		}
		for _, policy := range p.Body.(*profile.Policies).Policies {
			role := m.roles[policy.RoleID]
			if role != nil && m.roleAllows(role.Rights, req) && m.restrictionsAllow(policy.RestrictedTo, req) {
				return true
			}
		}
	}
	return false
}

// "The controller by name, else *, else no. In it the action by name, else *, else no. A named one hides the wildcard."
func (model) roleAllows(rights access.Rights, req access.Request) bool {
	var actions map[string]bool
	switch {
	case rights[req.Controller] != nil:
		actions = rights[req.Controller]
	case rights["*"] != nil:
		actions = rights["*"]
	default:
		return false
	}
	if allowed, ok := actions[req.Action]; ok {
		return allowed
	}
	if allowed, ok := actions["*"]; ok {
		return allowed
	}
	return false
}

// The restrictions are first put together by index, each with the set of its collections.
func (model) restrictionsAllow(rs []profile.Restriction, req access.Request) bool {
	byIndex := map[string]map[string]bool{}
	for _, r := range rs {
		if r.Index == "" {
			continue
		}
		if byIndex[r.Index] == nil {
			byIndex[r.Index] = map[string]bool{}
		}
		for _, c := range r.Collections {
			byIndex[r.Index][c] = true
		}
	}
	if len(byIndex) == 0 || req.Index == "" {
		return true
	}
	listed, ok := byIndex[req.Index]
	if !ok {
		return false
	}
	return len(listed) == 0 || req.Collection == "" || listed[req.Collection]
}

func anyRules(t *rapid.T) rules {
	word := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	r := rules{profiles: map[string]*profile.Profile{}, roles: map[string]*access.Role{}}
	for range rapid.IntRange(0, 3).Draw(t, "roles") {
		rights := access.Rights{}
		for range rapid.IntRange(0, 3).Draw(t, "controllers") {
			actions := map[string]bool{}
			for range rapid.IntRange(0, 2).Draw(t, "actions") {
				actions[word("action", "*", "get", "put")] = rapid.Bool().Draw(t, "allowed")
			}
			rights[word("controller", "*", "doc", "auth")] = actions
		}
		id := word("role", "r1", "r2")
		r.roles[id] = &access.Role{ID: id, Rights: rights}
	}
	for range rapid.IntRange(0, 3).Draw(t, "profiles") {
		var body profile.Policies
		for range rapid.IntRange(0, 3).Draw(t, "policies") {
			policy := profile.Policy{RoleID: word("role of a policy", "r1", "r2", "gone")}
			for range rapid.IntRange(0, 3).Draw(t, "restrictions") {
				policy.RestrictedTo = append(policy.RestrictedTo, profile.Restriction{
					Index:       word("index", "", "i1", "i2"),
					Collections: rapid.SliceOfN(rapid.SampledFrom([]string{"c1", "c2"}), 0, 2).Draw(t, "collections"),
				})
			}
			body.Policies = append(body.Policies, policy)
		}
		id := word("profile", "anonymous", "p1", "p2")
		r.profiles[id] = &profile.Profile{ID: id, Body: &body}
	}
	return r
}

func TestAuthorizeIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
		r := anyRules(t)
		actor := access.Actor{
			User:     word("user", "", "-1", "alice"),
			Profiles: rapid.SliceOfN(rapid.SampledFrom([]string{"anonymous", "p1", "p2", "gone"}), 0, 3).Draw(t, "profiles of the actor"),
		}
		req := access.Request{
			Controller: word("asked controller", "doc", "auth", "other"), Action: word("asked action", "get", "put", "other"),
			Index: word("asked index", "", "i1", "i2", "i3"), Collection: word("asked collection", "", "c1", "c2", "c3"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "targets") {
			target := access.Target{Index: word("index of a target", "", "i1", "i2", "i*")}
			if rapid.Bool().Draw(t, "with collections") {
				target.Collections = rapid.SliceOfN(rapid.SampledFrom([]string{"", "c1", "c2", "*"}), 0, 2).Draw(t, "collections of a target")
			}
			req.Targets = append(req.Targets, target)
		}
		err := access.Authorize(r, actor, req)
		if want := model(r).may(actor, req); (err == nil) != want {
			t.Fatalf("allowed: %v, the model says %v: %v", err == nil, want, err)
		}
		if err == nil {
			return
		}
		want := fault.Forbidden
		if actor.IsAnonymous() {
			want = fault.Unauthenticated
		}
		require.Equal(t, want, fault.KindOf(err))
	})
}

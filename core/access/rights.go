package access

import (
	"fmt"
	"slices"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
)

// Request is what the rights engine judges: an action, and the index and collection that the request names (empty: none).
type Request struct {
	Controller string
	Action     string
	Index      string
	Collection string
}

// Rules finds the profiles and roles that a decision rests on. A view's state is one.
type Rules interface {
	PolicyProfile(id string) (*profile.Profile, bool)
	Role(id string) (*Role, bool)
}

// Authorize answers nil when one of the actor's profiles allows the request, as Kuzzle's User.isActionAllowed does. Else the fault is
// Unauthenticated for the anonymous actor and Forbidden for a known one. Profiles and roles that do not exist allow nothing.
func Authorize(rules Rules, actor Actor, req Request) error {
	for _, id := range actor.ProfileIDs() {
		if p, ok := rules.PolicyProfile(id); ok && profileAllows(rules, p, req) {
			return nil
		}
	}
	return refusal(actor, req)
}

func profileAllows(rules Rules, p *profile.Profile, req Request) bool {
	body, ok := p.Body.(*profile.Policies)
	if !ok {
		return false
	}
	for _, policy := range body.Policies {
		role, ok := rules.Role(policy.RoleID)
		if ok && role.Rights.Allows(req.Controller, req.Action) && restrictionsAllow(policy.RestrictedTo, req) {
			return true
		}
	}
	return false
}

// restrictionsAllow follows Kuzzle's optimized policies: the same index twice puts its collections together, so that an entry without
// collections beside one with some opens nothing; an empty index name is skipped; a request that names no index, or an index and no
// collection, is not restricted.
func restrictionsAllow(restrictions []profile.Restriction, req Request) bool {
	if req.Index == "" {
		return true
	}
	any, listed := false, false
	var collections []string
	for _, r := range restrictions {
		if r.Index == "" {
			continue
		}
		any = true
		if r.Index == req.Index {
			listed = true
			collections = append(collections, r.Collections...)
		}
	}
	if !any {
		return true
	}
	if !listed {
		return false
	}
	return req.Collection == "" || len(collections) == 0 || slices.Contains(collections, req.Collection)
}

func refusal(actor Actor, req Request) error {
	subject := fault.Subject{Kind: "action", ID: req.Controller + ":" + req.Action}
	if actor.IsAnonymous() {
		return &fault.Error{
			Kind: fault.Unauthenticated, Code: fault.CodeUnauthenticated, Subject: subject,
			Message: fmt.Sprintf("Authentication is required for the action %q.", subject.ID),
		}
	}
	return &fault.Error{
		Kind: fault.Forbidden, Code: fault.CodeForbidden, Subject: subject,
		Message: fmt.Sprintf("The user %q may not execute the action %q.", actor.User, subject.ID),
		Fields:  []fault.Field{{Path: "user", Values: []string{actor.User}}},
	}
}

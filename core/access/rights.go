package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
)

// Request is what the rights engine judges: an action, and the index and collection that the request names (empty: none).
type Request struct {
	Controller string
	Action     string
	Index      string
	Collection string
	// Targets are the places of a request for several at once, which then names none itself.
	Targets []Target
}

// Target is an index and those of its collections that a request is for. One without an index or collections is no restriction's matter.
type Target struct {
	Index       string
	Collections []string
}

// Rules finds the profiles and roles that a decision rests on. A view's state is one.
type Rules interface {
	PolicyProfile(id string) (*profile.Profile, bool)
	Role(id string) (*Role, bool)
}

// Authorize answers nil when one of the actor's profiles allows the request, as Kuzzle's User.isActionAllowed does. Else the fault is
// Unauthenticated for the anonymous actor and Forbidden for a known one. Profiles and roles that do not exist allow nothing. Of a request with
// targets each must be allowed by one of the profiles, not all by the same. Unlike with Kuzzle a request all of whose targets are empty is
// allowed only to whom the action is.
func Authorize(rules Rules, actor Actor, req Request) error {
	if !allows(rules, actor, req) {
		return refusal(actor, req)
	}
	for _, target := range req.Targets {
		if !targetAllowed(rules, actor, req, target) {
			return refusal(actor, req)
		}
	}
	return nil
}

func allows(rules Rules, actor Actor, req Request) bool {
	for _, id := range actor.ProfileIDs() {
		if p, ok := rules.PolicyProfile(id); ok && profileAllows(rules, p, req) {
			return true
		}
	}
	return false
}

// targetAllowed judges every collection of a target as if the request named it. Names with a wildcard are allowed to nobody.
func targetAllowed(rules Rules, actor Actor, req Request, t Target) bool {
	if t.Index == "" || t.Collections == nil {
		return true
	}
	if strings.Contains(t.Index, anything) {
		return false
	}
	one := Request{Controller: req.Controller, Action: req.Action, Index: t.Index}
	for _, one.Collection = range t.Collections {
		if strings.Contains(one.Collection, anything) || !allows(rules, actor, one) {
			return false
		}
	}
	return true
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

package core

import (
	"context"
	"fmt"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// ReplacedProfile is a profile that was created or replaced, and which of the two.
type ReplacedProfile struct {
	Profile *profile.Profile
	Head    store.Head
	Created bool
}

// ReplacePolicyProfile makes a policy profile, in the place of the one with its id if there is one, as Kuzzle's createOrReplaceProfile does:
// nothing of the old one is kept, not even when it was made.
func (t *Tenant) ReplacePolicyProfile(ctx context.Context, c Caller, d *PolicyDraft) (ReplacedProfile, error) {
	if d.ID == "" {
		return ReplacedProfile{}, fault.MissingArgument("_id")
	}
	now := t.millis()
	var p *profile.Profile
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		body, err := profile.ParsePolicies(d.ID, d.Definition, d.Strict, s)
		if err != nil {
			return store.Commit{}, err
		}
		if err := checkID(d.ID); err != nil {
			return store.Commit{}, err
		}
		body.Author, body.Updater = c.actor.Author(), c.actor.Author()
		p = &profile.Profile{ID: d.ID, Version: 1, CreatedAt: now, UpdatedAt: now, Body: body}
		return policyReplacement(s, p, d.Strict), nil
	})
	if err != nil {
		return ReplacedProfile{}, err
	}
	p.Revision = event.Revision
	return ReplacedProfile{Profile: p, Head: event.Head, Created: p.Version == 1}, nil
}

// policyReplacement is the commit that puts a policy profile where there is one already, or none, and sets the profile's version by that.
func policyReplacement(s *view.State, p *profile.Profile, strict bool) store.Commit {
	commit := insertion(p)
	at := &commit.Conditions[len(commit.Conditions)-1]
	if old, ok := s.PolicyProfile(p.ID); ok {
		p.Version = old.Version + 1
		at.Require, at.Version, at.Revision = store.AtVersion, old.Version, old.Revision
		if planted.On(planted.NoVersion) {
			at.Require = store.Exists
		}
	}
	if body, ok := p.Body.(*profile.Policies); ok && strict {
		commit.Conditions = append(restrictionsExist(body), commit.Conditions...)
	}
	return commit
}

// PolicyChange is what a policy profile is to become.
type PolicyChange struct {
	ID     string
	Change jsonvalue.Value // an object: what it has takes the place of what the definition has; objects of one's own are merged
	Strict bool            // restrictions may name existing indexes and collections only
}

// UpdatePolicyProfile changes a policy profile, as Kuzzle's updateProfile does. Of concurrent updates none is lost: each is made of what the
// one before left.
func (t *Tenant) UpdatePolicyProfile(ctx context.Context, c Caller, change PolicyChange) (UpdatedProfile, error) {
	if change.ID == "" {
		return UpdatedProfile{}, fault.MissingArgument("_id")
	}
	var updated *profile.Profile
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		old, ok := s.PolicyProfile(change.ID)
		if !ok {
			return store.Commit{}, profileNotFound(change.ID)
		}
		body, err := changedPolicies(s, old, change)
		if err != nil {
			return store.Commit{}, err
		}
		body.Updater = c.actor.Author()
		updated = &profile.Profile{ID: old.ID, Version: old.Version + 1, CreatedAt: old.CreatedAt, UpdatedAt: t.millis(), Body: body}
		return policyReplacement(s, updated, change.Strict), nil
	})
	if err != nil {
		return UpdatedProfile{}, err
	}
	updated.Revision = event.Revision
	return UpdatedProfile{Profile: updated, Head: event.Head}, nil
}

func changedPolicies(s *view.State, old *profile.Profile, change PolicyChange) (*profile.Policies, error) {
	was, ok := old.Body.(*profile.Policies)
	if !ok {
		return nil, fault.Internalf("core: the policy profile %q has a body of type %T", old.ID, old.Body)
	}
	definition, err := jsonvalue.Parse(was.Source, jsonvalue.Limits{MaxDepth: record.MaxDepth})
	if err != nil {
		return nil, fault.Internalf("a stored definition cannot be read: %w", err)
	}
	body, err := profile.MergePolicies(old.ID, definition, change.Change, change.Strict, s)
	if err != nil {
		return nil, err
	}
	body.Author = was.Author
	return body, nil
}

// DeletePolicyProfile deletes a policy profile, as Kuzzle's deleteProfile does. Those that every tenant has from the start are Invalid
// profile_protected; one that users have is InUse profile_in_use.
func (t *Tenant) DeletePolicyProfile(ctx context.Context, _ Caller, id string) (store.Head, error) {
	if id == "" {
		return store.Head{}, fault.MissingArgument("_id")
	}
	if isProtected(id) {
		return store.Head{}, protected(fault.CodeProfileProtected, "profile", id)
	}
	key := record.ProfileKey(profile.StylePolicies, id)
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if _, ok := s.PolicyProfile(id); !ok {
			return store.Commit{}, profileNotFound(id)
		}
		if hasUsers(s, id) {
			return store.Commit{}, inUse(fault.CodeProfileInUse, "profile", id)
		}
		return deletion(key), nil
	})
	return event.Head, err
}

// deletion is the commit that deletes what exists and is referred to by nothing.
func deletion(key store.Key) store.Commit {
	return store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.Exists}, {Key: key, Require: store.Unreferenced}},
		Changes:    []store.Change{{Key: key, Delete: true}},
	}
}

// isProtected tells whether a role or profile is one that every tenant has from the start.
func isProtected(id string) bool {
	return id == access.Admin || id == access.Default || id == access.Anonymous
}

func protected(code fault.Code, kind, id string) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: code, Subject: fault.Subject{Kind: kind, ID: id},
		Message: fmt.Sprintf("The following %ss are protected and cannot be deleted: anonymous, default, admin", kind),
	}
}

func inUse(code fault.Code, kind, id string) error {
	return &fault.Error{
		Kind: fault.InUse, Code: code, Subject: fault.Subject{Kind: kind, ID: id},
		Message: fmt.Sprintf("The %s %q is still used and cannot be deleted.", kind, id),
	}
}

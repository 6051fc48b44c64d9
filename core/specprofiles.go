package core

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/view"
)

// FindSpecProfile finds one spec profile as Senlin does: text in the form of a UUID is an id, then a name; other text is a name, then the
// beginning of an id, in either case. Only the caller's project is searched, for administrators every project is. More than one hit is Ambiguous
// profile_ambiguous, none is NotFound profile_not_found.
func (t *Tenant) FindSpecProfile(ctx context.Context, c Caller, identity string, r Read) (*profile.Profile, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	return t.find(s, c, identity)
}

// find looks for one spec profile. An id is looked up in the state; names and beginnings of ids take listings, which are never older.
func (t *Tenant) find(s *view.State, c Caller, identity string) (*profile.Profile, error) {
	if identity == "" {
		return nil, profileNotFound(identity) // every id begins with nothing
	}
	whole := isUUID(identity)
	if whole {
		if p, ok := s.SpecProfile(strings.ToLower(identity)); ok && c.sees(p) {
			return p, nil
		}
	}
	listed := t.view.Listed()
	p, err := only(identity, listed.SpecProfiles(view.Listing{Scope: c.scope(), By: view.ByName, Value: identity}))
	if !whole && fault.HasCode(err, fault.CodeProfileNotFound) {
		return only(identity, listed.SpecProfilesWithPrefix(c.scope(), strings.ToLower(identity)))
	}
	return p, err
}

// scope is whose spec profiles the caller sees: those of its project, an administrator those of all.
func (c Caller) scope() view.Scope {
	if c.actor.IsAdmin() {
		return view.Scope{All: true}
	}
	return view.Scope{Project: c.actor.Project}
}

// sees tells whether a spec profile exists for the caller.
func (c Caller) sees(p *profile.Profile) bool {
	body, ok := p.Body.(*profile.Spec)
	return ok && (body.Project == c.actor.Project || c.actor.IsAdmin())
}

// only returns the one hit.
func only(identity string, hits iter.Seq[*profile.Profile]) (*profile.Profile, error) {
	var found *profile.Profile
	for p := range hits {
		if found != nil {
			return nil, ambiguous(identity)
		}
		found = p
	}
	if found == nil {
		return nil, profileNotFound(identity)
	}
	return found, nil
}

func ambiguous(identity string) error {
	return &fault.Error{
		Kind: fault.Ambiguous, Code: fault.CodeProfileAmbiguous, Subject: fault.Subject{Kind: "profile", ID: identity},
		Message: fmt.Sprintf("Multiple results found matching the query criteria '%s'. Please be more specific.", identity),
	}
}

// isUUID tells what Senlin's uuidutils.is_uuid_like does: a UUID in its usual form, or without hyphens, in any case.
func isUUID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && (len(s) == 36 || len(s) == 32)
}

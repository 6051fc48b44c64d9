package core

import (
	"context"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
)

// FindSpecProfile finds one spec profile as Senlin does: text in the form of a UUID is an id, then a name; other text is a name, then the
// beginning of an id. Only the caller's project is searched, for administrators every project is. More than one hit is Ambiguous
// profile_ambiguous, none is NotFound profile_not_found.
func (t *Tenant) FindSpecProfile(ctx context.Context, c Caller, identity string, r Read) (*profile.Profile, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if isUUID(identity) {
		if p, ok := s.SpecProfile(identity); ok && c.sees(p) {
			return p, nil
		}
		return only(identity, c, s.SpecProfilesNamed(identity))
	}
	p, err := only(identity, c, s.SpecProfilesNamed(identity))
	if fault.HasCode(err, fault.CodeProfileNotFound) {
		return only(identity, c, s.SpecProfilesWithPrefix(identity))
	}
	return p, err
}

// sees tells whether a spec profile exists for the caller.
func (c Caller) sees(p *profile.Profile) bool {
	body, ok := p.Body.(*profile.Spec)
	return ok && (body.Project == c.actor.Project || c.actor.IsAdmin())
}

// only returns the one hit that the caller sees.
func only(identity string, c Caller, hits iter.Seq[*profile.Profile]) (*profile.Profile, error) {
	var found *profile.Profile
	for p := range hits {
		if !c.sees(p) {
			continue
		}
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

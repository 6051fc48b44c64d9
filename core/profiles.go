package core

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Draft is what a profile is to be made of: *SpecDraft or *PolicyDraft.
//
//sumtype:decl
type Draft interface{ isDraft() }

// SpecDraft is a spec profile to be made, in the caller's project. Its id is chosen by the tenant.
type SpecDraft struct {
	Name     string
	Spec     jsonvalue.Value // an object
	Metadata jsonvalue.Value // an object; absent or null: {}
}

// PolicyDraft is a policy profile to be made.
type PolicyDraft struct {
	ID         string
	Definition jsonvalue.Value // an object: policies, rateLimit, and fields of one's own
	Strict     bool            // restrictions may name existing indexes and collections only
}

func (*SpecDraft) isDraft()   {}
func (*PolicyDraft) isDraft() {}

// CreatedProfile is a new profile and the head of the log that its commit made: what Confirm waits for.
type CreatedProfile struct {
	Profile *profile.Profile
	Head    store.Head
}

// CreateProfile makes a profile: a spec profile as Senlin's profile_create does, a policy profile as Kuzzle's createProfile. It returns once
// the profile is stored for good; whether searches on every node find it already is Confirm's to tell. Of several creators of one id exactly
// one succeeds, the others get AlreadyExists profile_exists.
func (t *Tenant) CreateProfile(ctx context.Context, c Caller, d Draft) (CreatedProfile, error) {
	switch d := d.(type) {
	case *SpecDraft:
		return t.createSpec(ctx, c, d)
	case *PolicyDraft:
		return t.createPolicies(ctx, c, d)
	default:
		return CreatedProfile{}, fault.Internalf("core: a draft of type %T", d)
	}
}

func (t *Tenant) createSpec(ctx context.Context, c Caller, d *SpecDraft) (CreatedProfile, error) {
	if !t.options.Specs {
		return CreatedProfile{}, notSupported("spec")
	}
	if c.actor.Project == "" {
		return CreatedProfile{}, noProject()
	}
	body, err := t.newSpec(c, d)
	if err != nil {
		return CreatedProfile{}, t.nameFirst(c, d.Name, err)
	}
	p := &profile.Profile{
		ID: t.options.NewID().String(), Version: 1, Body: body,
		// Senlin's database keeps whole seconds, and profiles of one second come in the order of their ids.
		CreatedAt: t.options.Now().UTC().Truncate(time.Second),
	}
	return t.insert(ctx, p, func(s *view.State) (store.Commit, error) {
		var commit store.Commit
		if !t.options.UniqueNames {
			return commit, nil
		}
		err := t.claim(&commit, body)
		return commit, err
	})
}

// nameFirst is the refusal of a spec or, where names must be unique, of a name that is taken: that is what Senlin looks at before the spec.
func (t *Tenant) nameFirst(c Caller, name string, refusal error) error {
	if !t.options.UniqueNames {
		return refusal
	}
	own := view.Listing{Scope: view.Scope{Project: c.actor.Project}, By: view.ByName, Value: name}
	for range t.view.Listed().SpecProfiles(own) {
		return nameTaken(name)
	}
	return refusal
}

func (t *Tenant) newSpec(c Caller, d *SpecDraft) (*profile.Spec, error) {
	if err := profile.CheckSpecName(d.Name); err != nil {
		return nil, err
	}
	metadata := d.Metadata
	if metadata.IsAbsent() || metadata.IsNull() {
		metadata = jsonvalue.Object()
	}
	if metadata.Kind() != jsonvalue.KindObject {
		return nil, fault.InvalidType("metadata", "object")
	}
	body, err := t.checkedSpec(c, d.Name, d.Spec)
	if err != nil {
		return nil, err
	}
	body.Metadata = metadata.AppendTo(nil)
	return body, nil
}

// checkedSpec is the body of the caller's profile with this spec, if the spec is good.
func (t *Tenant) checkedSpec(c Caller, name string, spec jsonvalue.Value) (*profile.Spec, error) {
	if spec.Kind() != jsonvalue.KindObject {
		return nil, fault.InvalidType("spec", "object")
	}
	typ, err := t.options.Types.Check(spec)
	if err != nil {
		return nil, err
	}
	if err := typ.Validate(name, spec); err != nil {
		return nil, err
	}
	return &profile.Spec{
		Name: strings.Clone(name), Type: typ.FullName(), // the name was a part of the request's body, which is not to be kept
		Project: c.actor.Project, User: c.actor.InProject(), Domain: c.actor.Domain,
		Spec: spec.AppendTo(nil),
	}, nil
}

// ValidateSpec checks a spec as CreateProfile would and stores nothing. It returns the body that the profile would have, with the name that
// Senlin's profile_validate gives it.
func (t *Tenant) ValidateSpec(c Caller, spec jsonvalue.Value) (*profile.Spec, error) {
	if !t.options.Specs {
		return nil, notSupported("spec")
	}
	return t.checkedSpec(c, "validated_profile", spec)
}

func (t *Tenant) createPolicies(ctx context.Context, c Caller, d *PolicyDraft) (CreatedProfile, error) {
	if !t.options.Policies {
		return CreatedProfile{}, notSupported("policy")
	}
	if d.ID == "" {
		return CreatedProfile{}, fault.MissingArgument("_id")
	}
	p := &profile.Profile{ID: d.ID, Version: 1, CreatedAt: t.millis()}
	return t.insert(ctx, p, func(s *view.State) (store.Commit, error) {
		body, err := profile.ParsePolicies(d.ID, d.Definition, d.Strict, s)
		if err != nil {
			return store.Commit{}, err
		}
		body.Author = c.actor.Author()
		p.Body = body
		if !d.Strict {
			return store.Commit{}, checkID(d.ID)
		}
		return store.Commit{Conditions: restrictionsExist(body)}, checkID(d.ID)
	})
}

// insert commits a new profile. prepare looks at what it rests on in a state, tells what else must hold and change in the same commit, and may
// fill in the profile's body.
func (t *Tenant) insert(ctx context.Context, p *profile.Profile, prepare plan) (CreatedProfile, error) {
	insert := func(s *view.State) (store.Commit, error) {
		commit, err := prepare(s)
		if err != nil {
			return store.Commit{}, err
		}
		if hasProfile(s, p.Style(), p.ID) {
			return store.Commit{}, profileExists(p.ID)
		}
		join(&commit, insertion(p))
		if planted.On(planted.NoAbsent) {
			commit.Conditions = commit.Conditions[:len(commit.Conditions)-1]
		}
		return commit, nil
	}
	event, err := t.carryOut(ctx, insert, t.view.State(), false, p)
	if err != nil {
		return CreatedProfile{}, err
	}
	p.Revision = event.Revision
	return CreatedProfile{Profile: p, Head: event.Head}, nil
}

// insertion is the commit that makes a profile: what it refers to must exist in that very moment, and the id must be free.
func insertion(p *profile.Profile) store.Commit {
	key, refs := record.ProfileKey(p.Style(), p.ID), record.ProfileRefs(p)
	conditions := make([]store.Condition, 0, 1+len(refs))
	for _, ref := range refs {
		if !planted.On(planted.NoReferences) {
			conditions = append(conditions, store.Condition{Key: ref, Require: store.Exists})
		}
	}
	return store.Commit{
		Conditions: append(conditions, store.Condition{Key: key, Require: store.Absent}),
		Changes:    []store.Change{{Key: key, Data: record.EncodeProfile(p), Refs: refs}},
	}
}

// Profile reads a profile: a policy profile by its id, a spec profile as FindSpecProfile finds it.
func (t *Tenant) Profile(ctx context.Context, c Caller, style profile.Style, id string, r Read) (*profile.Profile, error) {
	if style == profile.StyleSpec {
		return t.FindSpecProfile(ctx, c, id, r)
	}
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if p, ok := s.PolicyProfile(id); ok {
		return p, nil
	}
	return nil, profileNotFound(id)
}

func hasProfile(s *view.State, style profile.Style, id string) bool {
	var ok bool
	if style == profile.StyleSpec {
		_, ok = s.SpecProfile(id)
	} else {
		_, ok = s.PolicyProfile(id)
	}
	return ok
}

// millis is the tenant's time, as precise as records keep it.
func (t *Tenant) millis() time.Time { return t.options.Now().UTC().Truncate(time.Millisecond) }

// checkID refuses ids of policy profiles and roles that are too long for the store behind Kuzzle, or that are no text at all.
func checkID(id string) error {
	if !utf8.ValidString(id) {
		return fault.InvalidArgument("_id", "text in UTF-8")
	}
	if len(id) <= profile.MaxIDBytes {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeIDTooLong, Subject: fault.Subject{ID: id},
		Message: fmt.Sprintf("The id has %d bytes; at most %d are accepted.", len(id), profile.MaxIDBytes),
		Fields:  []fault.Field{{Path: "_id", Expected: fmt.Sprintf("at most %d bytes", profile.MaxIDBytes)}},
	}
}

func profileExists(id string) error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeProfileExists, Subject: fault.Subject{Kind: "profile", ID: id},
		Message: fmt.Sprintf("The profile %q already exists.", id),
	}
}

func profileNotFound(id string) error {
	return fault.NotFoundf(fault.CodeProfileNotFound, fault.Subject{Kind: "profile", ID: id}, "The profile %q could not be found.", id)
}

func notSupported(style string) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeNotSupported,
		Message: fmt.Sprintf("This tenant has no %s profiles.", style),
	}
}

package core

import (
	"context"
	"fmt"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// SpecChange is what a spec profile is to become. The spec itself never changes.
type SpecChange struct {
	Name     string          // empty: as it is
	Metadata jsonvalue.Value // absent: as it is; null is kept as null, an object takes the old one's place
}

// UpdatedProfile is a changed profile and the head of the log that its commit made.
type UpdatedProfile struct {
	Profile *profile.Profile
	Head    store.Head
}

// UpdateSpecProfile changes one spec profile, found as FindSpecProfile does, as Senlin's profile_update does. What changes nothing is Invalid
// nothing_to_update. Project and user stay as they are, whoever calls. Of concurrent updates none is lost: each is made of what the one
// before left.
func (t *Tenant) UpdateSpecProfile(ctx context.Context, c Caller, identity string, change SpecChange) (UpdatedProfile, error) {
	if err := change.check(); err != nil {
		return UpdatedProfile{}, err
	}
	var updated *profile.Profile
	event, err := t.writeAtHead(ctx, func(s *view.State) (store.Commit, error) {
		old, err := t.find(s, c, identity)
		if err != nil {
			return store.Commit{}, err
		}
		body, err := change.applied(specOf(old))
		if err != nil {
			return store.Commit{}, err
		}
		updated = &profile.Profile{
			ID: old.ID, Version: old.Version + 1, CreatedAt: old.CreatedAt, Body: body,
			UpdatedAt: t.options.Now().UTC().Truncate(time.Second),
		}
		return t.replacement(old, updated)
	})
	if err != nil {
		return UpdatedProfile{}, err
	}
	updated.Revision = event.Revision
	return UpdatedProfile{Profile: updated, Head: event.Head}, nil
}

func (change SpecChange) check() error {
	if change.Name != "" {
		if err := profile.CheckSpecName(change.Name); err != nil {
			return err
		}
	}
	switch change.Metadata.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull, jsonvalue.KindObject:
		return nil
	default:
		return fault.InvalidType("metadata", "object")
	}
}

// applied is the body after the change.
func (change SpecChange) applied(old *profile.Spec) (*profile.Spec, error) {
	body := *old
	if change.Name != "" {
		body.Name = change.Name
	}
	changed := body.Name != old.Name
	if !change.Metadata.IsAbsent() {
		body.Metadata = change.Metadata.AppendTo(nil)
		was, err := jsonvalue.Parse(old.Metadata, jsonvalue.Limits{MaxDepth: record.MaxDepth})
		if err != nil {
			return nil, fault.Internalf("stored metadata cannot be read: %w", err)
		}
		changed = changed || !jsonvalue.Equal(was, change.Metadata)
	}
	if !changed {
		return nil, &fault.Error{Kind: fault.Invalid, Code: fault.CodeNothingToUpdate, Message: "No property needs an update."}
	}
	return &body, nil
}

// replacement is the commit that puts a changed spec profile in the place of the old one, if nobody else has changed it since.
func (t *Tenant) replacement(old, updated *profile.Profile) (store.Commit, error) {
	key := record.ProfileKey(profile.StyleSpec, old.ID)
	commit := store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.AtVersion, Version: old.Version, Revision: old.Revision}},
		Changes:    []store.Change{{Key: key, Data: record.EncodeProfile(updated)}},
	}
	was, is := specOf(old), specOf(updated)
	if was.Name == is.Name {
		return commit, nil
	}
	commit.Changes = append(commit.Changes, disclaim(was))
	if !t.options.UniqueNames {
		return commit, nil
	}
	err := t.claim(&commit, is)
	return commit, err
}

// DeleteSpecProfile deletes one spec profile, found as FindSpecProfile does, as Senlin's profile_delete does. One that is held is InUse
// profile_in_use. It returns the profile that is gone.
func (t *Tenant) DeleteSpecProfile(ctx context.Context, c Caller, identity string) (UpdatedProfile, error) {
	var gone *profile.Profile
	event, err := t.writeAtHead(ctx, func(s *view.State) (store.Commit, error) {
		var err error
		if gone, err = t.find(s, c, identity); err != nil {
			return store.Commit{}, err
		}
		if err := heldBy(s, gone.ID); err != nil {
			return store.Commit{}, err
		}
		key := record.ProfileKey(profile.StyleSpec, gone.ID)
		commit := store.Commit{
			Conditions: []store.Condition{
				{Key: key, Require: store.AtVersion, Version: gone.Version, Revision: gone.Revision}, {Key: key, Require: store.Unreferenced},
			},
			Changes: []store.Change{{Key: key, Delete: true}, disclaim(specOf(gone))},
		}
		return commit, nil
	})
	if err != nil {
		return UpdatedProfile{}, err
	}
	return UpdatedProfile{Profile: gone, Head: event.Head}, nil
}

// claim lets a spec profile take its name, if no other of its project has it. The record that stands for the name decides between two that
// take it at once; those that were made before names had to be unique are found by their names.
func (t *Tenant) claim(c *store.Commit, body *profile.Spec) error {
	own := view.Scope{Project: body.Project}
	for range t.view.Listed().SpecProfiles(view.Listing{Scope: own, By: view.ByName, Value: body.Name}) {
		return nameTaken(body.Name)
	}
	key := record.NameKey(body.Project, body.Name)
	c.Conditions = append(c.Conditions, store.Condition{Key: key, Require: store.Absent})
	c.Changes = append(c.Changes, store.Change{Key: key})
	return nil
}

// disclaim gives a name up, also where names need not be unique at the moment: a claim that was left behind would keep the name from everybody
// once they must be again.
func disclaim(body *profile.Spec) store.Change {
	return store.Change{Key: record.NameKey(body.Project, body.Name), Delete: true}
}

func nameTaken(name string) error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeNameTaken,
		Message: fmt.Sprintf("A profile named '%s' already exists.", name),
		Fields:  []fault.Field{{Path: "name", Expected: "a name that no other profile of the project has", Values: []string{name}}},
	}
}

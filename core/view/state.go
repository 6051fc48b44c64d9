package view

import (
	"iter"

	"github.com/tidwall/btree"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// State is a tenant's records at one revision, decoded and indexed. It never changes, so a request that reads it sees one consistent
// picture however long it takes, and no reader holds up a writer.
type State struct {
	Head store.Head
	tables
}

// tables are the records and their indexes. They are copy-on-write trees: copying them costs a few pointers.
type tables struct {
	policies    *btree.Map[string, *profile.Profile] // by id
	specs       *btree.Map[string, *profile.Profile] // by id
	roles       *btree.Map[string, *access.Role]
	indexes     *btree.Set[string]
	collections *btree.Set[string] // by catalog.Collection.ID

	byRole     *btree.BTreeG[roleUse]
	byName     *btree.BTreeG[named]
	byCreation *btree.BTreeG[*profile.Profile] // spec profiles: creation, id
	byProject  *btree.BTreeG[*profile.Profile] // spec profiles: project, creation, id
}

// roleUse says that a policy profile grants a role.
type roleUse struct {
	role    string
	profile *profile.Profile
}

// named says that a spec profile of a project has a name.
type named struct {
	name    string
	profile *profile.Profile
}

func newTables() tables {
	return tables{
		policies:    btree.NewMap[string, *profile.Profile](0),
		specs:       btree.NewMap[string, *profile.Profile](0),
		roles:       btree.NewMap[string, *access.Role](0),
		indexes:     new(btree.Set[string]),
		collections: new(btree.Set[string]),
		byRole:      btree.NewBTreeGOptions(lessRoleUse, btree.Options{NoLocks: true}),
		byName:      btree.NewBTreeGOptions(lessNamed, btree.Options{NoLocks: true}),
		byCreation:  btree.NewBTreeGOptions(lessCreation, btree.Options{NoLocks: true}),
		byProject:   btree.NewBTreeGOptions(lessProject, btree.Options{NoLocks: true}),
	}
}

// published returns a copy that no later change reaches.
func (t *tables) published() tables {
	return tables{
		policies: t.policies.Copy(), specs: t.specs.Copy(), roles: t.roles.Copy(),
		indexes: t.indexes.Copy(), collections: t.collections.Copy(),
		byRole: t.byRole.Copy(), byName: t.byName.Copy(), byCreation: t.byCreation.Copy(), byProject: t.byProject.Copy(),
	}
}

func lessRoleUse(a, b roleUse) bool {
	if a.role != b.role {
		return a.role < b.role
	}
	return a.profile.ID < b.profile.ID
}

func lessNamed(a, b named) bool {
	if a.name != b.name {
		return a.name < b.name
	}
	return a.profile.ID < b.profile.ID
}

func lessProject(a, b *profile.Profile) bool {
	if pa, pb := projectOf(a), projectOf(b); pa != pb {
		return pa < pb
	}
	return lessCreation(a, b)
}

func lessCreation(a, b *profile.Profile) bool {
	if !a.CreatedAt.Equal(b.CreatedAt) {
		return a.CreatedAt.Before(b.CreatedAt)
	}
	return a.ID < b.ID
}

func projectOf(p *profile.Profile) string {
	if s, ok := p.Body.(*profile.Spec); ok {
		return s.Project
	}
	return ""
}

// PolicyProfile finds a policy profile by its id.
func (s *State) PolicyProfile(id string) (*profile.Profile, bool) { return s.policies.Get(id) }

// PolicyProfiles walks all policy profiles in the order of their ids.
func (s *State) PolicyProfiles() iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		s.policies.Scan(func(_ string, p *profile.Profile) bool { return yield(p) })
	}
}

// CountPolicyProfiles tells how many policy profiles there are.
func (s *State) CountPolicyProfiles() int { return s.policies.Len() }

// PolicyProfilesWithRole walks the policy profiles that grant a role, in the order of their ids.
func (s *State) PolicyProfilesWithRole(role string) iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		first := roleUse{role: role, profile: &profile.Profile{}}
		s.byRole.Ascend(first, func(u roleUse) bool { return u.role == role && yield(u.profile) })
	}
}

// SpecProfile finds a spec profile by its whole id, whatever its project.
func (s *State) SpecProfile(id string) (*profile.Profile, bool) { return s.specs.Get(id) }

// SpecProfilesNamed walks the spec profiles of all projects that have a name, in the order of their ids.
func (s *State) SpecProfilesNamed(name string) iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		first := named{name: name, profile: &profile.Profile{}}
		s.byName.Ascend(first, func(n named) bool { return n.name == name && yield(n.profile) })
	}
}

// SpecProfilesWithPrefix walks the spec profiles of all projects whose ids begin with a prefix, in the order of their ids.
func (s *State) SpecProfilesWithPrefix(prefix string) iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		s.specs.Ascend(prefix, func(id string, p *profile.Profile) bool {
			return len(id) >= len(prefix) && id[:len(prefix)] == prefix && yield(p)
		})
	}
}

// SpecProfilesOf walks a project's spec profiles by creation, then id.
func (s *State) SpecProfilesOf(project string) iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		first := &profile.Profile{Body: &profile.Spec{Project: project}}
		s.byProject.Ascend(first, func(p *profile.Profile) bool { return projectOf(p) == project && yield(p) })
	}
}

// SpecProfilesByCreation walks the spec profiles of all projects by creation, then id.
func (s *State) SpecProfilesByCreation() iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) { s.byCreation.Scan(yield) }
}

// Role finds a role by its id.
func (s *State) Role(id string) (*access.Role, bool) { return s.roles.Get(id) }

// Roles walks all roles in the order of their ids.
func (s *State) Roles() iter.Seq[*access.Role] {
	return func(yield func(*access.Role) bool) {
		s.roles.Scan(func(_ string, r *access.Role) bool { return yield(r) })
	}
}

// HasRole tells whether a role exists.
func (s *State) HasRole(id string) bool {
	_, ok := s.roles.Get(id)
	return ok
}

// HasIndex tells whether an index exists.
func (s *State) HasIndex(name string) bool { return s.indexes.Contains(name) }

// HasCollection tells whether an index has a collection.
func (s *State) HasCollection(index, name string) bool {
	return s.collections.Contains(catalog.Collection{Index: index, Name: name}.ID())
}

// Indexes walks the names of all indexes in order.
func (s *State) Indexes() iter.Seq[string] {
	return func(yield func(string) bool) { s.indexes.Scan(yield) }
}

// Collections walks the names of an index's collections in order.
func (s *State) Collections(index string) iter.Seq[string] {
	return func(yield func(string) bool) {
		first := catalog.Collection{Index: index}.ID()
		s.collections.Ascend(first, func(id string) bool {
			c, ok := catalog.ParseCollectionID(id)
			return ok && c.Index == index && yield(c.Name)
		})
	}
}

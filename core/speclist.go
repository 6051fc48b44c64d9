package core

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/view"
)

// SpecList asks for spec profiles of the caller's project. The zero value asks for all of them.
type SpecList struct {
	Names       []string   // one of these names; nil: any
	Types       []string   // one of these types with their versions; nil: any
	Sort        []SpecSort // then by id; nil: by creation, then id
	Marker      string     // the id of the profile after which the list begins; one that does not exist counts as none
	Limit       int        // how many at most
	Limited     bool       // Limit counts
	AllProjects bool       // profiles of every project; for administrators, who get them anyway
}

// SpecSort orders a list by one key.
type SpecSort struct {
	Key        SpecSortKey
	Descending bool
}

// SpecSortKey is what spec profiles can be sorted by.
type SpecSortKey uint8

// The sort keys.
const (
	SortName SpecSortKey = iota + 1
	SortType
	SortCreatedAt
	SortUpdatedAt // profiles that were never updated come first
)

// ListSpecProfiles lists spec profiles as Senlin's profile_list does.
func (t *Tenant) ListSpecProfiles(ctx context.Context, c Caller, q SpecList, r Read) ([]*profile.Profile, error) {
	if q.AllProjects && !c.actor.IsAdmin() {
		return nil, &fault.Error{
			Kind: fault.Forbidden, Code: fault.CodeForbidden, Message: "Only an administrator may list the profiles of all projects.",
		}
	}
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(q.Sort) == 0 {
		return q.cut(q.after(s, q.matching(s, c))), nil
	}
	sorted := slices.SortedFunc(q.matching(s, c), q.compare)
	return q.cut(q.after(s, slices.Values(sorted))), nil
}

// matching walks the profiles that the caller sees and the filters pass, by creation, then id.
func (q SpecList) matching(s *view.State, c Caller) iter.Seq[*profile.Profile] {
	all := s.SpecProfilesOf(c.actor.Project)
	if c.actor.IsAdmin() {
		all = s.SpecProfilesByCreation()
	}
	return func(yield func(*profile.Profile) bool) {
		for p := range all {
			if q.passes(p) && !yield(p) {
				return
			}
		}
	}
}

func (q SpecList) passes(p *profile.Profile) bool {
	b := specOf(p)
	return (q.Names == nil || slices.Contains(q.Names, b.Name)) && (q.Types == nil || slices.Contains(q.Types, b.Type))
}

// after walks what comes behind the marker in the order asked for. The marker need not pass the filters, nor be of the caller's project.
func (q SpecList) after(s *view.State, ps iter.Seq[*profile.Profile]) iter.Seq[*profile.Profile] {
	marker, ok := s.SpecProfile(strings.ToLower(q.Marker))
	if !ok {
		return ps
	}
	return func(yield func(*profile.Profile) bool) {
		for p := range ps {
			if q.compare(p, marker) > 0 && !yield(p) {
				return
			}
		}
	}
}

func (q SpecList) cut(ps iter.Seq[*profile.Profile]) []*profile.Profile {
	var list []*profile.Profile
	for p := range ps {
		if q.Limited && len(list) >= q.Limit {
			break
		}
		list = append(list, p)
	}
	return list
}

func (q SpecList) compare(a, b *profile.Profile) int {
	if len(q.Sort) == 0 {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	}
	for _, by := range q.Sort {
		if n := by.compare(a, b); n != 0 {
			return n
		}
	}
	return strings.Compare(a.ID, b.ID)
}

func (by SpecSort) compare(a, b *profile.Profile) int {
	n := 0
	switch by.Key {
	case SortName:
		n = strings.Compare(specOf(a).Name, specOf(b).Name)
	case SortType:
		n = strings.Compare(specOf(a).Type, specOf(b).Type)
	case SortCreatedAt:
		n = a.CreatedAt.Compare(b.CreatedAt)
	case SortUpdatedAt:
		n = a.UpdatedAt.Compare(b.UpdatedAt)
	}
	if by.Descending {
		return -n
	}
	return n
}

// specOf is the body of a spec profile; of another style an empty one.
func specOf(p *profile.Profile) *profile.Spec {
	if b, ok := p.Body.(*profile.Spec); ok {
		return b
	}
	return &profile.Spec{}
}

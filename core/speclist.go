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
	return again(t, r, func() ([]*profile.Profile, error) { return t.listOnce(ctx, c, q, r) })
}

func (t *Tenant) listOnce(ctx context.Context, c Caller, q SpecList, r Read) ([]*profile.Profile, error) {
	if _, err := t.stateAt(ctx, r); err != nil {
		return nil, err
	}
	s := t.view.Listed()
	if r.Seen != nil {
		*r.Seen = s.Head
	}
	marker, _ := s.SpecProfile(strings.ToLower(q.Marker))
	if len(q.Sort) == 0 {
		return q.byCreation(s, c, marker), nil
	}
	return q.sorted(s, c, marker), nil
}

// byCreation answers in the order that listings have: each of them is walked from the marker on, and no further than the page is long.
func (q SpecList) byCreation(s *view.Listed, c Caller, marker *profile.Profile) []*profile.Profile {
	var list []*profile.Profile
	for _, l := range q.listings(c) {
		l.After = marker
		list = append(list, q.page(s.SpecProfiles(l))...)
	}
	slices.SortFunc(list, q.compare)
	return q.page(slices.Values(list))
}

// sorted answers in an order that no listing has. The marker need not pass the filters, nor be of the caller's project.
func (q SpecList) sorted(s *view.Listed, c Caller, marker *profile.Profile) []*profile.Profile {
	var list []*profile.Profile
	for _, l := range q.listings(c) {
		for p := range s.SpecProfiles(l) {
			if q.passes(p) && (marker == nil || q.compare(p, marker) > 0) {
				list = append(list, p)
			}
		}
	}
	slices.SortFunc(list, q.compare)
	return list[:q.bounded(len(list))]
}

// listings are the listings whose profiles, filtered, are the answer; none stands in two of them.
func (q SpecList) listings(c Caller) []view.Listing {
	by, values := view.ByName, q.Names
	switch {
	case q.Names == nil && q.Types == nil:
		return []view.Listing{{Scope: c.scope()}}
	case q.Names == nil:
		by, values = view.ByType, q.Types
	}
	ls := make([]view.Listing, 0, len(values))
	for _, v := range slices.Compact(slices.Sorted(slices.Values(values))) {
		ls = append(ls, view.Listing{Scope: c.scope(), By: by, Value: v})
	}
	return ls
}

func (q SpecList) passes(p *profile.Profile) bool {
	return q.Types == nil || slices.Contains(q.Types, specOf(p).Type)
}

// page takes what passes the filters, up to the limit.
func (q SpecList) page(ps iter.Seq[*profile.Profile]) []*profile.Profile {
	var list []*profile.Profile
	for p := range ps {
		if q.Limited && len(list) >= q.Limit {
			break
		}
		if q.passes(p) {
			list = append(list, p)
		}
	}
	return list
}

func (q SpecList) bounded(n int) int {
	if q.Limited {
		return min(n, max(q.Limit, 0))
	}
	return n
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

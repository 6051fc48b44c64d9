package core

import (
	"context"
	"slices"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// PolicySearch asks for policy profiles.
type PolicySearch struct {
	Roles []string // those that grant one of these roles; empty: all
	From  int      // how many hits to skip; below 0: none
	Size  int      // how many hits to return at most; below 0: none
}

// PolicyHits is one page of a search and how many hits there are in all.
type PolicyHits struct {
	Profiles []*profile.Profile
	Total    int
}

// SearchPolicyProfiles finds policy profiles on this node's view, in the order of their ids. What it finds is what Confirm waits for.
func (t *Tenant) SearchPolicyProfiles(ctx context.Context, _ Caller, q PolicySearch, r Read) (PolicyHits, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return PolicyHits{}, err
	}
	if len(q.Roles) == 0 {
		return allPolicyProfiles(s, q), nil
	}
	matches := withRoles(s, q.Roles)
	return PolicyHits{Profiles: page(matches, q), Total: len(matches)}, nil
}

// allPolicyProfiles stops at the end of the page: the total is known without a walk.
func allPolicyProfiles(s *view.State, q PolicySearch) PolicyHits {
	hits := PolicyHits{Total: s.CountPolicyProfiles()}
	skip := q.From
	for p := range s.PolicyProfiles() {
		if len(hits.Profiles) >= q.Size {
			break
		}
		if skip > 0 {
			skip--
			continue
		}
		hits.Profiles = append(hits.Profiles, p)
	}
	return hits
}

// withRoles finds the profiles that grant one of the roles, each once, in the order of their ids.
func withRoles(s *view.State, roles []string) []*profile.Profile {
	var matches []*profile.Profile
	for _, role := range roles {
		matches = slices.AppendSeq(matches, s.PolicyProfilesWithRole(role))
	}
	if len(roles) == 1 {
		return matches
	}
	slices.SortFunc(matches, func(a, b *profile.Profile) int {
		switch {
		case a.ID < b.ID:
			return -1
		case a.ID > b.ID:
			return 1
		}
		return 0
	})
	return slices.Compact(matches)
}

func page(ps []*profile.Profile, q PolicySearch) []*profile.Profile {
	ps = ps[min(max(q.From, 0), len(ps)):]
	return ps[:min(max(q.Size, 0), len(ps))]
}

// restrictionsExist makes conditions of a profile's restrictions: a strict check that passed must still hold in the moment of the commit.
func restrictionsExist(body *profile.Policies) []store.Condition {
	seen := make(map[store.Key]struct{})
	var conditions []store.Condition
	exists := func(k store.Key) {
		if _, dup := seen[k]; !dup {
			seen[k] = struct{}{}
			conditions = append(conditions, store.Condition{Key: k, Require: store.Exists})
		}
	}
	for _, policy := range body.Policies {
		for _, r := range policy.RestrictedTo {
			exists(record.IndexKey(r.Index))
			for _, name := range r.Collections {
				exists(record.CollectionKey(catalog.Collection{Index: r.Index, Name: name}))
			}
		}
	}
	return conditions
}

package core_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// listModel lists as the notes on Senlin say, from all profiles, one sentence after the other.
func listModel(all []*profile.Profile, project string, admin bool, q core.SpecList) []string {
	sorted := slices.Clone(all)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].ID < sorted[j].ID })
	keys := q.Sort
	if len(keys) == 0 {
		keys = []core.SpecSort{{Key: core.SortCreatedAt}}
	}
	for _, by := range slices.Backward(keys) { // the last key first, each sort stable
		sort.SliceStable(sorted, func(i, j int) bool {
			a, b := sorted[i], sorted[j]
			if by.Descending {
				a, b = b, a
			}
			return sortText(by.Key, a) < sortText(by.Key, b)
		})
	}
	for i, p := range sorted {
		if q.Marker != "" && strings.EqualFold(p.ID, q.Marker) {
			sorted = sorted[i+1:]
			break
		}
	}
	ids := []string{}
	for _, p := range sorted {
		b := p.Body.(*profile.Spec)
		if !admin && b.Project != project ||
			q.Names != nil && !slices.Contains(q.Names, b.Name) || q.Types != nil && !slices.Contains(q.Types, b.Type) {
			continue
		}
		ids = append(ids, p.ID)
	}
	if q.Limited {
		ids = ids[:min(max(q.Limit, 0), len(ids))]
	}
	return ids
}

func sortText(k core.SpecSortKey, p *profile.Profile) string {
	b := p.Body.(*profile.Spec)
	switch k {
	case core.SortName:
		return b.Name
	case core.SortType:
		return b.Type
	case core.SortCreatedAt:
		return p.CreatedAt.Format(time.RFC3339)
	default:
		return p.UpdatedAt.Format(time.RFC3339)
	}
}

func TestListSpecProfilesIsTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(rt, label) }
		mem := storetest.NewMemory()
		var all []*profile.Profile
		for i := range rapid.IntRange(0, 12).Draw(rt, "profiles") {
			p := &profile.Profile{
				ID:        uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)).String(),
				CreatedAt: time.Unix(rapid.Int64Range(1, 3).Draw(rt, "created"), 0).UTC(),
				Body: &profile.Spec{
					Name: word("name", "a", "b", "c"), Type: word("type", "t-1.0", "u-1.0"), Project: word("project", "P", "Q"), Spec: []byte("{}"),
				},
			}
			if rapid.Bool().Draw(rt, "updated") {
				p.UpdatedAt = time.Unix(rapid.Int64Range(4, 5).Draw(rt, "updated at"), 0).UTC()
			}
			all = append(all, p)
			commit(t, mem, store.Change{Key: record.ProfileKey(profile.StyleSpec, p.ID), Data: record.EncodeProfile(p)})
		}
		tenant, err := core.Open(t.Context(), "t", mem, &core.Options{Specs: true})
		require.NoError(rt, err)
		defer func() { require.NoError(rt, tenant.Close()) }()

		for range 5 {
			q := anyList(rt, all)
			project, admin := word("caller's project", "P", "Q", "R"), rapid.Bool().Draw(rt, "admin")
			var roles []string
			if admin {
				roles = []string{"admin"}
			}
			q.AllProjects = admin && rapid.Bool().Draw(rt, "all projects")
			got, err := tenant.ListSpecProfiles(t.Context(), member(t, tenant, project, roles...), q, core.Read{Local: true})
			require.NoError(rt, err)
			ids := []string{}
			for _, p := range got {
				ids = append(ids, p.ID)
			}
			require.Equal(rt, listModel(all, project, admin, q), ids, "%+v", q)
		}
	})
}

func anyList(t *rapid.T, all []*profile.Profile) core.SpecList {
	some := func(label string, words ...string) []string {
		if rapid.Bool().Draw(t, "any "+label) {
			return nil
		}
		return rapid.SliceOfN(rapid.SampledFrom(words), 0, 2).Draw(t, label)
	}
	q := core.SpecList{
		Names: some("names", "a", "b", "nope"), Types: some("types", "t-1.0", "u-1.0", "t"),
		Limited: rapid.Bool().Draw(t, "limited"), Limit: rapid.IntRange(-1, 5).Draw(t, "limit"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "sort keys") {
		key := rapid.SampledFrom([]core.SpecSortKey{core.SortName, core.SortType, core.SortCreatedAt, core.SortUpdatedAt}).Draw(t, "sort key")
		q.Sort = append(q.Sort, core.SpecSort{Key: key, Descending: rapid.Bool().Draw(t, "descending")})
	}
	switch rapid.IntRange(0, 3).Draw(t, "marker") {
	case 0:
		q.Marker = uuid.NewSHA1(uuid.Nil, []byte("unknown")).String()
	case 1:
		if len(all) > 0 {
			q.Marker = rapid.SampledFrom(all).Draw(t, "marked").ID
		}
	case 2:
		if len(all) > 0 {
			q.Marker = strings.ToUpper(rapid.SampledFrom(all).Draw(t, "marked").ID)
		}
	}
	return q
}

func TestListSpecProfilesOfAllProjects(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	_, err := tenant.ListSpecProfiles(t.Context(), member(t, tenant, "P"), core.SpecList{AllProjects: true}, core.Read{})
	requireFault(t, err, fault.Forbidden, fault.CodeForbidden)
}

package core_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// crowd is a tenant with n policy profiles. Ten of them grant the role "rare", and have the tag "rare"; a tenth has the tag "tenth".
func crowd(b *testing.B, n int) (*core.Tenant, core.Caller) {
	b.Helper()
	mem := storetest.NewMemory()
	mem.KeepLog(256)
	var batch []store.Change
	for i := range n {
		role, tags := "default", fmt.Sprintf(`"t%d","n%d"`, i%100, i)
		if i%(n/10) == 0 {
			role, tags = "rare", tags+`,"rare"`
		}
		if i%10 == 0 {
			tags += `,"tenth"`
		}
		p := &profile.Profile{ID: fmt.Sprintf("profile-%06d", i), Body: &profile.Policies{
			Source: []byte(`{"tags":[` + tags + `],"policies":[{"roleId":"` + role + `"}],"rateLimit":0}`),
		}}
		batch = append(batch, store.Change{Key: record.ProfileKey(profile.StylePolicies, p.ID), Data: record.EncodeProfile(p)})
		if len(batch) == 500 {
			commit(b, mem, batch...)
			batch = nil
		}
	}
	commit(b, mem, batch...)
	tenant := open(b, mem, &core.Options{})
	return tenant, member(b, tenant, "P")
}

// BenchmarkSearch holds what searches cost among few and many profiles. Those that an index answers must not cost more among many.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		tenant, c := crowd(b, n)
		for _, bb := range []struct {
			name  string
			q     core.PolicySearch
			total int
		}{
			{"roles", core.PolicySearch{Roles: []string{"rare"}}, 10},
			{"role", core.PolicySearch{Search: core.Search{Body: value(b, `{"query":{"term":{"policies.roleId":"rare"}}}`)}}, 10},
			{"role and tag", core.PolicySearch{Search: core.Search{Body: value(b,
				`{"query":{"bool":{"filter":[{"term":{"policies.roleId":"rare"}},{"term":{"tags":"tenth"}}]}},"sort":["tags"]}`)}}, 10},
			{"tag", core.PolicySearch{Search: core.Search{Body: value(b, `{"query":{"term":{"tags":"rare"}}}`)}}, 10},
			{"tag of a tenth", core.PolicySearch{Search: core.Search{Body: value(b, `{"query":{"term":{"tags":"tenth"}}}`)}}, n / 10},
			{"prefix", core.PolicySearch{Search: core.Search{Body: value(b, `{"query":{"prefix":{"tags":"rar"}}}`)}}, 10},
			{"created", core.PolicySearch{Search: core.Search{Body: value(b, `{"query":{"range":{"_kuzzle_info.createdAt":{"gt":0}}}}`)}}, 0},
			{"all", core.PolicySearch{}, n},
		} {
			bb.q.Size = 10
			b.Run(fmt.Sprintf("%s/profiles=%d", bb.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					hits, err := tenant.SearchPolicyProfiles(b.Context(), c, bb.q, core.Read{Local: true})
					if err != nil || hits.Total != bb.total {
						require.NoError(b, err)
						require.Equal(b, bb.total, hits.Total)
					}
				}
			})
		}
	}
}

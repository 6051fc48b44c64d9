package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/profile"
)

// TestListedRightsAreTheModels holds that for each action that is named in a role, and each place that is named in a policy, the list says what
// the model of Authorize says of that policy alone.
func TestListedRightsAreTheModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRules(t)
		ids := rapid.SliceOfN(rapid.SampledFrom([]string{"p1", "p2", "gone"}), 0, 3).Draw(t, "profiles")
		rights, ok := access.ListRights(r, ids, 10_000)
		require.True(t, ok)
		seen := make(map[access.Right]bool)
		for _, right := range rights {
			require.False(t, seen[right], "%v twice", right)
			seen[right] = true
			if right.Allowed && right.Index != "*" {
				req := access.Request{Controller: right.Controller, Action: right.Action, Index: right.Index}
				if right.Collection != "*" {
					req.Collection = right.Collection
				}
				require.NoError(t, access.Authorize(r, access.Actor{User: "u", Profiles: ids}, req), "%v", right)
			}
		}
	})
}

func TestListedRightsAreBounded(t *testing.T) {
	collections := make([]string, 0, 26)
	for c := 'a'; c <= 'z'; c++ {
		collections = append(collections, string(c))
	}
	r := rules{
		roles: map[string]*access.Role{"r": {Rights: access.Rights{"doc": {"get": true, "put": false}}}},
		profiles: map[string]*profile.Profile{"p": {Body: &profile.Policies{Policies: []profile.Policy{
			{RoleID: "r", RestrictedTo: []profile.Restriction{{Index: "i", Collections: collections}, {Index: "i", Collections: collections}}},
		}}}},
	}
	rights, ok := access.ListRights(r, []string{"p", "p"}, 52)
	require.True(t, ok)
	require.Len(t, rights, 52)
	_, ok = access.ListRights(r, []string{"p"}, 51)
	require.False(t, ok)
}

func TestRateLimitOfAnActor(t *testing.T) {
	limited := func(n int64) *profile.Profile { return &profile.Profile{Body: &profile.Policies{RateLimit: n}} }
	r := rules{profiles: map[string]*profile.Profile{
		"two": limited(2), "five": limited(5), "free": limited(0), access.Anonymous: limited(7), "spec": {Body: &profile.Spec{}},
	}}
	for want, profiles := range map[int64][]string{2: {"two", "gone", "spec"}, 5: {"two", "five"}, 0: {"five", "free"}} {
		require.Equal(t, want, access.RateLimit(r, access.Actor{User: "u", Profiles: profiles}))
	}
	require.Equal(t, int64(7), access.RateLimit(r, access.Actor{User: access.AnonymousUser}))
}

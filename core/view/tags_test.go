package view_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

func TestTagsFollowTheirProfiles(t *testing.T) {
	tagged := func(id, tags string) store.Change {
		source := `{"policies":[{"roleId":"r1"}],"rateLimit":0,` + tags + `"z":0}`
		return put(&profile.Profile{ID: id, CreatedAt: at(1), Body: &profile.Policies{Source: []byte(source)}})
	}
	h, v := newHistory(), view.New(nil)
	having := func(tag string) []string {
		ids := []string{}
		for p := range v.State().PolicyProfilesWithTag(tag) {
			ids = append(ids, p.ID)
		}
		return ids
	}
	apply := func(changes ...store.Change) {
		require.NoError(t, v.Apply([]store.Event{h.write(changes...)}))
	}
	apply(tagged("b", `"tags":["red",["blue",7]],`), tagged("a", `"tags":"red",`), tagged("c", `"t\u0061gs":[true,null,{"red":1}],`), tagged("d", `"own":{"tags":"red"},`))
	require.Equal(t, []string{"a", "b"}, having("red"))
	require.Equal(t, []string{"b"}, having("blue"))
	require.Equal(t, []string{"b"}, having("7"))
	require.Equal(t, []string{"c"}, having("true"))
	require.Empty(t, having(""))

	before := v.State()
	apply(tagged("b", `"tags":["green"],`), store.Change{Key: record.ProfileKey(profile.StylePolicies, "a"), Delete: true})
	require.Empty(t, having("red"))
	require.Empty(t, having("blue"))
	require.Equal(t, []string{"b"}, having("green"))
	n := 0
	for range before.PolicyProfilesWithTag("red") {
		n++
	}
	require.Equal(t, 2, n, "a state does not change")
}

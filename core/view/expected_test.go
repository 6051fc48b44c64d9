package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

func TestExpectedProfilesAreAsDecodedOnes(t *testing.T) {
	data := record.EncodeProfile(policyProfile("p", "r1"))
	made, err := record.DecodeProfile(store.Record{Key: record.ProfileKey(profile.StylePolicies, "p"), Data: data})
	require.NoError(t, err)
	e := store.Event{Head: store.Head{Revision: 1, CommitID: uuid.New()}}
	e.Puts = []store.Record{
		{Key: record.IndexKey("i"), Version: 1, Revision: 1},
		{Key: record.ProfileKey(profile.StylePolicies, "other"), Version: 1, Revision: 1, Data: record.EncodeProfile(policyProfile("other", "r1"))},
		{Key: record.ProfileKey(profile.StylePolicies, "p"), Version: 3, Revision: 1, Data: data},
	}

	expecting, decoding := view.New(nil), view.New(nil)
	forget := expecting.Expect(e.CommitID, made)
	require.NoError(t, expecting.Apply([]store.Event{e}))
	forget()
	require.NoError(t, decoding.Apply([]store.Event{e}))

	for _, id := range []string{"p", "other"} {
		got, ok := expecting.State().PolicyProfile(id)
		require.True(t, ok, id)
		require.NotSame(t, made, got)
		want, _ := decoding.State().PolicyProfile(id)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(profile.Profile{})); diff != "" {
			t.Errorf("%s (-decoded +expected):\n%s", id, diff)
		}
	}
	got, _ := expecting.State().PolicyProfile("p")
	require.Same(t, made.Body, got.Body, "the body was not decoded again")
}

func TestForgottenProfilesAreDecoded(t *testing.T) {
	made := policyProfile("p", "r1")
	e := store.Event{Head: store.Head{Revision: 1, CommitID: uuid.New()}}
	e.Puts = []store.Record{{Key: record.ProfileKey(profile.StylePolicies, "p"), Version: 1, Revision: 1, Data: record.EncodeProfile(made)}}
	v := view.New(nil)
	v.Expect(e.CommitID, made)()
	require.NoError(t, v.Apply([]store.Event{e}))
	got, ok := v.State().PolicyProfile("p")
	require.True(t, ok)
	require.NotSame(t, made.Body, got.Body)
}

package core_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// nearStore knows its head, and counts how often it is asked for it the long way.
type nearStore struct {
	store.Store
	asked int
}

func (s *nearStore) Head(ctx context.Context) (store.Head, error) {
	s.asked++
	return s.Store.Head(ctx)
}

func (s *nearStore) NearHead() (store.Head, error) { return s.Store.Head(context.Background()) }

func TestReadsTakeANearHead(t *testing.T) {
	near := &nearStore{Store: storetest.NewMemory()}
	tenant := open(t, near, nil)
	c := member(t, tenant, "P")
	opened := near.asked
	created, err := tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "p", Definition: plain})
	require.NoError(t, err)

	got, err := tenant.Profile(t.Context(), c, profile.StylePolicies, "p", core.Read{})
	require.NoError(t, err)
	require.Equal(t, created.Head.Revision, got.Revision)
	require.Equal(t, opened, near.asked, "questions")
}

package storetest_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func aCommit() store.Commit {
	return store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: store.Key{Kind: "profile", ID: "p"}}}}
}

func TestFaultyFailsAndLosesOneCommitEach(t *testing.T) {
	f := storetest.NewFaulty(storetest.NewMemory())
	f.FailCommit(fault.Unavailablef(nil, "Gone."))
	f.LoseAnswer()

	_, err := f.Commit(t.Context(), aCommit())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	c := aCommit()
	_, err = f.Commit(t.Context(), c)
	require.Equal(t, fault.Uncertain, fault.KindOf(err))
	e, err := f.Commit(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, store.Head{Revision: 1, CommitID: c.ID}, e.Head)
	require.Equal(t, 3, f.Commits())
}

func TestFaultyHoldsACommit(t *testing.T) {
	f := storetest.NewFaulty(storetest.NewMemory())
	reached, release := f.HoldCommit()
	done := make(chan error, 1)
	go func() {
		_, err := f.Commit(t.Context(), aCommit())
		done <- err
	}()
	<-reached
	head, err := f.Head(t.Context())
	require.NoError(t, err)
	require.Zero(t, head.Revision)
	release()
	require.NoError(t, <-done)

	f.HoldCommit()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.Commit(ctx, aCommit())
	require.Equal(t, fault.Canceled, fault.KindOf(err))
}

func TestFaultyDownEndsBlockedCalls(t *testing.T) {
	f := storetest.NewFaulty(storetest.NewMemory())
	done := make(chan error, 1)
	go func() {
		_, err := f.Events(t.Context(), store.Head{}, 1)
		done <- err
	}()
	f.SetDown(fault.Unavailablef(nil, "Down."))
	require.Equal(t, fault.Unavailable, fault.KindOf(<-done))
	_, err := f.Head(t.Context())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	_, err = f.Commit(t.Context(), aCommit())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))

	f.SetDown(nil)
	_, err = f.Commit(t.Context(), aCommit())
	require.NoError(t, err)
}

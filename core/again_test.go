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

// late is a store on which something happens just before the next commit.
type late struct {
	store.Store
	before func()
}

func (l *late) Commit(ctx context.Context, c store.Commit) (store.Event, error) {
	if happens := l.before; happens != nil {
		l.before = nil
		happens()
	}
	return l.Store.Commit(ctx, c)
}

// TestUpdateOfWhatWasMadeAgain has a profile deleted and made again while an update of the old one is on its way. Both have version 1; the update
// must be made of the new one.
func TestUpdateOfWhatWasMadeAgain(t *testing.T) {
	mem := storetest.NewMemory()
	slow := &late{Store: mem.Share()}
	tenant, other := open(t, slow, nil), open(t, mem.Share(), nil)
	c := anonymous(t, tenant)
	draft := func(note string) *core.PolicyDraft {
		return &core.PolicyDraft{ID: "p", Definition: value(t, `{"policies":[],"note":"`+note+`"}`)}
	}
	_, err := tenant.CreateProfile(t.Context(), c, draft("old"))
	require.NoError(t, err)

	slow.before = func() {
		_, err := other.DeletePolicyProfile(t.Context(), c, "p")
		require.NoError(t, err)
		_, err = other.CreateProfile(t.Context(), c, draft("new"))
		require.NoError(t, err)
	}
	updated, err := tenant.UpdatePolicyProfile(t.Context(), c, core.PolicyChange{ID: "p", Change: value(t, `{"mark":1}`)})
	require.NoError(t, err)
	require.EqualValues(t, 2, updated.Profile.Version)
	body, ok := updated.Profile.Body.(*profile.Policies)
	require.True(t, ok)
	require.Contains(t, string(body.Source), `"note":"new"`)
	require.Contains(t, string(body.Source), `"mark":1`)
}

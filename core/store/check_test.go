package store_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

func TestCheckNamesTheField(t *testing.T) {
	good := store.Key{Kind: "profile", ID: "p"}
	put := func(k store.Key) store.Commit {
		return store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: good}, {Key: k}}}
	}
	for _, tt := range []struct {
		name   string
		commit store.Commit
		path   string // empty where nothing is wrong
	}{
		{"fine", put(store.Key{Kind: "profile_type-2", ID: "ü/:"}), ""},
		{"no changes, no id", store.Commit{}, ""},
		{"no id", store.Commit{Changes: []store.Change{{Key: good}}}, "id"},
		{"twice", put(good), "changes[1].key"},
		{"kind", put(store.Key{Kind: "a:b", ID: "p"}), "changes[1].key"},
		{"long kind", put(store.Key{Kind: strings.Repeat("k", 65), ID: "p"}), "changes[1].key"},
		{"id", put(store.Key{Kind: "profile"}), "changes[1].key"},
		{"requirement", store.Commit{Conditions: []store.Condition{{Key: good}}}, "conditions[0].require"},
		{"reference", store.Commit{ID: uuid.New(), Changes: []store.Change{{Key: good, Refs: []store.Key{good, {}}}}}, "changes[0].refs[1]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.commit.Check()
			if tt.path == "" {
				require.NoError(t, err)
				return
			}
			got := fault.As(err)
			require.Equal(t, fault.Invalid, got.Kind)
			require.Equal(t, tt.path, got.Fields[0].Path)
		})
	}
}

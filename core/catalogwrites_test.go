package core_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestDeleteIndexTakesItsCollections(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	for _, name := range []string{"posts", "users"} {
		_, err := tenant.CreateMappedCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: name}, value(t, `{"dynamic":"strict"}`))
		require.NoError(t, err)
	}
	_, err := tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum2", Name: "posts"})
	require.NoError(t, err)
	before := tenant.Revision()
	head, err := tenant.DeleteIndex(t.Context(), c, "forum")
	require.NoError(t, err)
	require.Equal(t, before+1, head.Revision, "all in one commit")
	_, err = tenant.DeleteIndex(t.Context(), c, "forum")
	requireFault(t, err, fault.Precondition, fault.CodeIndexNotFound)

	_, err = tenant.CreateIndex(t.Context(), c, "forum")
	require.NoError(t, err)
	names, err := tenant.Collections(t.Context(), c, "forum", core.Read{})
	require.NoError(t, err)
	require.Empty(t, names)
	posts := catalog.Collection{Index: "forum", Name: "posts"}
	_, err = tenant.CreateCollection(t.Context(), c, posts)
	require.NoError(t, err)
	mapping, err := tenant.Mapping(t.Context(), c, posts, core.Read{})
	require.NoError(t, err)
	require.Equal(t, "false", mapping.Get("dynamic").Text(), "the mapping went with the collection")

	names, err = tenant.Indexes(t.Context(), c, core.Read{})
	require.NoError(t, err)
	require.Equal(t, []string{"forum2", "forum"}, names)
}

func TestDeleteIndexes(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	for _, name := range []string{"a", "b", "c"} {
		_, err := tenant.CreateIndex(t.Context(), c, name)
		require.NoError(t, err)
	}
	deleted, _, err := tenant.DeleteIndexes(t.Context(), c, []string{"c", "gone", "a", "c"})
	require.NoError(t, err)
	require.Equal(t, []string{"c", "a"}, deleted)
	before := tenant.Revision()
	deleted, head, err := tenant.DeleteIndexes(t.Context(), c, nil)
	require.NoError(t, err)
	require.Empty(t, deleted)
	require.Equal(t, before, head.Revision)
}

// More than one commit takes: the parts go one after the other, and the index with the last.
func TestDeleteALargeIndex(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	const n = 4200 // each has a mapping besides, so that two commits are needed
	for i := range n {
		_, err := tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "large", Name: fmt.Sprint("c", i)})
		require.NoError(t, err)
	}
	before := tenant.Revision()
	_, err := tenant.ResetCatalog(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, before+2, tenant.Revision())
	names, err := tenant.Indexes(t.Context(), c, core.Read{})
	require.NoError(t, err)
	require.Empty(t, names)
	_, err = tenant.CreateIndex(t.Context(), c, "large")
	require.NoError(t, err)
	names, err = tenant.Collections(t.Context(), c, "large", core.Read{})
	require.NoError(t, err)
	require.Empty(t, names)
}

// TestNoCollectionOutlivesItsIndex makes collections on one node while another deletes their index.
func TestNoCollectionOutlivesItsIndex(t *testing.T) {
	_, ts := nodes(t, 2)
	a, b := ts[0], ts[1]
	c := anonymous(t, a)
	for round := range 30 {
		index := fmt.Sprint("i", round)
		_, err := a.CreateIndex(t.Context(), c, index)
		require.NoError(t, err)
		var both sync.WaitGroup
		both.Go(func() {
			for i := range 5 {
				_, err := a.CreateCollection(t.Context(), c, catalog.Collection{Index: index, Name: fmt.Sprint("c", i)})
				assert.NoError(t, err)
			}
		})
		both.Go(func() {
			_, err := b.DeleteIndex(t.Context(), c, index)
			assert.NoError(t, err)
		})
		both.Wait()
		indexes, err := b.Indexes(t.Context(), c, core.Read{})
		require.NoError(t, err)
		there := slices.Contains(indexes, index)
		_, err = b.CreateIndex(t.Context(), c, index)
		require.Equal(t, there, err != nil)
		names, err := b.Collections(t.Context(), c, index, core.Read{})
		require.NoError(t, err)
		if !there {
			require.Empty(t, names)
		}
	}
}

func TestDeleteCollection(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	posts := catalog.Collection{Index: "forum", Name: "posts"}
	_, err := tenant.DeleteCollection(t.Context(), c, posts)
	requireFault(t, err, fault.Precondition, fault.CodeIndexNotFound)
	_, err = tenant.CreateIndex(t.Context(), c, "forum")
	require.NoError(t, err)
	_, err = tenant.DeleteCollection(t.Context(), c, posts)
	requireFault(t, err, fault.Precondition, fault.CodeCollectionNotFound)
	requireFault(t, tenant.CheckCollection(t.Context(), c, posts, core.Read{}), fault.Precondition, fault.CodeCollectionNotFound)
	_, err = tenant.CreateCollection(t.Context(), c, posts)
	require.NoError(t, err)
	require.NoError(t, tenant.CheckCollection(t.Context(), c, posts, core.Read{}))
	_, err = tenant.DeleteCollection(t.Context(), c, posts)
	require.NoError(t, err)
	exists, err := tenant.CollectionExists(t.Context(), c, posts, core.Read{})
	require.NoError(t, err)
	require.False(t, exists)
}

func TestMappingsAreKept(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), nil)
	c := anonymous(t, tenant)
	posts := catalog.Collection{Index: "forum", Name: "posts"}
	_, err := tenant.UpdateMapping(t.Context(), c, posts, value(t, `{}`))
	requireFault(t, err, fault.Precondition, fault.CodeIndexNotFound)
	_, err = tenant.CreateCollection(t.Context(), c, posts)
	require.NoError(t, err)
	before := tenant.Revision()
	_, err = tenant.UpdateMapping(t.Context(), c, posts, value(t, `{"dynamic":false}`))
	require.NoError(t, err)
	require.Equal(t, before, tenant.Revision(), "what changes nothing is not written")
	for _, kind := range []string{"text", "text"} {
		_, err = tenant.UpdateMapping(t.Context(), c, posts, value(t, `{"properties":{"title":{"type":"`+kind+`"}}}`))
		require.NoError(t, err)
	}
	_, err = tenant.UpdateMapping(t.Context(), c, posts, value(t, `{"properties":{"title":{"type":"keyword"}}}`))
	requireFault(t, err, fault.Invalid, fault.CodeMappingFixed)
	_, err = tenant.UpdateMapping(t.Context(), c, catalog.Roles, value(t, `{"properties":{"label":{"type":"keyword"}}}`))
	require.NoError(t, err)

	other := open(t, mem.Share(), nil)
	for _, of := range []catalog.Collection{posts, catalog.Roles} {
		want, err := tenant.Mapping(t.Context(), c, of, core.Read{})
		require.NoError(t, err)
		got, err := other.Mapping(t.Context(), c, of, core.Read{})
		require.NoError(t, err)
		require.True(t, want.Equal(got), of.ID())
	}
	require.Empty(t, slices.Collect(func(yield func(string) bool) {
		names, _ := other.Indexes(t.Context(), c, core.Read{})
		for _, name := range names {
			if name != "forum" && !yield(name) {
				return
			}
		}
	}), "Kuzzle's own collections are in no index that is listed")
}

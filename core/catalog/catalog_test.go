package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
)

func TestNames(t *testing.T) {
	good := []string{"a", "forum-2", "a_b", "été", "日本", "@alias", "-", "_all2", "..x"[2:], strings.Repeat("a", 126), "(a)", "a=b;c"}
	bad := []string{
		"", "_all", "Forum", "É", "a\xff", strings.Repeat("a", 127), strings.Repeat("é", 64),
		`a\b`, "a/b", "a*", "a?", `a"`, "a<", "a>", "a|", "a b", "a\tb", "a\rb", "a\nb", "a,b", "a+", "a#", "a:b", "a.b", "a&", "a%",
	}
	for _, name := range good {
		require.NoError(t, catalog.CheckIndexName(name), name)
		require.NoError(t, catalog.CheckCollectionName(name), name)
	}
	for _, name := range bad {
		for kind, check := range map[string]func(string) error{"index": catalog.CheckIndexName, "collection": catalog.CheckCollectionName} {
			err := check(name)
			require.Error(t, err, name)
			f := fault.As(err)
			require.Equal(t, fault.Invalid, f.Kind)
			require.Equal(t, fault.CodeInvalidName, f.Code)
			require.Equal(t, fault.Subject{Kind: kind, ID: name}, f.Subject)
			require.Len(t, f.Fields, 1)
			require.Equal(t, kind, f.Fields[0].Path)
		}
	}
}

func TestCollectionIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Filter(func(s string) bool { return catalog.CheckIndexName(s) == nil })
		want := catalog.Collection{Index: name.Draw(t, "index"), Name: name.Draw(t, "name")}
		got, ok := catalog.ParseCollectionID(want.ID())
		require.True(t, ok)
		require.Equal(t, want, got)
	})
	for _, id := range []string{"", "a", "/", "/a", "a/"} {
		_, ok := catalog.ParseCollectionID(id)
		require.False(t, ok, id)
	}
}

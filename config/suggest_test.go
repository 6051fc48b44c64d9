package config

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestClosest(t *testing.T) {
	keys := []string{"name", "address", "protocol", "tenants", "root"}
	for word, want := range map[string]string{
		"adress":   "address",
		"addresss": "address",
		"nmae":     "name",
		"protcol":  "protocol",
		"tenant":   "tenants",
		"roots":    "root",
		"hostname": "",
		"x":        "",
		"":         "",
	} {
		got, found := closest(word, keys)
		require.Equal(t, want, got, word)
		require.Equal(t, want != "", found, word)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "xbc", 1}, {"kitten", "sitting", 3}} {
		require.Equal(t, c.want, distance(c.a, c.b), "%s %s", c.a, c.b)
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z_]{0,70}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if distance(a, b) != distance(b, a) {
			t.Fatal("the way back is not as long")
		}
		if len(a) <= 64 && (distance(a, b) == 0) != (a == b) {
			t.Fatal("only equal words are at distance 0")
		}
		if len(a) > 0 && len(a) <= 64 && distance(a, a[1:]) != 1 {
			t.Fatal("a dropped letter counts as one")
		}
	})
}

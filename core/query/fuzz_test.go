package query_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
)

// FuzzElasticsearch holds that no body of a search breaks anything: it is refused as Invalid, or it finds documents, the same ones each time.
func FuzzElasticsearch(f *testing.F) {
	for _, body := range []string{
		`{"query":{"bool":{"must":[{"term":{"tags":"a"}}],"should":{"exists":{"field":"rate"}},"minimum_should_match":"2<-25%"}},"sort":["tags",{"_id":"desc"}],"search_after":["a","b"]}`,
		`{"query":{"nested":{"path":"policies.restrictedTo","query":{"term":{"policies.restrictedTo.index":"i"}}}}}`,
		`{"query":{"range":{"_kuzzle_info.createdAt":{"gte":"now-1d/d","lt":"2026||+1M"}}}}`,
		`{"query":{"regexp":{"tags":{"value":"a[^b-c]*\"x\"@","flags":"ALL"}}},"post_filter":{"wildcard":{"tags":"a*?"}}}`,
		`{"query":{"match_phrase":{"bio":"quick brown"}},"sort":[{"rate":{"mode":"avg","missing":"_first"}}]}`,
		`{"query":{"geo_distance":{"at":"gcpvj0","distance":"1km"}}}`,
		`{"query":{"terms":{"rate":[1,"2",3.5]}}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := jsonvalue.Parse(body, jsonvalue.Limits{})
		if err != nil {
			return
		}
		checkSearch(t, v)
	})
}

// FuzzKoncorde holds the same of Koncorde's filters.
func FuzzKoncorde(f *testing.F) {
	for _, filter := range []string{
		`{"and":[{"equals":{"tags":"a"}},{"not":{"exists":"tags[\"b\"]"}}]}`, `{"or":[{"in":{"rate":[1]}},{"missing":"bio"}]}`,
		`{"ids":{"values":["a"]}}`, `{"geoBoundingBox":{"at":{"top":2,"left":1,"bottom":1,"right":2}}}`, `{"range":{"rate":{"gt":1}}}`,
	} {
		f.Add([]byte(filter))
	}
	f.Fuzz(func(t *testing.T, filter []byte) {
		v, err := jsonvalue.Parse(filter, jsonvalue.Limits{})
		if err != nil {
			return
		}
		q, err := query.Koncorde(v)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		checkSearch(t, jsonvalue.Object(jsonvalue.Member{Name: "query", Value: q}))
	})
}

func checkSearch(t *testing.T, body jsonvalue.Value) {
	t.Helper()
	s, err := query.Parse(body, options(t))
	if err != nil {
		requireInvalid(t, err)
		return
	}
	ds := documents(t, people...)
	found, err := query.Find(context.Background(), s, slices.Values(ds), asDocument)
	require.NoError(t, err)
	require.LessOrEqual(t, len(found.Hits), found.Total)
	again, err := query.Find(context.Background(), s, slices.Values(ds), asDocument)
	require.NoError(t, err)
	require.Equal(t, len(found.Hits), len(again.Hits))
	for i := range found.Hits {
		require.Equal(t, found.Hits[i].Key, again.Hits[i].Key)
	}
	for _, field := range []string{"_id", "tags", "policies.roleId"} {
		s.Pin(field)
	}
}

func requireInvalid(t *testing.T, err error) {
	t.Helper()
	var f *fault.Error
	require.True(t, errors.As(err, &f), "%v", err)
	require.Equal(t, fault.Invalid, f.Kind, "%v", err)
	require.NotEmpty(t, f.Message)
}

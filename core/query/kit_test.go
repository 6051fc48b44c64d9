package query_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
)

// now is what "now" means in the tests.
var now = time.Date(2026, 11, 21, 12, 30, 0, 0, time.UTC)

// properties is a mapping like that of Kuzzle's profiles, with a field of each type besides.
const properties = `{
	"tags": {"type": "keyword", "fields": {"words": {"type": "text"}}},
	"policies": {"properties": {
		"roleId": {"type": "keyword"},
		"restrictedTo": {"type": "nested", "properties": {
			"index": {"type": "keyword"}, "collections": {"type": "keyword"},
			"deep": {"type": "nested", "properties": {"x": {"type": "long"}}}
		}}
	}},
	"_kuzzle_info": {"properties": {"author": {"type": "keyword"}, "createdAt": {"type": "date"}, "updatedAt": {"type": "date"}}},
	"rate": {"type": "long"}, "score": {"type": "double"}, "on": {"type": "boolean"}, "bio": {"type": "text"},
	"at": {"type": "geo_point"}, "ip": {"type": "ip"}, "hidden": {"type": "keyword", "index": false}
}`

func value(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err, text)
	return v
}

func options(t testing.TB) query.Options {
	t.Helper()
	return query.Options{Mapping: query.ParseMapping(value(t, `{"dynamic":"false","properties":`+properties+`}`)), Now: now}
}

// documents makes documents of JSON texts; their ids are their members "_id".
func documents(t testing.TB, texts ...string) []query.Tree {
	t.Helper()
	ds := make([]query.Tree, len(texts))
	for i, text := range texts {
		root := value(t, text)
		ds[i] = query.Tree{Key: root.Get("_id").Text(), Root: root.Without("_id")}
	}
	return ds
}

func asDocument(d query.Tree) query.Document { return d }

// find gives the ids of a search's hits, in their order.
func find(t testing.TB, s *query.Search, ds []query.Tree) (ids []string, total int) {
	t.Helper()
	found, err := query.Find(context.Background(), s, slices.Values(ds), asDocument)
	require.NoError(t, err)
	ids = []string{}
	for _, d := range found.Hits {
		ids = append(ids, d.Key)
	}
	return ids, found.Total
}

// requireRefusal asks for a fault of this code and gives its message.
func requireRefusal(t testing.TB, err error, code fault.Code) string {
	t.Helper()
	var f *fault.Error
	require.True(t, errors.As(err, &f), "%v", err)
	require.Equal(t, fault.Invalid, f.Kind)
	require.Equal(t, code, f.Code, f.Message)
	return f.Message
}

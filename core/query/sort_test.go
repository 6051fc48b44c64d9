package query_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/query"
)

func TestSort(t *testing.T) {
	ds := documents(t,
		`{"_id":"a","tags":["m","c"],"rate":[5,1],"policies":[{"restrictedTo":[{"index":"z","collections":["k"]},{"index":"b"}]}]}`,
		`{"_id":"b","tags":["b","x"],"rate":3,"_kuzzle_info":{"createdAt":30}}`,
		`{"_id":"c","rate":[2,4,9],"policies":[{"restrictedTo":[{"index":"d"}]}],"_kuzzle_info":{"createdAt":"1970-01-01"}}`,
		`{"_id":"d","tags":["c"],"on":true}`,
	)
	tests := []struct{ sort, after, want string }{
		{`[]`, ``, "abcd"},
		{`"tags"`, ``, "badc"},
		{`"tags"`, `["b"]`, "adc"},
		{`"tags"`, `["c"]`, "c"},
		{`"tags"`, `[null]`, ""},
		{`{"tags":"desc"}`, ``, "badc"},
		{`[{"tags":{"order":"desc","mode":"min"}}]`, ``, "adbc"},
		{`[{"tags":{"order":"asc","mode":"max"}}]`, ``, "dabc"},
		{`[{"tags":{"missing":"_first"}}]`, ``, "cbad"},
		{`[{"tags":{"missing":"bb"}}]`, ``, "bcad"},
		{`[{"tags":"asc"},{"_id":"desc"}]`, ``, "bdac"},
		{`[{"tags":"asc"},{"_id":"desc"}]`, `["c","d"]`, "ac"},
		{`{"tags":"asc","_id":"desc"}`, ``, "bdac"},
		{`[{"_id":{"order":"desc"}}]`, ``, "dcba"},
		{`[{"_id":"asc"}]`, `["b"]`, "cd"},
		{`["_score","_doc"]`, ``, "abcd"},
		{`["rate"]`, ``, "acbd"},
		{`[{"rate":"desc"}]`, ``, "cabd"},
		{`[{"rate":{"mode":"sum"}}]`, ``, "bacd"},
		{`[{"rate":{"mode":"avg"}},"_id"]`, ``, "abcd"},
		{`[{"rate":{"mode":"median"}},"_id"]`, ``, "abcd"},
		{`[{"rate":{"missing":4}}]`, ``, "acbd"},
		{`["rate"]`, `[2]`, "bd"},
		{`["rate"]`, `["2"]`, "bd"},
		{`["rate"]`, `["2.5"]`, "bd"},
		{`["rate"]`, `[1e300]`, "d"},
		{`["_kuzzle_info.createdAt"]`, ``, "cbad"},
		{`[{"_kuzzle_info.createdAt":"desc"}]`, `[30]`, "cad"},
		{`[{"unmapped":{"unmapped_type":"keyword"}}]`, ``, "abcd"},
		{`["policies.restrictedTo.index"]`, ``, "acbd"},
		{`[{"policies.restrictedTo.index":{"order":"asc","nested":{"path":"policies.restrictedTo","filter":{"term":{"policies.restrictedTo.collections":"k"}}}}}]`, ``, "abcd"},
		{`[{"policies.restrictedTo.index":{"missing":"_first","nested":{"path":"policies.restrictedTo"}}}]`, ``, "bdac"},
		{`[{"on":"desc"}]`, ``, "dabc"},
	}
	for _, tt := range tests {
		t.Run(tt.sort+tt.after, func(t *testing.T) {
			body := `{"sort":` + tt.sort
			if tt.after != "" {
				body += `,"search_after":` + tt.after
			}
			s, err := query.Parse(value(t, body+`}`), options(t))
			require.NoError(t, err)
			require.Equal(t, tt.after != "", s.Continues())
			ids, total := find(t, s, ds)
			require.Equal(t, tt.want, strings.Join(ids, ""))
			require.Equal(t, len(ds), total)
		})
	}
}

func TestPins(t *testing.T) {
	tests := []struct {
		query, field string
		want         query.Pin
		no           bool
	}{
		{query: `{"term":{"tags":"x"}}`, field: "tags", want: query.Pin{Values: []string{"x"}, Exact: true}},
		{query: `{"terms":{"tags":["y","x"]}}`, field: "tags", want: query.Pin{Values: []string{"x", "y"}, Exact: true}},
		{query: `{"term":{"tags":"x"}}`, field: "policies.roleId", no: true},
		{query: `{"term":{"tags":{"value":"x","case_insensitive":true}}}`, field: "tags", no: true},
		{query: `{"match":{"tags":"x"}}`, field: "tags", want: query.Pin{Values: []string{"x"}, Exact: true}},
		{query: `{"match_none":{}}`, field: "tags", want: query.Pin{Exact: true}},
		{query: `{"match_all":{}}`, field: "tags", no: true},
		{query: `{"ids":{"values":["b","a"]}}`, field: "_id", want: query.Pin{Values: []string{"a", "b"}, Exact: true}},
		{query: `{"bool":{"filter":[{"term":{"tags":"x"}}]}}`, field: "tags", want: query.Pin{Values: []string{"x"}, Exact: true}},
		{query: `{"bool":{"filter":[{"terms":{"tags":["x","y"]}},{"term":{"tags":"z"}}]}}`, field: "tags", want: query.Pin{Values: []string{"z"}}},
		{query: `{"bool":{"filter":[{"term":{"tags":"x"}}],"must_not":[{"term":{"tags":"y"}}]}}`, field: "tags", want: query.Pin{Values: []string{"x"}}},
		{query: `{"bool":{"must_not":[{"term":{"tags":"x"}}]}}`, field: "tags", no: true},
		{query: `{"bool":{"should":[{"term":{"tags":"x"}},{"term":{"tags":"y"}}]}}`, field: "tags", want: query.Pin{Values: []string{"x", "y"}, Exact: true}},
		{query: `{"bool":{"should":[{"term":{"tags":"x"}},{"match_all":{}}]}}`, field: "tags", no: true},
		{query: `{"bool":{"must":[{"match_all":{}}],"should":[{"term":{"tags":"x"}}]}}`, field: "tags", no: true},
		{query: `{"nested":{"path":"policies.restrictedTo","query":{"term":{"policies.restrictedTo.index":"x"}}}}`, field: "policies.restrictedTo.index", no: true},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			s, err := query.Parse(value(t, `{"query":`+tt.query+`}`), options(t))
			require.NoError(t, err)
			got, ok := s.Pin(tt.field)
			require.Equal(t, !tt.no, ok)
			if ok {
				tt.want.Field = tt.field
				require.Equal(t, tt.want, got)
			}
		})
	}
}

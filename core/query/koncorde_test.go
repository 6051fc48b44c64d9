package query_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
)

func TestKoncorde(t *testing.T) {
	ds := documents(t, people...)
	tests := []struct{ filter, query, want string }{
		{`{}`, `{}`, "abcde"},
		{`null`, `{}`, "abcde"},
		{`{"equals":{"tags":"red"}}`, `{"term":{"tags":"red"}}`, "ab"},
		{`{"in":{"policies.roleId":["admin"]}}`, `{"terms":{"policies.roleId":["admin"]}}`, "bc"},
		{`{"exists":"tags"}`, `{"exists":{"field":"tags"}}`, "abce"},
		{`{"exists":{"field":"tags"}}`, `{"exists":{"field":"tags"}}`, "abce"},
		{
			`{"exists":"tags[\"blue\"]"}`,
			`{"bool":{"filter":[{"exists":{"field":"tags"}},{"range":{"tags":{"gte":"blue","lte":"blue"}}}]}}`, "b",
		},
		{`{"exists":"on[false]"}`, `{"bool":{"filter":[{"exists":{"field":"on"}},{"range":{"on":{"gte":false,"lte":false}}}]}}`, "b"},
		{`{"missing":"tags"}`, `{"bool":{"must_not":[{"exists":{"field":"tags"}}]}}`, "d"},
		{`{"missing":{"field":"tags"}}`, `{"bool":{"must_not":[{"exists":{"field":"tags"}}]}}`, "d"},
		{
			`{"missing":"tags[\"red\"]"}`,
			`{"bool":{"must_not":[{"bool":{"filter":[{"exists":{"field":"tags"}},{"range":{"tags":{"gte":"red","lte":"red"}}}]}}]}}`, "cde",
		},
		{`{"range":{"rate":{"gt":5}}}`, `{"range":{"rate":{"gt":5}}}`, "bce"},
		{`{"ids":{"values":["a"]}}`, `{"ids":{"values":["a"]}}`, "a"},
		{`{"and":[{"equals":{"tags":"red"}},{"equals":{"tags":"blue"}}]}`, `{"bool":{"filter":[{"term":{"tags":"red"}},{"term":{"tags":"blue"}}]}}`, "b"},
		{`{"and":[]}`, `{"bool":{"filter":[]}}`, "abcde"},
		{`{"or":[{"equals":{"tags":"red"}},{"equals":{"tags":"Blue"}}]}`, `{"bool":{"should":[{"term":{"tags":"red"}},{"term":{"tags":"Blue"}}]}}`, "abc"},
		{`{"not":{"equals":{"tags":"red"}}}`, `{"bool":{"must_not":[{"term":{"tags":"red"}}]}}`, "cde"},
		{`{"not":{"and":[{"exists":"on"},{"exists":"rate"}]}}`, `{"bool":{"must_not":[{"bool":{"filter":[{"exists":{"field":"on"}},{"exists":{"field":"rate"}}]}}]}}`, "cde"},
		{`{"regexp":{"tags":"re."}}`, `{"regexp":{"tags":"re."}}`, "ab"},
		{`{"match":{"tags":"red"}}`, `{"match":{"tags":"red"}}`, "ab"},
		{`{"prefix":{"tags":"re"}}`, `{"prefix":{"tags":"re"}}`, "ab"},
		{`{"geoDistance":{"at":[2.35,48.85],"distance":"1km"}}`, `{"geo_distance":{"at":[2.35,48.85],"distance":"1km"}}`, "b"},
		{`{"geoBoundingBox":{"at":{"top":42,"left":0,"bottom":41,"right":13}}}`, `{"geo_bounding_box":{"at":{"top":42,"left":0,"bottom":41,"right":13}}}`, "cd"},
		{`{"geoPolygon":{"at":{"points":[[2,41],[3,41],[2.5,50]]}}}`, `{"geo_polygon":{"at":{"points":[[2,41],[3,41],[2.5,50]]}}}`, "c"},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			got, err := query.Koncorde(value(t, tt.filter))
			require.NoError(t, err)
			require.JSONEq(t, tt.query, got.String())
			s, err := query.Parse(jsonvalue.Object(jsonvalue.Member{Name: "query", Value: got}), options(t))
			require.NoError(t, err)
			ids, _ := find(t, s, ds)
			require.Equal(t, tt.want, strings.Join(ids, ""))
		})
	}
}

func TestKoncordeThatIsRefused(t *testing.T) {
	tests := []struct {
		filter  string
		code    fault.Code
		message string
	}{
		{`"x"`, fault.CodeInvalidType, ``},
		{`{"bool":{"must":[]}}`, fault.CodeKoncordeKeyword, `The operator "bool" of Koncorde DSL is not supported for search queries.`},
		{`{"not":{"bool":{}}}`, fault.CodeKoncordeKeyword, ``},
		{`{"and":{"equals":{"tags":"x"}}}`, fault.CodeInvalidType, ``},
		{`{"or":["x"]}`, fault.CodeInvalidSearch, ``},
		{`{"not":{}}`, fault.CodeInvalidSearch, `query malformed, empty clause found`},
		{`{"equals":{"tags":"x"},"exists":"y"}`, fault.CodeInvalidSearch, `[equals] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`},
		{`{"exists":"tags[\"x\""}`, fault.CodeKoncordeExists, `Invalid exists path "tags["x"": missing closing bracket`},
		{`{"exists":"tags[x]"}`, fault.CodeKoncordeExists, ``},
		{`{"exists":"tags[null]"}`, fault.CodeKoncordeExists, ``},
		{`{"exists":5}`, fault.CodeInvalidSearch, ``},
		{`{"equalz":{"tags":"x"}}`, fault.CodeInvalidSearch, `unknown query [equalz]`},
		{`{"select":{"field":"tags","index":0,"query":{}}}`, fault.CodeInvalidSearch, `unknown query [select]`},
		{`{"nothing":{}}`, fault.CodeInvalidSearch, `unknown query [nothing]`},
		{`{"geoDistanceRange":{"at":"1,1","from":"1m","to":"2m"}}`, fault.CodeInvalidSearch, `unknown query [geo_distance_range]`},
		{`{"regexp":{"tags":{"value":"^g","flags":"i"}}}`, fault.CodeInvalidSearch, `Unknown regexp flag [i]`},
		{`{"equals":{"tags":["x"]}}`, fault.CodeInvalidSearch, `[term] query does not support array of values`},
		{strings.Repeat(`{"not":`, 100) + `{"exists":"x"}` + strings.Repeat(`}`, 100), fault.CodeInvalidSearch, ``},
	}
	for _, tt := range tests {
		t.Run(tt.filter[:min(len(tt.filter), 80)], func(t *testing.T) {
			q, err := query.Koncorde(value(t, tt.filter))
			if err == nil {
				_, err = query.Parse(jsonvalue.Object(jsonvalue.Member{Name: "query", Value: q}), options(t))
			}
			got := requireRefusal(t, err, tt.code)
			if tt.message != "" {
				require.Equal(t, tt.message, got)
			}
		})
	}
}

package query_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
)

var people = []string{
	`{"_id":"a","tags":["red"],"policies":[{"roleId":"default"}],"rate":5,"score":1.5,"on":true,"bio":"The quick brown fox",
		"_kuzzle_info":{"author":null,"createdAt":1795000000000,"updatedAt":null}}`,
	`{"_id":"b","tags":["red","blue"],"policies":[{"roleId":"admin","restrictedTo":[{"index":"i1","collections":["c1"]},{"index":"i2","collections":["c2","c3"]}]}],
		"rate":"7","score":-2,"on":"false","bio":["lazy dogs","a fox's den"],"at":{"lat":48.85,"lon":2.35},"_kuzzle_info":{"author":"u1","createdAt":"2026-11-20","updatedAt":1795000000001}}`,
	`{"_id":"c","tags":"Blue","policies":[{"roleId":"default"},{"roleId":"admin","restrictedTo":[{"index":"i1","collections":["c2"]}]}],"rate":[1,9.7],"bio":"",
		"at":[2.1,41.4],"_kuzzle_info":{"author":"u2","createdAt":1795219200000}}`,
	`{"_id":"d","tags":[null,[]],"policies":[],"rate":"x","on":"maybe","unmapped":"z","ip":"::1","_kuzzle_info.author":"u1","at":["41.9,12.5","gcpvj0"]}`,
	`{"_id":"e","tags":[7,true,"a b"],"rate":9007199254740993,"score":"1e3","bio":"3.14 it's O'Neill's 東京"}`,
}

func TestQueries(t *testing.T) {
	ds := documents(t, people...)
	tests := []struct{ query, want string }{
		{`{}`, "abcde"},
		{`{"match_all":{"boost":1.2}}`, "abcde"},
		{`{"match_none":{}}`, ""},
		{`{"ids":{"values":["b","zz","a"]}}`, "ab"},
		{`{"ids":{"values":"b"}}`, "b"},
		{`{"ids":{}}`, ""},
		{`{"term":{"_id":"c"}}`, "c"},
		{`{"terms":{"_id":["c","e"]}}`, "ce"},

		{`{"term":{"tags":"red"}}`, "ab"},
		{`{"term":{"tags":{"value":"blue"}}}`, "b"},
		{`{"term":{"tags":{"value":"blue","case_insensitive":true}}}`, "bc"},
		{`{"term":{"tags":7}}`, "e"},
		{`{"term":{"tags":true}}`, "e"},
		{`{"term":{"tags":""}}`, ""},
		{`{"terms":{"tags":["Blue","7"],"boost":2}}`, "ce"},
		{`{"terms":{"tags":[]}}`, ""},
		{`{"term":{"policies.roleId":"admin"}}`, "bc"},
		{`{"term":{"unmapped":"z"}}`, ""},
		{`{"bool":{"must_not":{"term":{"unmapped":"z"}}}}`, "abcde"},
		{`{"term":{"policies":"admin"}}`, ""},
		{`{"term":{"_kuzzle_info.author":"u1"}}`, "bd"},
		{`{"term":{"rate":7}}`, "b"},
		{`{"term":{"rate":"9"}}`, "c"},
		{`{"term":{"rate":9.7}}`, ""},
		{`{"term":{"rate":9007199254740993}}`, "e"},
		{`{"term":{"rate":9007199254740992}}`, ""},
		{`{"term":{"score":1000}}`, "e"},
		{`{"term":{"on":"true"}}`, "a"},
		{`{"term":{"on":false}}`, "b"},
		{`{"terms":{"on":[true,"false"]}}`, "ab"},
		{`{"term":{"bio":"fox"}}`, "a"},
		{`{"term":{"bio":"The"}}`, ""},
		{`{"term":{"_kuzzle_info.createdAt":"2026-11-20"}}`, "b"},
		{`{"term":{"_kuzzle_info.createdAt":"2026-11"}}`, "abc"},
		{`{"terms":{"_kuzzle_info.createdAt":[1795000000000,1795219200000]}}`, "ac"},

		{`{"exists":{"field":"tags"}}`, "abce"},
		{`{"exists":{"field":"_id"}}`, "abcde"},
		{`{"exists":{"field":"_kuzzle_info"}}`, "abcd"},
		{`{"exists":{"field":"policies"}}`, "abc"},
		{`{"exists":{"field":"policies.restrictedTo"}}`, ""},
		{`{"exists":{"field":"unmapped"}}`, ""},
		{`{"exists":{"field":"bio"}}`, "abe"},
		{`{"exists":{"field":"_kuzzle_info.up*"}}`, "b"},

		{`{"range":{"rate":{"gte":7}}}`, "bce"},
		{`{"range":{"rate":{"gt":7,"lte":9.5}}}`, "c"},
		{`{"range":{"rate":{"gt":1e30}}}`, ""},
		{`{"range":{"rate":{"lt":1e30,"gte":-1e30}}}`, "abce"},
		{`{"range":{"score":{"gt":-2,"lt":"1000"}}}`, "a"},
		{`{"range":{"tags":{"gte":"b","lt":"c"}}}`, "b"},
		{`{"range":{"rate":{"from":5,"to":7,"include_lower":false}}}`, "b"},
		{`{"range":{"rate":{"gte":null}}}`, "abce"},
		{`{"range":{"on":{"gte":true}}}`, "a"},
		{`{"range":{"_kuzzle_info.createdAt":{"gt":"2026-11-20"}}}`, "c"},
		{`{"range":{"_kuzzle_info.createdAt":{"gte":"now-1d/d"}}}`, "bc"},
		{`{"range":{"_kuzzle_info.createdAt":{"lt":"2026-11-20||+1d"}}}`, "ab"},
		{`{"range":{"_kuzzle_info.createdAt":{"gte":1795000000001,"format":"epoch_millis"}}}`, "bc"},

		{`{"prefix":{"tags":"bl"}}`, "b"},
		{`{"prefix":{"tags":{"value":"bl","case_insensitive":true}}}`, "bc"},
		{`{"wildcard":{"tags":"?l*e"}}`, "bc"},
		{`{"wildcard":{"tags":{"wildcard":"r\\*d"}}}`, ""},
		{`{"regexp":{"tags":"[rR]e."}}`, "ab"},
		{`{"regexp":{"tags":{"value":"b.*","case_insensitive":true}}}`, "bc"},
		{`{"regexp":{"tags":"re"}}`, ""},
		{`{"regexp":{"tags":"^red$"}}`, ""},
		{`{"regexp":{"tags":"@"}}`, "abce"},
		{`{"regexp":{"tags":"#"}}`, ""},
		{`{"regexp":{"tags":"\"a b\"|\\d"}}`, "e"},
		{`{"regexp":{"bio":"fo[wxyz]"}}`, "a"},

		{`{"match":{"tags":"red"}}`, "ab"},
		{`{"match":{"bio":"FOX lazy"}}`, "ab"},
		{`{"match":{"bio":{"query":"quick fox","operator":"and"}}}`, "a"},
		{`{"match":{"bio":{"query":"the lazy quick fox","minimum_should_match":"75%"}}}`, "a"},
		{`{"match":{"bio":{"query":"?!","zero_terms_query":"all"}}}`, "abcde"},
		{`{"match":{"bio":"!"}}`, ""},
		{`{"match":{"rate":{"query":"x","lenient":true}}}`, ""},
		{`{"match":{"bio":"3.14"}}`, "e"},
		{`{"match":{"bio":"o'neill's"}}`, "e"},
		{`{"match":{"bio":"東"}}`, "e"},
		{`{"match_phrase":{"bio":"quick brown"}}`, "a"},
		{`{"match_phrase":{"bio":"brown quick"}}`, ""},
		{`{"match_phrase_prefix":{"bio":"quick bro"}}`, "a"},
		{`{"match":{"tags.words":"BLUE"}}`, "bc"},
		{`{"multi_match":{"query":"red fox","fields":["tags","bio^3"]}}`, "a"},
		{`{"multi_match":{"query":"fox","fields":["b*","t*.words"]}}`, "a"},
		{`{"multi_match":{"query":"blue","fields":["tags.*"]}}`, "bc"},
		{`{"multi_match":{"query":"quick bro","type":"phrase_prefix","fields":["*"]}}`, "a"},
		{`{"multi_match":{"query":"bl","type":"phrase_prefix","fields":["*"]}}`, "bc"},
		{`{"multi_match":{"query":"fox"}}`, "a"},
		{`{"multi_match":{"query":"fox","fields":["nope*"]}}`, ""},
		{`{"bool":{"should":[{"multi_match":{"query":"quick bro","type":"phrase_prefix","fields":["*"]}},{"match":{"_id":"d"}}]}}`, "ad"},

		{`{"bool":{}}`, "abcde"},
		{`{"bool":{"must":[{"term":{"tags":"blue"}}],"must_not":[{"term":{"tags":"red"}}]}}`, ""},
		{`{"bool":{"filter":{"exists":{"field":"rate"}},"should":[{"term":{"tags":"red"}}]}}`, "abce"},
		{`{"bool":{"filter":{"exists":{"field":"rate"}},"should":[{"term":{"tags":"red"}}],"minimum_should_match":1}}`, "ab"},
		{`{"bool":{"should":[{"term":{"tags":"red"}},{"term":{"tags":"blue"}},{"ids":{"values":["c"]}}],"minimum_should_match":"2<50% 5<1"}}`, "abc"},
		{`{"bool":{"should":[{"term":{"tags":"red"}},{"term":{"tags":"blue"}}],"minimum_should_match":2}}`, "b"},
		{`{"bool":{"should":[{"term":{"tags":"red"}},{"term":{"tags":"blue"}}],"minimum_should_match":-1}}`, "ab"},
		{`{"bool":{"should":[{"term":{"tags":"red"}}],"minimum_should_match":0}}`, "ab"},
		{`{"bool":{"should":[{"term":{"tags":"red"}}],"minimum_should_match":2}}`, ""},
		{`{"constant_score":{"filter":{"term":{"tags":"red"}}}}`, "ab"},
		{`{"dis_max":{"queries":[{"term":{"tags":"red"}},{"ids":{"values":["e"]}}]}}`, "abe"},
		{`{"boosting":{"positive":{"term":{"tags":"red"}},"negative":{"term":{"tags":"blue"}},"negative_boost":0.5}}`, "ab"},

		{`{"term":{"policies.restrictedTo.index":"i1"}}`, ""},
		{`{"nested":{"path":"policies.restrictedTo","query":{"term":{"policies.restrictedTo.index":"i1"}}}}`, "bc"},
		{`{"nested":{"path":"policies.restrictedTo","query":{"bool":{"must":[{"term":{"policies.restrictedTo.index":"i1"}},{"term":{"policies.restrictedTo.collections":"c2"}}]}}}}`, "c"},
		{`{"nested":{"path":"policies.restrictedTo","query":{"term":{"tags":"red"}}}}`, ""},
		{`{"nested":{"path":"policies.restrictedTo","query":{"exists":{"field":"policies.restrictedTo.index"}},"score_mode":"none"}}`, "bc"},
		{`{"nested":{"path":"nope","query":{"match_all":{}},"ignore_unmapped":true}}`, ""},
		{`{"nested":{"path":"policies.restrictedTo.deep","query":{"match_all":{}}}}`, ""},

		{`{"geo_distance":{"distance":"10km","at":{"lat":48.86,"lon":2.36}}}`, "b"},
		{`{"geo_distance":{"distance":"900 km","at":"48.86,2.36"}}`, "bcd"},
		{`{"geo_bounding_box":{"at":{"top":42,"left":0,"bottom":41,"right":13}}}`, "cd"},
		{`{"geo_bounding_box":{"at":{"top_left":[12,43],"bottom_right":"41,13"}}}`, "d"},
		{`{"geo_polygon":{"at":{"points":[[2,41],[3,41],[2.5,50]]}}}`, "c"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			s, err := query.Parse(value(t, `{"query":`+tt.query+`}`), options(t))
			require.NoError(t, err)
			ids, total := find(t, s, ds)
			require.Equal(t, tt.want, strings.Join(ids, ""))
			require.Len(t, ids, total)
		})
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	deep := strings.Repeat(`{"bool":{"must":`, 31) + `{"match_all":{}}` + strings.Repeat(`}}`, 31)
	wide := `{"bool":{"must":[{"match_all":{}}` + strings.Repeat(`,{"match_all":{}}`, 1024) + `]}}`
	tests := []struct {
		body    string
		code    fault.Code
		message string
	}{
		{`{"foo":1}`, fault.CodeUnknownSearchKey, `The argument "foo" is not allowed at this level of a search query.`},
		{`{"query":{},"script":{}}`, fault.CodeUnknownSearchKey, `The argument "script" is not allowed at this level of a search query.`},
		{`[1]`, fault.CodeUnknownSearchKey, `The argument "0" is not allowed at this level of a search query.`},
		{`{"query":{"script":{"source":"1"}}}`, fault.CodeForbiddenQuery, `The "script.source" keyword is not allowed in this query.`},
		{`{"query":{"script":{"id":"stored"}}}`, fault.CodeInvalidSearch, `[script] query is not supported here`},
		{`{"query":{"equalz":{"tags":"red"}}}`, fault.CodeInvalidSearch, `unknown query [equalz]`},
		{`{"query":{"equals":"x"}}`, fault.CodeUnknownQuery, ``},
		{`{"query":{"term":{"tags":"x"},"ids":{}}}`, fault.CodeInvalidSearch, `[term] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`},
		{`{"query":{"bool":{"must":[{}]}}}`, fault.CodeInvalidSearch, `query malformed, empty clause found`},
		{`{"query":{"bool":{"must":["x"]}}}`, fault.CodeInvalidSearch, `[_na] query malformed, must start with start_object`},
		{`{"query":{"bool":{"shoud":[]}}}`, fault.CodeInvalidSearch, `[bool] unknown field [shoud]`},
		{`{"query":"x"}`, fault.CodeInvalidSearch, `Unknown key for a VALUE_STRING in [query].`},
		{`{"query":{"term":{}}}`, fault.CodeInvalidSearch, `field name is null or empty`},
		{`{"query":{"term":{"tags":null}}}`, fault.CodeInvalidSearch, `value cannot be null`},
		{`{"query":{"term":{"tags":["x"]}}}`, fault.CodeInvalidSearch, `[term] query does not support array of values`},
		{`{"query":{"term":{"tags":{"valu":"x"}}}}`, fault.CodeInvalidSearch, `[term] query does not support [valu]`},
		{`{"query":{"term":{"tags":"x","rate":1}}}`, fault.CodeInvalidSearch, `[term] query doesn't support multiple fields, found [tags] and [rate]`},
		{`{"query":{"term":{"rate":"x"}}}`, fault.CodeInvalidSearch, `failed to create query: For input string: "x"`},
		{`{"query":{"term":{"on":"maybe"}}}`, fault.CodeInvalidSearch, `Can't parse boolean value [maybe], expected [true] or [false]`},
		{`{"query":{"term":{"ip":"::1"}}}`, fault.CodeInvalidSearch, `Cannot search on field [ip] of type [ip] here.`},
		{`{"query":{"term":{"hidden":"x"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"term":{"_index":"x"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"terms":{"tags":"red"}}}`, fault.CodeInvalidSearch, `[terms] query does not support [tags]`},
		{`{"query":{"terms":{"tags":[null]}}}`, fault.CodeInvalidSearch, `No value specified for terms query`},
		{`{"query":{"terms":{"tags":[{}]}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"terms":{"tags":["a"],"rate":[1]}}}`, fault.CodeInvalidSearch, `[terms] query does not support multiple fields`},
		{`{"query":{"terms":{}}}`, fault.CodeInvalidSearch, `[terms] query requires a field name, followed by array of terms or a document lookup specification`},
		{`{"query":{"exists":{}}}`, fault.CodeInvalidSearch, `[exists] must be provided with a [field]`},
		{`{"query":{"exists":{"fields":"x"}}}`, fault.CodeInvalidSearch, `[exists] query does not support [fields]`},
		{`{"query":{"range":{"rate":{"above":1}}}}`, fault.CodeInvalidSearch, `[range] query does not support [above]`},
		{`{"query":{"range":{"rate":5}}}`, fault.CodeInvalidSearch, `[range] query does not support [rate]`},
		{`{"query":{"range":{"_kuzzle_info.createdAt":{"gt":"soon"}}}}`, fault.CodeInvalidSearch, `failed to parse date field [soon] with format [strict_date_optional_time||epoch_millis]`},
		{`{"query":{"range":{"_kuzzle_info.createdAt":{"gt":"now-"}}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"prefix":{"rate":"1"}}}`, fault.CodeInvalidSearch, `Can only use prefix queries on keyword, text and wildcard fields - not on [rate] which is of type [long]`},
		{`{"query":{"regexp":{"tags":"["}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"regexp":{"tags":"~a"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"regexp":{"tags":"a+?"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"regexp":{"tags":"(?i)a"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"regexp":{"tags":"(((a{99}){99}){99}){99}"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"regexp":{"tags":"` + strings.Repeat("a", 1001) + `"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"regexp":{"tags":{"value":"a","flags":"i"}}}}`, fault.CodeInvalidSearch, `Unknown regexp flag [i]`},
		{`{"query":{"match":{"tags":null}}}`, fault.CodeInvalidSearch, `No text specified for text query`},
		{`{"query":{"match":{"bio":{"query":"x","fuzziness":1}}}}`, fault.CodeInvalidSearch, `[match] query does not support [fuzziness]`},
		{`{"query":{"query_string":{"query":"x"}}}`, fault.CodeInvalidSearch, `[query_string] query is not supported here`},
		{`{"query":{"nested":{"path":"nope","query":{"match_all":{}}}}}`, fault.CodeInvalidSearch, `[nested] failed to find nested object under path [nope]`},
		{`{"query":{"nested":{"path":"policies.restrictedTo"}}}`, fault.CodeInvalidSearch, `[nested] requires 'query' field`},
		{`{"query":{"geo_distance":{"distance":"1km","place":"1,1"}}}`, fault.CodeInvalidSearch, `failed to find geo field [place]`},
		{`{"query":{"geo_distance":{"distance":"far","at":"1,1"}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":{"geo_bounding_box":{"at":{"top":1,"bottom":2,"left":0,"right":1}}}}`, fault.CodeInvalidSearch, ``},
		{`{"query":` + deep + `}`, fault.CodeInvalidSearch, ``},
		{`{"query":` + wide + `}`, fault.CodeInvalidSearch, ``},
		{`{"aggs":{"a":{}}}`, fault.CodeInvalidSearch, `[aggs] is not supported here`},
		{`{"_source":["tags"]}`, fault.CodeInvalidSearch, `[_source] is not supported here`},
		{`{"_name":"x"}`, fault.CodeInvalidSearch, `request [/_search] contains unrecognized parameter: [_name]`},
		{`{"sort":["nope"]}`, fault.CodeInvalidSearch, `No mapping found for [nope] in order to sort on`},
		{`{"sort":["bio"]}`, fault.CodeInvalidSearch, ``},
		{`{"sort":[{"tags":"up"}]}`, fault.CodeInvalidSearch, `No enum constant org.elasticsearch.search.sort.SortOrder.UP`},
		{`{"sort":[{"tags":{"mode":"avg"}}]}`, fault.CodeInvalidSearch, `we only support AVG, MEDIAN and SUM on number based fields`},
		{`{"sort":[{"tags":{"oder":"asc"}}]}`, fault.CodeInvalidSearch, `[field_sort] unknown field [oder]`},
		{`{"sort":5}`, fault.CodeInvalidSearch, `Unknown key for a VALUE_NUMBER in [sort].`},
		{`{"sort":[5]}`, fault.CodeInvalidSearch, ``},
		{`{"sort":[{"_script":{"script":{"source":"x"}}}]}`, fault.CodeForbiddenQuery, ``},
		{`{"search_after":["x"]}`, fault.CodeInvalidSearch, `Sort must contain at least one field.`},
		{`{"search_after":[]}`, fault.CodeInvalidSearch, `Values must contains at least one value.`},
		{`{"sort":["tags"],"search_after":["x","y"]}`, fault.CodeInvalidSearch, `search_after has 2 value(s) but sort has 1.`},
		{`{"sort":["tags"],"search_after":[["x"]]}`, fault.CodeInvalidSearch, ``},
		{`{"sort":["tags"],"search_after":"x"}`, fault.CodeInvalidSearch, `Unknown key for a VALUE_STRING in [search_after].`},
	}
	for _, tt := range tests {
		t.Run(tt.body[:min(len(tt.body), 80)], func(t *testing.T) {
			_, err := query.Parse(value(t, tt.body), options(t))
			got := requireRefusal(t, err, tt.code)
			if tt.message != "" {
				require.Equal(t, tt.message, got)
			}
		})
	}
}

// Members that change nothing that a client sees are no reason to refuse a search.
func TestBodiesThatAreNoQueries(t *testing.T) {
	ds := documents(t, people...)
	for _, body := range []string{
		`{}`, `null`, `[]`, `{"query":null}`, `{"query":5}`, `{"query":[]}`, `{"query":""}`, `{"from":"x","size":-1}`, `{"explain":true}`,
		`{"aggs":{},"_source":true}`, `{"post_filter":{}}`, `{"sort":[]}`,
	} {
		s, err := query.Parse(value(t, body), options(t))
		require.NoError(t, err, body)
		require.True(t, s.Everything(), body)
		ids, _ := find(t, s, ds)
		require.Equal(t, []string{"a", "b", "c", "d", "e"}, ids)
	}
	s, err := query.Parse(value(t, `{"query":{"term":{"tags":"red"}},"post_filter":{"term":{"tags":"blue"}}}`), options(t))
	require.NoError(t, err)
	ids, total := find(t, s, ds)
	require.Equal(t, []string{"b"}, ids)
	require.Equal(t, 1, total)
}

func TestDynamicMappings(t *testing.T) {
	o := options(t)
	o.Mapping = query.ParseMapping(value(t, `{"dynamic":"true","properties":{"tags":{"type":"keyword"},"still":{"dynamic":"false","properties":{"x":{"type":"keyword"}}}}}`))
	for body, good := range map[string]bool{
		`{"query":{"term":{"tags":"a"}}}`:                        true,
		`{"query":{"term":{"still.y":"a"}}}`:                     true,
		`{"query":{"exists":{"field":"still"}}}`:                 true,
		`{"query":{"term":{"other":"a"}}}`:                       false,
		`{"query":{"terms":{"other.deep":["a"]}}}`:               false,
		`{"query":{"exists":{"field":"other"}}}`:                 false,
		`{"query":{"bool":{"must_not":{"range":{"other":{}}}}}}`: false,
		`{"sort":["other"]}`:                                     false,
	} {
		_, err := query.Parse(value(t, body), o)
		if good {
			require.NoError(t, err, body)
			continue
		}
		requireRefusal(t, err, fault.CodeInvalidSearch)
	}
}

func TestKeywords(t *testing.T) {
	got := slices.Collect(query.Keywords(value(t, `["a",[1.0,true],null,{"b":"c"},"a"]`)))
	require.Equal(t, []string{"a", "1.0", "true", "a"}, got)
	require.Empty(t, slices.Collect(query.Keywords(jsonvalue.Value{})))
	require.Empty(t, slices.Collect(query.Keywords(jsonvalue.String(strings.Repeat("a", 32767)))))
}

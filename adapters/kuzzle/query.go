package kuzzle

import (
	"net/url"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// maxQueryKeys is how many members of a query string, or of a form, Node reads.
const maxQueryKeys = 1000

// parseQuery reads a query string as Node's querystring does: a name that is repeated has an array of its values, a name without "=" has
// empty text, and what is no percent-encoding stays as it is.
func parseQuery(raw string) []jsonvalue.Member {
	var members []jsonvalue.Member
	places := make(map[string]int)
	for n := 0; raw != "" && n < maxQueryKeys; n++ {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = queryUnescaped(name), queryUnescaped(value)
		at, seen := places[name]
		if !seen {
			places[name] = len(members)
			members = append(members, jsonvalue.Member{Name: name, Value: jsonvalue.String(value)})
			continue
		}
		members[at].Value = appended(members[at].Value, jsonvalue.String(value))
	}
	return members
}

// appended makes an array of a value that has come before and one more.
func appended(v, more jsonvalue.Value) jsonvalue.Value {
	if v.Kind() != jsonvalue.KindArray {
		return jsonvalue.Array(v, more)
	}
	return jsonvalue.Array(append(v.Items()[:v.Len():v.Len()], more)...)
}

func queryUnescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return strings.ReplaceAll(s, "+", " ")
}

package senlin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// listNames asks for a list and gives the names in it.
func listNames(tb testing.TB, h http.Handler, query string, headers ...string) []string {
	tb.Helper()
	w := answer(h, ask(http.MethodGet, "/v1/profiles"+query, "", headers...))
	require.Equalf(tb, http.StatusOK, w.Code, "body: %s", w.Body)
	got := decoded(tb, w)
	require.Len(tb, got, 1)
	names := []string{}
	list, ok := got["profiles"].([]any)
	require.True(tb, ok)
	for _, p := range list {
		profile, _ := p.(map[string]any)
		require.Len(tb, profile, 10)
		name, _ := profile["name"].(string)
		names = append(names, name)
	}
	return names
}

func TestList(t *testing.T) {
	h := api(t)
	require.Equal(t, `{"profiles":[]}`, answer(h, ask(http.MethodGet, "/v1/profiles", "")).Body.String())
	ids := map[string]string{}
	for _, name := range []string{"b", "a", "c"} {
		ids[name], _ = created(t, h, name)["id"].(string)
	}
	theirs, _ := created(t, h, "theirs", "X-Auth-Token", other)["id"].(string)
	unknown := uuid.NewString()
	byID := []string{"a", "b", "c"} // made in the same second
	slices.SortFunc(byID, func(x, y string) int { return strings.Compare(ids[x], ids[y]) })

	tests := []struct {
		query string
		want  []string
	}{
		{"?sort=name", []string{"a", "b", "c"}},
		{"?sort=name:asc", []string{"a", "b", "c"}},
		{"?sort=name:", []string{"a", "b", "c"}},
		{"?sort=name:desc", []string{"c", "b", "a"}},
		{"?sort=type,name:desc", []string{"c", "b", "a"}},
		{"?sort=type", byID},
		{"?sort=updated_at", byID},
		{"?sort=name&sort=name:desc", []string{"c", "b", "a"}},
		{"?sort=name%3Adesc", []string{"c", "b", "a"}},
		{"?sort=name&limit=2", []string{"a", "b"}},
		{"?sort=name&limit=0", []string{}},
		{"?sort=name&limit=1000", []string{"a", "b", "c"}},
		{"?sort=name&limit=99999999999999999999", []string{"a", "b", "c"}},
		{"?sort=name&limit=%202%20", []string{"a", "b"}},
		{"?sort=name&limit=+2", []string{"a", "b"}},
		{"?sort=name&limit=%2B2", []string{"a", "b"}},
		{"?sort=name&limit=1&limit=2", []string{"a", "b"}},
		{"?sort=name&limit=", []string{"a", "b", "c"}},
		{"?sort=name&limit", []string{"a", "b", "c"}},
		{"?sort=name&marker=" + ids["a"], []string{"b", "c"}},
		{"?sort=name:desc&marker=" + ids["b"], []string{"a"}},
		{"?sort=name&limit=1&marker=" + ids["a"], []string{"b"}},
		{"?sort=name&marker=" + strings.ToUpper(ids["a"]), []string{"b", "c"}},
		{"?sort=name&marker=" + unknown, []string{"a", "b", "c"}},
		{"?sort=name&marker=" + strings.ReplaceAll(unknown, "-", ""), []string{"a", "b", "c"}},
		{"?sort=name&marker=" + theirs, []string{}},
		{"?sort=name:desc&marker=" + theirs, []string{"c", "b", "a"}},
		{"?sort=name&marker=", []string{"a", "b", "c"}},
		{"?name=a", []string{"a"}},
		{"?name=a&name=c&sort=name", []string{"a", "c"}},
		{"?name=%61", []string{"a"}},
		{"?name=A", []string{}},
		{"?name=theirs", []string{}},
		{"?name=", []string{}},
		{"?name", []string{}},
		{"?name=&name=a", []string{"a"}},
		{"?name=%zz&name=100%25", []string{}},
		{"?type=os.heat.stack-1.0&sort=name", []string{"a", "b", "c"}},
		{"?type=os.heat.stack", []string{}},
		{"?type=", []string{}},
		{"?type=x&type=os.heat.stack-1.0&name=b", []string{"b"}},
		{"?global_project=false&sort=name", []string{"a", "b", "c"}},
		{"?global_project=False&sort=name", []string{"a", "b", "c"}},
		{"?global_project=FALSE&sort=name", []string{"a", "b", "c"}},
		{"?global_project=&sort=name", []string{"a", "b", "c"}},
		{"?global_project=true&global_project=false&sort=name", []string{"a", "b", "c"}},
		{"?&&sort=name&", []string{"a", "b", "c"}},
		{"?sort=", byID},
		{"?", byID},
		{"", byID},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			require.Equal(t, tt.want, listNames(t, h, tt.query))
		})
	}
	t.Run("as administrator", func(t *testing.T) {
		for _, query := range []string{"?sort=name", "?sort=name&global_project=true", "?sort=name&global_project=TRUE", "?sort=name&global_project=false"} {
			require.Equal(t, []string{"a", "b", "c", "theirs"}, listNames(t, h, query, "X-Auth-Token", admin))
		}
	})
	t.Run("page by page", func(t *testing.T) {
		var got []string
		for query := "?limit=1"; ; {
			page := listNames(t, h, query)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			query = "?limit=1&marker=" + ids[page[0]]
		}
		require.Equal(t, byID, got)
	})
}

const uuidPattern = "^[a-fA-F0-9]{8}-?[a-fA-F0-9]{4}-?[a-fA-F0-9]{4}-?[a-fA-F0-9]{4}-?[a-fA-F0-9]{12}$"

func TestListRefuses(t *testing.T) {
	tests := []struct{ query, message string }{
		{"?color=red", "Invalid parameter color"},
		{"?color", "Invalid parameter color"},
		{"?=x", "Invalid parameter "},
		{"?Name=a", "Invalid parameter Name"},
		{"?a+b=1", "Invalid parameter a b"},
		{"?limit=x&color=red&shape=round", "Invalid parameter color"},
		{"?name=a;limit=1&x=1", "Invalid parameter x"},
		{"?a%0d%0ab=1", "Invalid parameter a\r\nb"},
		{"?%zz%4=1", "Invalid parameter %zz%4"},
		{"?name=%ff", "The query string is not valid UTF-8."},
		{"?%ff=1", "The query string is not valid UTF-8."},
		{"?global_project=yes", "Invalid value 'yes' specified for 'global_project'"},
		{"?global_project=1", "Invalid value '1' specified for 'global_project'"},
		{"?global_project=%20true", "Invalid value ' true' specified for 'global_project'"},
		{"?global_project=no&limit=x", "Invalid value 'no' specified for 'global_project'"},
		{"?limit=-1", "Value must be >= 0 for field 'limit'."},
		{"?limit=-99999999999999999999", "Value must be >= 0 for field 'limit'."},
		{"?limit=abc", "The value for limit must be an integer: 'abc'."},
		{"?limit=99999999999999999999x", "The value for limit must be an integer: '99999999999999999999x'."},
		{"?limit=1.0", "The value for limit must be an integer: '1.0'."},
		{"?limit=0x1", "The value for limit must be an integer: '0x1'."},
		{"?limit=%20", "The value for limit must be an integer: ' '."},
		{"?limit=x&marker=x", "The value for limit must be an integer: 'x'."},
		{"?marker=abc", "The value for marker is not a valid UUID: 'abc'."},
		{"?marker=abc&sort=color", "The value for marker is not a valid UUID: 'abc'."},
		{"?marker=%7B7e4e0a6a-7e4e-0a6a-7e4e-7e4e0a6a7e4e%7D", "'{7e4e0a6a-7e4e-0a6a-7e4e-7e4e0a6a7e4e}' does not match '" + uuidPattern + "'"},
		{"?marker=urn:uuid:7e4e0a6a-7e4e-0a6a-7e4e-7e4e0a6a7e4e", "'urn:uuid:7e4e0a6a-7e4e-0a6a-7e4e-7e4e0a6a7e4e' does not match '" + uuidPattern + "'"},
		{"?marker=7e4e-0a6a7e4e0a6a7e4e7e4e0a6a7e4e", "'7e4e-0a6a7e4e0a6a7e4e7e4e0a6a7e4e' does not match '" + uuidPattern + "'"},
		{"?marker=7e4e-0a6a7e4e0a6a7e4e7e4e0a6a7e4e&sort=color", "Unsupported sort key 'color' for 'sort'."},
		{"?marker=7e4e0a6a-7e4e-0a6a-7e4e-7e4e0a6a7e4", "The value for marker is not a valid UUID: '7e4e0a6a-7e4e-0a6a-7e4e-7e4e0a6a7e4'."},
		{"?sort=name;desc", "Invalid parameter desc"},
		{"?name=a;;color=1", "Invalid parameter color"},
		{"?sort=color", "Unsupported sort key 'color' for 'sort'."},
		{"?sort=name:up", "Unsupported sort dir 'up' for 'sort'."},
		{"?sort=name:DESC", "Unsupported sort dir 'DESC' for 'sort'."},
		{"?sort=name:asc:x", "Unsupported sort dir 'asc:x' for 'sort'."},
		{"?sort=color:up", "Unsupported sort dir 'up' for 'sort'."},
		{"?sort=:asc", "Missing sort key for 'sort'."},
		{"?sort=name,", "Missing sort key for 'sort'."},
		{"?sort=,name", "Missing sort key for 'sort'."},
		{"?sort=name,%20type", "Unsupported sort key ' type' for 'sort'."},
		{"?sort=id", "Unsupported sort key 'id' for 'sort'."},
		{"?global_project=true&sort=id", "Unsupported sort key 'id' for 'sort'."}, // before the right to it
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			w := answer(h, ask(http.MethodGet, "/v1/profiles"+tt.query, ""))
			isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", tt.message)
		})
	}
}

func TestListForbidden(t *testing.T) {
	w := answer(api(t), ask(http.MethodGet, "/v1/profiles?global_project=True", ""))
	isFault(t, w, http.StatusForbidden, "Forbidden", "You are not authorized to complete this operation.")
	require.Equal(t, "Access was denied to this resource.", decoded(t, w)["explanation"])
}

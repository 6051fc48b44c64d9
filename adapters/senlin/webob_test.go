package senlin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	asHTML  = "text/html; charset=UTF-8"
	asJSON  = "application/json"
	asPlain = "text/plain; charset=UTF-8"
)

// TestWebobShape holds what webob 1.8.6 makes of Accept headers.
func TestWebobShape(t *testing.T) {
	tests := []struct{ accept, want string }{
		{"-", asPlain}, // none
		{"", asPlain},
		{"*/*", asHTML},
		{"text/html", asHTML},
		{"application/json", asJSON},
		{"Application/JSON", asJSON},
		{"text/plain", asPlain},
		{"application/xml", asPlain},
		{"application/*", asJSON},
		{"text/*", asHTML},
		{"text/html;q=0", asPlain},
		{"text/html;q=0,*/*", asJSON},
		{"application/json;q=0,*/*;q=0.1", asHTML},
		{"*/*;q=0", asPlain},
		{"text/html, application/json", asHTML},
		{"application/json, text/html", asHTML},
		{"application/json;q=0.5,text/html;q=0.4", asJSON},
		{"text/html;q=0.5,application/json;q=0.9", asJSON},
		{"text/html;q=0.001,application/json;q=0.001", asHTML},
		{"text/*;q=0.3, text/html;q=0.1, */*;q=0.2", asJSON},
		{", ,application/json", asJSON},
		{"application/json; charset=utf-8", asPlain},
		{"application/json;indent=4", asPlain},
		{"text/html;level=1", asPlain},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", asHTML}, // a browser
		{"garbage", asHTML},
		{"*", asHTML},
		{"application/json;q=2", asHTML},
		{"application/json;q=0.1234", asHTML},
		{"application/json;q=-1", asHTML},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.accept, func(t *testing.T) {
			r := ask(http.MethodGet, "/v1/nowhere", "", "Accept", "")
			if tt.accept != "-" {
				r.Header["Accept"] = []string{tt.accept}
			}
			w := answer(h, r)
			require.Equal(t, http.StatusNotFound, w.Code)
			require.Equal(t, tt.want, w.Header().Get("Content-Type"))
		})
	}
}

// TestWebobBodies holds webob's pages to the byte.
func TestWebobBodies(t *testing.T) {
	h := api(t)
	page := func(accept, version string) string {
		return answer(h, ask(http.MethodGet, "/v1/nowhere", "", "Accept", accept, "OpenStack-API-Version", version)).Body.String()
	}
	require.Equal(t, "404 Not Found\n\nThe resource could not be found.\n\n   ", page("", ""))
	require.Equal(t, "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  The resource could not "+
		"be found.<br /><br />\n\n\n\n </body>\n</html>", page("*/*", ""))

	const nasty = "clustering <b>'x'</b>&\"\xe9\""
	require.Equal(t, "400 Bad Request\n\n"+general+"\n\n API Version String ''x'&\"é\"' is of invalid format. It must be of format "+
		"'major.minor'.  ", page("", nasty))
	require.Equal(t, "<html>\n <head>\n  <title>400 Bad Request</title>\n </head>\n <body>\n  <h1>400 Bad Request</h1>\n  "+general+
		"<br /><br />\nAPI Version String &#x27;&lt;b&gt;&#x27;x&#x27;&lt;/b&gt;&amp;&quot;&#233;&quot;&#x27; is of invalid format. It must "+
		"be of format &#x27;major.minor&#x27;.\n\n\n </body>\n</html>", page("text/html", nasty))
	require.Contains(t, page("application/json", nasty), `API Version String '<b>'x'</b>&\"é\"' is of invalid format.`)
}

// TestFaultsAreJSON shows that Senlin's own errors do not go by Accept.
func TestFaultsAreJSON(t *testing.T) {
	h := api(t)
	for _, accept := range []string{"", "*/*", "text/html", "text/plain", "garbage"} {
		w := answer(h, ask(http.MethodGet, "/v1/profiles/nope", "", "Accept", accept))
		isFault(t, w, http.StatusNotFound, "ResourceNotFound", "The profile 'nope' could not be found.")
		require.Equal(t, "The resource could not be found.", decoded(t, w)["explanation"])
	}
}

// TestRepeatedAccept shows that several headers are one list, as they are to WSGI.
func TestRepeatedAccept(t *testing.T) {
	r := ask(http.MethodGet, "/v1/nowhere", "")
	r.Header["Accept"] = []string{"text/html;q=0.1", "application/json"}
	w := answer(api(t), r)
	require.Equal(t, asJSON, w.Header().Get("Content-Type"))
	require.False(t, strings.Contains(w.Body.String(), "html"))
}

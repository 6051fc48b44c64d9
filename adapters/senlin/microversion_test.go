package senlin_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMicroversion(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string // the version that is used
	}{
		{"none", nil, "1.0"},
		{"empty", []string{""}, "1.0"},
		{"the least", []string{"clustering 1.0"}, "1.0"},
		{"the greatest", []string{"clustering 1.14"}, "1.14"},
		{"between", []string{"clustering 1.5"}, "1.5"},
		{"latest", []string{"clustering latest"}, "1.14"},
		{"latest in capitals", []string{"clustering LATEST"}, "1.14"},
		{"latest in between", []string{"Clustering lAtEsT"}, "1.14"},
		{"without a service", []string{"1.9"}, "1.0"},
		{"without a version", []string{"clustering"}, "1.0"},
		{"without a version but a space", []string{"clustering "}, "1.0"},
		{"of another service", []string{"compute 2.90"}, "1.0"},
		{"of a service like it", []string{"clusterings 1.9"}, "1.0"},
		{"several services", []string{"compute 2.90, clustering 1.7, identity 3.1"}, "1.7"},
		{"several services without spaces", []string{"compute 2.90,clustering 1.7"}, "1.7"},
		{"several lines", []string{"compute 2.90", "clustering 1.7", "identity 3.1"}, "1.7"},
		{"twice in a line", []string{"clustering 1.3, clustering 1.7"}, "1.7"},
		{"twice in two lines", []string{"clustering 1.3", "clustering 1.7"}, "1.7"},
		{"the last is of no use", []string{"clustering 1.3, clustering"}, "1.3"},
		{"the first is malformed", []string{"clustering x, clustering 1.7"}, "1.7"},
		{"spaces", []string{"  clustering \t  1.7  "}, "1.7"},
		{"tab", []string{"clustering\t1.7"}, "1.7"},
		{"empty parts", []string{",, clustering 1.7,,"}, "1.7"},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := ask(http.MethodGet, "/v1/build-info", "")
			r.Header["Openstack-Api-Version"] = tt.lines
			w := answer(h, r)
			require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
			require.Equal(t, "clustering "+tt.want, w.Header().Get("OpenStack-API-Version"))
			require.Equal(t, "OpenStack-API-Version", w.Header().Get("Vary"))
		})
	}
}

func TestMicroversionMalformed(t *testing.T) {
	h := api(t)
	for _, version := range []string{
		"abc", "1", "1.", ".1", ".", "0.9", "0.0", "01.1", "1.01", "1.00", "1.1.1", "-1.1", "1.-1", "+1.1", "1.+1", "1 .1", "1. 1", "1.x", "v1.1",
		"1.1 x", "1.1;q=1", "0x1.1", "1_0.1", "latestest", "1.1e1",
	} {
		t.Run(version, func(t *testing.T) {
			for _, path := range []string{"/v1", "/v1/profiles", "/v1/nowhere"} {
				w := answer(h, ask(http.MethodGet, path, "", "OpenStack-API-Version", "clustering "+version, "X-Auth-Token", ""))
				require.Equal(t, http.StatusBadRequest, w.Code)
				require.Equal(t, map[string]any{
					"code": "400 Bad Request", "title": "Bad Request", "message": general + "<br /><br />\nAPI Version String '" + version +
						"' is of invalid format. It must be of format 'major.minor'.\n\n",
				}, decoded(t, w))
			}
		})
	}
}

func TestMicroversionOutOfRange(t *testing.T) {
	h := api(t)
	for _, version := range []string{"1.15", "1.99", "2.0", "2.1", "10.0", "1.99999999999999999999999", "99999999999999999999999.0"} {
		t.Run(version, func(t *testing.T) {
			for _, path := range []string{"/v1", "/v1/profiles", "/v1/nowhere"} {
				w := answer(h, ask(http.MethodGet, path, "", "OpenStack-API-Version", "clustering "+version, "X-Auth-Token", "", "Accept", "text/html"))
				isFault(t, w, http.StatusNotAcceptable, "InvalidGlobalAPIVersion",
					"Version '"+version+"' is not supported by the API. Minimum is '1.0' and maximum is '1.14'.")
				require.Equal(t, general, decoded(t, w)["explanation"])
			}
		})
	}
}

// TestMicroversionElsewhere shows that the header says nothing about paths that are below no version.
func TestMicroversionElsewhere(t *testing.T) {
	h := api(t)
	require.Equal(t, http.StatusMultipleChoices, answer(h, ask(http.MethodGet, "/", "", "OpenStack-API-Version", "clustering 9.9")).Code)
	isNoRoute(t, answer(h, ask(http.MethodGet, "/v2", "", "OpenStack-API-Version", "clustering 9.9")))
}

func TestMethodsOfLaterVersions(t *testing.T) {
	tests := []struct{ method, path, body, since, before string }{
		{http.MethodPost, "/v1/profiles/validate", `{"profile":{"spec":` + heatSpec + `}}`, "1.2", "1.1"},
		{http.MethodGet, "/v1/profile-types/os.heat.stack-1.0/ops", "", "1.4", "1.3"},
	}
	h := api(t)
	for _, tt := range tests {
		w := answer(h, ask(tt.method, tt.path, tt.body, "OpenStack-API-Version", "clustering "+tt.since))
		require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
		for _, body := range []string{tt.body, "", `{"unwanted":1}`} {
			w = answer(h, ask(tt.method, tt.path, body, "OpenStack-API-Version", "clustering "+tt.before))
			isFault(t, w, http.StatusBadRequest, "MethodVersionNotFound", "API version '"+tt.before+"' is not supported on this method.")
		}
	}
}

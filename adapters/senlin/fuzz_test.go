package senlin_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// sane checks what holds of every answer, whatever was asked: no failure of the server, and a body that is what its type says.
func sane(t *testing.T, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := answer(h, r)
	if w.Code < 200 || w.Code >= 500 {
		t.Fatalf("%s %q: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
		t.Fatalf("%s %q: no JSON: %q", r.Method, r.URL, w.Body)
	}
	return w
}

func FuzzCreateBody(f *testing.F) {
	for _, body := range []string{
		profileBody("p1"), `{}`, `{"profile":null}`, `{"profile":{"spec":5}}`, `{"profile":{"name":[],"spec":"\"abc\""}}`, `[`, `{"profile":`,
		`{"profile":{"name":"\ud800","spec":{"type":"os.nova.server","version":1.0,"properties":{"networks":[{"port":1}]}}}}`,
		`{"profile":{"spec":{"type":"os.heat.stack","version":"1.0","properties":{"timeout":1e400,"template":"{}"}}}}`,
	} {
		f.Add(body, "application/json")
		f.Add(body, "text/plain; x")
	}
	h := api(f)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		for _, path := range []string{"/v1/profiles", "/v1/profiles/validate"} {
			r := ask(http.MethodPost, path, body, "OpenStack-API-Version", "clustering 1.14")
			r.Header["Content-Type"] = []string{contentType}
			w := sane(t, h, r)
			if path == "/v1/profiles" && w.Code < 300 != (w.Code == http.StatusCreated) {
				t.Fatalf("%q: %d", body, w.Code)
			}
		}
	})
}

func FuzzList(f *testing.F) {
	for _, query := range []string{
		"", "limit=1&marker=x", "sort=name:desc,type&name=a&name=&type=b", "global_project=TRUE", "a%zz=%", "limit=+1_0", "marker=" + strings.Repeat("a", 32),
	} {
		f.Add(query)
	}
	h := api(f)
	created(f, h, "a")
	f.Fuzz(func(t *testing.T, query string) {
		r := ask(http.MethodGet, "/v1/profiles", "")
		r.URL.RawQuery = query
		sane(t, h, r)
	})
}

func FuzzVersionHeader(f *testing.F) {
	for _, header := range []string{"clustering 1.14", "clustering latest", "1.0", "compute 2.1,clustering 1.x", "clustering\t1.99999999999999999999", ""} {
		f.Add(header, "application/json")
		f.Add(header, "*/*")
	}
	h := api(f)
	f.Fuzz(func(t *testing.T, header, accept string) {
		r := ask(http.MethodGet, "/v1/build-info", "")
		r.Header["Openstack-Api-Version"], r.Header["Accept"] = []string{header}, []string{accept}
		w := sane(t, h, r)
		if got := w.Header().Get("OpenStack-API-Version"); (w.Code == http.StatusOK) != strings.HasPrefix(got, "clustering 1.") {
			t.Fatalf("%q: %d %q", header, w.Code, got)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, path := range []string{"/", "//v1/x", "/v1", "/v1.", "/clustering/v1/profiles/a%2Fb", "/v1/profile-types/a/ops", "/v2", "/versions/x", "/v1/profiles/\xff", "", "*"} {
		f.Add(http.MethodGet, path, "application/json")
		f.Add(http.MethodPost, path, "application/vnd.openstack.clustering-v1")
	}
	h := api(f)
	f.Fuzz(func(t *testing.T, method, path, accept string) {
		r := (&http.Request{
			Method: method, URL: &url.URL{Path: path}, Host: "example.com", Body: io.NopCloser(strings.NewReader("")),
			Header: http.Header{"X-Auth-Token": {demo}, "Accept": {accept}},
		}).WithContext(context.Background())
		sane(t, h, r)
	})
}

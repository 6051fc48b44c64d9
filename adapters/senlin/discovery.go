package senlin

import (
	"net/http"
	"strings"
)

// place is where a request's path leads.
type place struct {
	kind   placeKind
	script string // what of the path is spent: the mount point and the version (WSGI's SCRIPT_NAME)
	rest   string // the path below that, with its slash
}

type placeKind uint8

const (
	versioned      placeKind = iota // a path below /v1
	versionList                     // the list of versions
	oneVersion                      // /v1 itself
	unknownVersion                  // a path without a version, and a client that does not take the list for an answer
)

// mountPoint is a path below which the whole API stands as well, as OpenStack's deployments have it.
const mountPoint = "/clustering"

// mediaTypePrefix begins a media type that names the version in the path's stead.
const mediaTypePrefix = "application/vnd.openstack.clustering-"

// locate settles what the path of a request asks for before anything else is looked at, as Senlin's version negotiation does.
func locate(r *http.Request) place {
	whole := withoutLeadingSlashes(r.URL.Path)
	path, spent := whole, 0
	if below, ok := strings.CutPrefix(path, mountPoint); ok && (below == "" || below[0] == '/') {
		spent = len(mountPoint)
	}
	script, path := path[:spent], path[spent:]
	trimmed := strings.TrimLeft(path, "/")
	first, _, _ := strings.Cut(trimmed, "/")
	switch {
	case path != "" && (first == "" || first == "versions"):
		return place{versionList, script, path}
	case isVersion1(first):
		spent += len(path) - len(trimmed) + len(first)
		return within(whole[:spent], whole[spent:])
	}
	return byAccept(r, script, path)
}

// withoutLeadingSlashes leaves one slash of several at the beginning, as Python's HTTP server does.
func withoutLeadingSlashes(path string) string {
	if !strings.HasPrefix(path, "//") {
		return path
	}
	return "/" + strings.TrimLeft(path, "/")
}

// byAccept settles a path without a version: the client may name the version in its Accept header. A client that takes anything, and
// one that asked for no path at all, is shown the list.
func byAccept(r *http.Request, script, path string) place {
	header, given := folded(r.Header, "Accept")
	accept, ok := soleRange(header)
	ok = ok && given
	if version, named := strings.CutPrefix(accept, mediaTypePrefix); ok && named && isVersion1(version) {
		return within(script, path)
	}
	if path == "" || ok && (accept == "*/*" || accept == "") {
		return place{versionList, script, path}
	}
	return place{unknownVersion, script, path}
}

func within(script, rest string) place {
	if rest == "" {
		return place{oneVersion, script, rest}
	}
	return place{versioned, script, rest}
}

// isVersion1 tells whether a path's first part names the only version there is.
func isVersion1(s string) bool { return s == "v1" || s == "v1.0" || s == "v1." }

// appendVersion appends the version document. Its self link is the URL of what is spent of the path with /v1 behind it: seen from within
// /v1 that is /v1/v1, as Senlin answers.
func appendVersion(dst []byte, r *http.Request, at place) []byte {
	dst = append(dst, `{"id":"1.0","links":[{"href":`...)
	dst = appendText(dst, strings.TrimRight(baseURL(r)+at.script, "/")+"/v1")
	dst = append(dst, `,"rel":"self"},{"href":"https://docs.openstack.org/api-ref/clustering","rel":"help"}],"max_version":"`...)
	dst = append(dst, maxVersion.String()...)
	dst = append(dst, `","media-types":[{"base":"application/json","type":"application/vnd.openstack.clustering-v1+json"}],"min_version":"`...)
	dst = append(dst, minVersion.String()...)
	return append(dst, `","status":"CURRENT","updated":"2016-01-18T00:00:00Z"}`...)
}

// baseURL is the server's URL as the client wrote it, less a port that goes without saying.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + strings.TrimSuffix(r.Host, ":443")
	}
	return "http://" + strings.TrimSuffix(r.Host, ":80")
}

func versionListBody(r *http.Request, at place) []byte {
	body := append([]byte(nil), `{"versions":[`...)
	return append(appendVersion(body, r, at), `]}`...)
}

func oneVersionBody(r *http.Request, at place) []byte {
	body := append([]byte(nil), `{"version":`...)
	return append(appendVersion(body, r, at), '}')
}

package senlin

import (
	"net/http"
	"strings"
)

// negotiate settles what the path of a request asks for before anything else is looked at, as Senlin's version negotiation does. rest is
// the path below the version, with its slash.
type negotiated uint8

const (
	versioned      negotiated = iota // a path below /v1
	versionList                      // the list of versions
	oneVersion                       // /v1 itself
	unknownVersion                   // a path without a version, and a client that wants none of the list
)

// mediaTypePrefix stands in an Accept header that names the version instead of the path.
const mediaTypePrefix = "application/vnd.openstack.clustering-"

func negotiate(r *http.Request) (n negotiated, rest string) {
	first, rest, below := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case first == "" || first == "versions":
		return versionList, ""
	case isVersion1(first) && !below:
		return oneVersion, ""
	case isVersion1(first):
		return versioned, "/" + rest
	}
	accept := r.Header.Get("Accept")
	if v, ok := strings.CutPrefix(accept, mediaTypePrefix); ok && isVersion1(v) {
		return versioned, r.URL.Path
	}
	if accept == "*/*" || accept == "" {
		return versionList, ""
	}
	return unknownVersion, ""
}

// isVersion1 tells whether a path's first part names the only version there is.
func isVersion1(s string) bool { return s == "v1" || s == "v1." || s == "v1.0" }

// appendVersion appends the version document. Its self link is the application's URL with /v1 behind it: seen from within /v1 that is
// /v1/v1, as Senlin answers.
func appendVersion(dst []byte, application string) []byte {
	dst = append(dst, `{"id":"1.0","links":[{"href":`...)
	dst = appendText(dst, application+"/v1")
	dst = append(dst, `,"rel":"self"},{"href":"https://docs.openstack.org/api-ref/clustering","rel":"help"}],"max_version":"`...)
	dst = append(dst, maxVersion.String()...)
	dst = append(dst, `","media-types":[{"base":"application/json","type":"application/vnd.openstack.clustering-v1+json"}],"min_version":"`...)
	dst = append(dst, minVersion.String()...)
	return append(dst, `","status":"CURRENT","updated":"2016-01-18T00:00:00Z"}`...)
}

// baseURL is the server's URL as the client wrote it.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func versionListBody(r *http.Request) []byte {
	body := append([]byte(nil), `{"versions":[`...)
	return append(appendVersion(body, baseURL(r)), `]}`...)
}

func oneVersionBody(r *http.Request) []byte {
	body := append([]byte(nil), `{"version":`...)
	return append(appendVersion(body, baseURL(r)+"/v1"), '}')
}

package senlin

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// microversion is a version of the API. It has changed in its minor number only.
type microversion struct{ major, minor int }

var (
	minVersion = microversion{1, 0}
	maxVersion = microversion{1, 14}
)

// versionHeader is where clients ask for a micro-version, each of its services with a name in front.
const versionHeader = "Openstack-Api-Version"

// service is Senlin's name in that header.
const service = "clustering"

func (v microversion) String() string {
	return strconv.Itoa(v.major) + "." + strconv.Itoa(v.minor)
}

func (v microversion) less(o microversion) bool {
	return v.major < o.major || v.major == o.major && v.minor < o.minor
}

// servedVersions holds what the answers at each micro-version say in their header.
type servedVersions [][]string

func newServedVersions() servedVersions {
	s := make(servedVersions, maxVersion.minor+1)
	for minor := range s {
		s[minor] = []string{service + " " + microversion{maxVersion.major, minor}.String()}
	}
	return s
}

func (s servedVersions) header(v microversion) []string { return s[v.minor] }

// requestedVersion reads the micro-version of a request, as Senlin's version negotiation does: without a header for this service it is
// the least. What is no version is a webob 400, one out of range a fault 406.
func requestedVersion(h http.Header) (microversion, error) {
	asked, ok := askedVersion(h)
	if !ok {
		return minVersion, nil
	}
	if strings.EqualFold(asked, "latest") {
		return maxVersion, nil
	}
	v, ok := parseVersion(asked)
	if !ok {
		return v, &webobError{
			status: http.StatusBadRequest,
			detail: fmt.Sprintf("API Version String '%s' is of invalid format. It must be of format 'major.minor'.", latin1(asked)),
		}
	}
	if v.less(minVersion) || maxVersion.less(v) {
		return v, &apiFault{
			status: http.StatusNotAcceptable, typ: "InvalidGlobalAPIVersion",
			message: fmt.Sprintf("Version '%s' is not supported by the API. Minimum is '%s' and maximum is '%s'.", asked, minVersion, maxVersion),
		}
	}
	return v, nil
}

// askedVersion finds the version that is asked of this service; of several the last counts.
func askedVersion(h http.Header) (asked string, ok bool) {
	for _, line := range h[versionHeader] {
		for more := true; more; {
			var part string
			part, line, more = strings.Cut(line, ",")
			part = strings.Trim(part, blanks)
			end := strings.IndexAny(part, blanks)
			if end >= 0 && strings.EqualFold(part[:end], service) {
				asked, ok = strings.TrimLeft(part[end:], blanks), true
			}
		}
	}
	return asked, ok
}

// blanks are what a header may have for white space.
const blanks = " \t"

// parseVersion reads "X.Y": whole numbers without signs or leading zeros, of which only the second may be 0.
func parseVersion(s string) (v microversion, ok bool) {
	major, minor, ok := strings.Cut(s, ".")
	if !ok || major == "0" {
		return v, false
	}
	if v.major, ok = parseNumber(major); !ok {
		return v, false
	}
	v.minor, ok = parseNumber(minor)
	return v, ok
}

// parseNumber reads digits; what is too large for an int is as large as an int can be.
func parseNumber(s string) (n int, ok bool) {
	if s == "" || s[0] == '0' && s != "0" {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return math.MaxInt, true
	}
	return n, true
}

// latin1 gives a header's bytes as text: WSGI takes each for a character.
func latin1(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s
	}
	rs := make([]rune, len(s))
	for i := range len(s) {
		rs[i] = rune(s[i])
	}
	return string(rs)
}

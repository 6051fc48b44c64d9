package senlin

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
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

var versionForm = regexp.MustCompile(`^([1-9][0-9]*)\.([1-9][0-9]*|0)$`)

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
	m := versionForm.FindStringSubmatch(asked)
	if m == nil {
		return microversion{}, &webobError{
			status: http.StatusBadRequest,
			detail: fmt.Sprintf("API Version String '%s' is of invalid format. It must be of format 'major.minor'.", asked),
		}
	}
	major, errMajor := strconv.Atoi(m[1])
	minor, errMinor := strconv.Atoi(m[2])
	v := microversion{major, minor}
	if errMajor != nil || errMinor != nil || v.less(minVersion) || maxVersion.less(v) {
		return microversion{}, &apiFault{
			status: http.StatusNotAcceptable, typ: "InvalidGlobalAPIVersion",
			message: fmt.Sprintf("Version '%s' is not supported by the API. Minimum is '%s' and maximum is '%s'.", asked, minVersion, maxVersion),
		}
	}
	return v, nil
}

// askedVersion finds the version that is asked of this service; of several the last counts.
func askedVersion(h http.Header) (asked string, ok bool) {
	for _, line := range h[versionHeader] {
		for part := range strings.SplitSeq(line, ",") {
			name, version, found := strings.Cut(strings.TrimSpace(part), " ")
			if found && strings.EqualFold(name, service) {
				asked, ok = strings.TrimSpace(version), true
			}
		}
	}
	return asked, ok
}

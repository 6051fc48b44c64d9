package senlin

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/fault"
)

// webobError is an error that Senlin's web framework answers itself, in a shape that goes by the Accept header: unknown routes, malformed
// versions, and what goes wrong in the middleware around the API.
type webobError struct {
	status int
	detail string
}

func (e *webobError) Error() string { return statusLine(e.status) + ": " + e.detail }

var errNoRoute = &webobError{status: http.StatusNotFound}

// errNoProject refuses a good token that is for no project. Senlin's middleware "trust" then looks for the credentials of a project that is
// None, before any route is.
var errNoProject = &webobError{status: http.StatusBadRequest, detail: "Field `project' cannot be None"}

// webobOf finds what the web framework answers, or is nil: its own errors, and keystonemiddleware's where Keystone cannot be asked.
func webobOf(err error) *webobError {
	var web *webobError
	if errors.As(err, &web) {
		return web
	}
	if e := fault.As(err); e.Kind == fault.Unavailable && e.Code == fault.CodeIdentityUnavailable {
		return &webobError{status: http.StatusServiceUnavailable, detail: e.Message}
	}
	return nil
}

func statusLine(status int) string {
	return strconv.Itoa(status) + " " + titleOf(status)
}

var (
	typeHTML  = []string{"text/html; charset=UTF-8"}
	typePlain = []string{"text/plain; charset=UTF-8"}
)

// render gives the body and its content type, as webob's WSGIHTTPException does.
func (e *webobError) render(accept string) (contentType []string, body []byte) {
	switch typ, _ := preferred(accept, "text/html", "application/json"); typ {
	case "text/html":
		return typeHTML, e.html()
	case "application/json":
		return typeJSON, e.json()
	default:
		return typePlain, e.plain()
	}
}

func (e *webobError) html() []byte {
	line := statusLine(e.status)
	return []byte("<html>\n <head>\n  <title>" + line + "</title>\n </head>\n <body>\n  <h1>" + line + "</h1>\n  " +
		explanationOf(e.status) + "<br /><br />\n" + escapeHTML(e.detail) + "\n\n\n </body>\n</html>")
}

func (e *webobError) json() []byte {
	b := append([]byte(nil), `{"message":`...)
	b = appendText(b, explanationOf(e.status)+"<br /><br />\n"+e.detail+"\n\n")
	b = append(b, `,"code":`...)
	b = appendText(b, statusLine(e.status))
	b = append(b, `,"title":`...)
	return append(appendText(b, titleOf(e.status)), '}')
}

var tag = regexp.MustCompile(`(?s)<.*?>`)

// plain is the page without its tags: a line break where there was a break, a space where there was a line's end.
func (e *webobError) plain() []byte {
	return []byte(statusLine(e.status) + "\n\n" + explanationOf(e.status) + "\n\n " + tag.ReplaceAllString(e.detail, "") + "  ")
}

// escapeHTML escapes as Python's html.escape does, and what is not ASCII by number.
func escapeHTML(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#x27;")
		case r >= utf8.RuneSelf:
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		default:
			b.WriteByte(byte(r))
		}
	}
	return b.String()
}

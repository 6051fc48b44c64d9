package senlin

import (
	"html"
	"net/http"
	"strconv"

	"github.com/munnerz/goautoneg"
)

// webobError is an error that Senlin's web framework answers itself, in a shape that goes by the Accept header: unknown routes and
// malformed versions.
type webobError struct {
	status int
	detail string
}

func (e *webobError) Error() string { return statusLine(e.status) + ": " + e.detail }

var errNoRoute = &webobError{status: http.StatusNotFound}

func statusLine(status int) string {
	return strconv.Itoa(status) + " " + titleOf(status)
}

// render gives the body and its content type, as webob's WSGIHTTPException does.
func (e *webobError) render(accept string) (contentType string, body []byte) {
	explanation := explanationOf(e.status)
	switch {
	case accept == "":
	case goautoneg.Negotiate(accept, []string{"text/html", "application/json"}) == "text/html":
		line := statusLine(e.status)
		return "text/html; charset=UTF-8", []byte("<html>\n <head>\n  <title>" + line + "</title>\n </head>\n <body>\n  <h1>" + line +
			"</h1>\n  " + explanation + "<br /><br />\n" + html.EscapeString(e.detail) + "\n\n\n </body>\n</html>")
	case goautoneg.Negotiate(accept, []string{"application/json"}) == "application/json":
		b := append([]byte(nil), `{"message":`...)
		b = appendText(b, explanation+"<br /><br />\n"+e.detail+"\n\n")
		b = append(b, `,"code":`...)
		b = appendText(b, statusLine(e.status))
		b = append(b, `,"title":`...)
		return "application/json", append(appendText(b, titleOf(e.status)), '}')
	}
	return "text/plain; charset=UTF-8", []byte(statusLine(e.status) + "\n\n" + explanation + "\n\n" + e.detail + "\n\n")
}

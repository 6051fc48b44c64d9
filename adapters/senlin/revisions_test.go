package senlin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const revisionHeader = "X-Profilegate-Revision"

// A write tells its revision; a read may ask for one, and then tells which it saw.
func TestReadsOfARevision(t *testing.T) {
	h := api(t)
	w := answer(h, ask(http.MethodPost, "/v1/profiles", profileBody("p1")))
	require.Equal(t, http.StatusCreated, w.Code)
	token := w.Header().Get(revisionHeader)
	require.Regexp(t, "^[0-9]+-[0-9a-f]{16}$", token)
	number, _, _ := strings.Cut(token, "-")
	for _, target := range []string{"/v1/profiles/p1", "/v1/profiles"} {
		plain := answer(h, ask(http.MethodGet, target, ""))
		require.Empty(t, plain.Header().Get(revisionHeader), "nobody asked")
		for _, asked := range []string{token, number, "0"} {
			w := answer(h, ask(http.MethodGet, target, "", revisionHeader, asked))
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, token, w.Header().Get(revisionHeader))
			require.Equal(t, plain.Body.String(), w.Body.String())
		}
		isFault(t, answer(h, ask(http.MethodGet, target, "", revisionHeader, "x")), http.StatusBadRequest, "HTTPBadRequest",
			"The value for X-Profilegate-Revision is not a revision: 'x'.")
		for _, lost := range []string{number + "-00000000000000ff", "999-00000000000000ff"} {
			isFault(t, answer(h, ask(http.MethodGet, target, "", revisionHeader, lost)), http.StatusPreconditionFailed, "PreconditionFailed",
				"The store's history went back before the revision "+lost+". Read again without it.")
		}
	}
}

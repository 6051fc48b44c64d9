package senlin

import (
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/store"
)

// revisionHeader tells the tenant's revision that a write made. In a request it asks for a read of at least that revision, and the answer then tells
// which was read. Senlin has no such header; the gateway's own names never stand in bodies.
const revisionHeader = "X-Profilegate-Revision"

func revision(h store.Head) string { return core.RevisionOf(h).String() }

// reading is how recent what a request reads must be.
type reading struct {
	asked bool // for a revision
	seen  store.Head
}

// since is the revision that the request asks for; otherwise is how recent the answer must be where it asks for none.
func (rd *reading) since(r *request, otherwise core.Read) (core.Read, error) {
	text, asked := folded(r.Request().Header, revisionHeader)
	if !asked {
		return otherwise, nil
	}
	atLeast, err := core.ParseRevision(text)
	if err != nil {
		return otherwise, badRequestf("The value for %s is not a revision: '%s'.", revisionHeader, text)
	}
	rd.asked = true
	return core.Read{AtLeast: atLeast, Seen: &rd.seen}, nil
}

// tell says which revision was read, to who asked for one.
func (rd *reading) tell(r *request) {
	if rd.asked {
		r.w.Header()[revisionHeader] = []string{revision(rd.seen)}
	}
}

package grpcapi

import (
	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// fieldMinRevision is where a request says how recent its answer must be.
const fieldMinRevision = "min_revision"

// reading is how recent what a request reads must be, and which point of the history it then read.
type reading struct{ seen store.Head }

// since is the revision that the request asks for. Where it asks for none, what this node has is enough for a list; all else is linearizable.
func (r *reading) since(minRevision string, list bool) (core.Read, error) {
	if minRevision == "" {
		return core.Read{Local: list, Seen: &r.seen}, nil
	}
	atLeast, err := core.ParseRevision(minRevision)
	if err != nil {
		told := *fault.As(err)
		told.Fields = []fault.Field{{Path: fieldMinRevision, Expected: told.Fields[0].Expected}}
		return core.Read{}, &told
	}
	return core.Read{AtLeast: atLeast, Seen: &r.seen}, nil
}

// revision is the text of what was read.
func (r *reading) revision() string { return revision(r.seen) }

// revision is the text of a point of the history.
func revision(h store.Head) string { return core.RevisionOf(h).String() }

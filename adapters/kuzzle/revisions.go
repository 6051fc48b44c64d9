package kuzzle

import (
	"strconv"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
)

// memberRevision is the member of a message that asks for the revision that is read or written: true, or the revision that a read must
// have seen at least. Over HTTP it is the header headerRevision. Kuzzle knows neither; without them no answer has anything that Kuzzle's has not,
// but for the header of a write.
const memberRevision = "revision"

// reading is how recent what a request reads must be, and which point of the history it then read.
type reading struct {
	asked   bool          // for a revision
	atLeast core.Revision // zero: none in particular
	seen    store.Head    // zero: nothing was read
}

// recent is for what is read by its id.
func (r *reading) recent() core.Read { return core.Read{AtLeast: r.atLeast, Seen: &r.seen} }

// local is for lists and searches.
func (r *reading) local() core.Read {
	return core.Read{Local: true, AtLeast: r.atLeast, Seen: &r.seen}
}

// askRevision takes the revision that a request asks for: from the header, or from the member of a message.
func (c *call) askRevision() error {
	if c.http {
		return c.askFor(c.revision)
	}
	switch v := c.Args.Get(memberRevision); v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return nil
	case jsonvalue.KindBool:
		c.asked = v.Bool()
		return nil
	case jsonvalue.KindNumber:
		return c.askFor(strconv.FormatFloat(v.Float(), 'f', -1, 64))
	case jsonvalue.KindString:
		return c.askFor(v.Text())
	default:
		return fault.InvalidType(memberRevision, "string")
	}
}

func (c *call) askFor(text string) (err error) {
	if text == "" {
		return nil
	}
	c.asked = true
	c.atLeast, err = core.ParseRevision(text)
	return err
}

// revision is the text of what was written or, where the request asked for it, read; empty: there is nothing to tell.
func (ans *answer) revision() string {
	switch {
	case ans.head.Revision > 0:
		return core.RevisionOf(ans.head).String()
	case ans.seen.Revision > 0:
		return core.RevisionOf(ans.seen).String()
	default:
		return ""
	}
}

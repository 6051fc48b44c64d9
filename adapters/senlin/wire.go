package senlin

import (
	"strconv"
	"time"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// timeForm is Senlin's isotime: UTC, whole seconds, with a Z.
const timeForm = "2006-01-02T15:04:05Z"

// wrapped is a profile as the only member of an answer: its ten keys, sorted, as every answer that holds one has them. The spec and metadata
// are as they were sent.
func wrapped(p *profile.Profile) []byte { return p.Rendering(render) }

const (
	wrapperHead = `{"profile":`
	wrapperTail = `}`
)

// rendered is a profile without the wrapper.
func rendered(p *profile.Profile) []byte {
	b := wrapped(p)
	return b[len(wrapperHead) : len(b)-len(wrapperTail)]
}

func render(p *profile.Profile) []byte {
	s, ok := p.Body.(*profile.Spec)
	if !ok {
		return []byte(wrapperHead + "null" + wrapperTail)
	}
	b := make([]byte, 0, 384+len(s.Spec)+len(s.Metadata))
	b = append(b, wrapperHead+`{"created_at":`...)
	b = appendTime(b, p.CreatedAt)
	b = append(b, `,"domain":null,"id":`...)
	b = appendText(b, p.ID)
	b = append(b, `,"metadata":`...)
	b = append(b, s.Metadata...)
	b = append(b, `,"name":`...)
	b = appendText(b, s.Name)
	b = append(b, `,"project":`...)
	b = appendText(b, s.Project)
	b = append(b, `,"spec":`...)
	b = append(b, s.Spec...)
	b = append(b, `,"type":`...)
	b = appendText(b, s.Type)
	b = append(b, `,"updated_at":`...)
	b = appendTime(b, p.UpdatedAt)
	b = append(b, `,"user":`...)
	return append(appendText(b, s.User), '}', '}')
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, timeForm)
	return append(dst, '"')
}

func appendText(dst []byte, s string) []byte { return jsonvalue.String(s).AppendTo(dst) }

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// revisionHeader tells the tenant's revision that a write made. Senlin has no such header; the gateway's own names never stand in bodies.
const revisionHeader = "X-Profilegate-Revision"

func revision(h store.Head) string { return strconv.FormatUint(h.Revision, 10) }

// listed is a list of profiles as an answer has it: no links, nothing of a next page.
func listed(ps []*profile.Profile) []byte {
	b := append([]byte(nil), `{"profiles":[`...)
	for i, p := range ps {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, rendered(p)...)
	}
	return append(b, `]}`...)
}

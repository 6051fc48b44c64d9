// Package specdoc writes spec profiles as JSON documents, in the ten keys that OpenStack Senlin gives them. More than one dialect answers with
// them.
package specdoc

import (
	"time"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
)

// Form is how a tenant's documents are written. The zero Form is that of Senlin's servers.
type Form struct {
	// NaiveTimes leaves the zone out of times, as Senlin's API document shows them. They are in UTC either way.
	NaiveTimes bool
}

// Senlin's isotime, in whole seconds, and the same in the API document.
const (
	zonedTime = "2006-01-02T15:04:05Z"
	naiveTime = "2006-01-02T15:04:05"
)

const (
	wrapperHead = `{"profile":`
	wrapperTail = `}`
)

// Wrapped is a profile as the only member, "profile", of an object: its ten keys, sorted. The spec and metadata are as they were sent. The
// profile keeps the encoding of the zero Form, so it must not be changed.
func (f Form) Wrapped(p *profile.Profile) []byte {
	if f == (Form{}) {
		return p.Rendering(f.render)
	}
	return f.render(p)
}

// Profile is a profile without the wrapper. It must not be changed.
func (f Form) Profile(p *profile.Profile) []byte {
	b := f.Wrapped(p)
	return b[len(wrapperHead) : len(b)-len(wrapperTail)]
}

// List is a list of profiles as the only member, "profiles", of an object.
func (f Form) List(ps []*profile.Profile) []byte {
	size, documents := len(`{"profiles":[]}`), make([][]byte, len(ps))
	for i, p := range ps {
		documents[i] = f.Profile(p)
		size += len(documents[i]) + 1
	}
	b := append(make([]byte, 0, size), `{"profiles":[`...)
	for i, document := range documents {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, document...)
	}
	return append(b, `]}`...)
}

// Unsaved is a profile that is stored nowhere, as Senlin answers when it validates a spec: what only a stored profile has is null.
func Unsaved(s *profile.Spec) []byte {
	b := append([]byte(nil), `{"created_at":null,"domain":null,"id":null,"metadata":null,"name":`...)
	b = appendText(b, s.Name)
	b = append(b, `,"project":`...)
	b = appendText(b, s.Project)
	b = append(b, `,"spec":`...)
	b = append(b, s.Spec...)
	b = append(b, `,"type":`...)
	b = appendText(b, s.Type)
	b = append(b, `,"updated_at":null,"user":`...)
	return append(appendText(b, s.User), '}')
}

// AppendTime writes a time as the profiles have it; null for the zero time.
func (f Form) AppendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, "null"...)
	}
	layout := zonedTime
	if f.NaiveTimes {
		layout = naiveTime
	}
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, layout)
	return append(dst, '"')
}

func (f Form) render(p *profile.Profile) []byte {
	s, ok := p.Body.(*profile.Spec)
	if !ok {
		return []byte(wrapperHead + "null" + wrapperTail)
	}
	b := make([]byte, 0, 384+len(s.Spec)+len(s.Metadata))
	b = append(b, wrapperHead+`{"created_at":`...)
	b = f.AppendTime(b, p.CreatedAt)
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
	b = f.AppendTime(b, p.UpdatedAt)
	b = append(b, `,"user":`...)
	return append(appendText(b, s.User), '}', '}')
}

func appendText(dst []byte, s string) []byte { return jsonvalue.String(s).AppendTo(dst) }

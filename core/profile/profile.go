// Package profile models what the gateway is about: a profile, in its two styles. A spec profile is OpenStack Senlin's: a name,
// metadata and a spec of some type and version. A policy profile is Kuzzle's: policies on roles, perhaps restricted to indexes and
// collections, with a rate limit. The package holds their rules that need nothing but the profile itself; rules that need other records
// (roles exist, indexes exist) live in package core.
package profile

import (
	"sync/atomic"
	"time"
)

// Profile is one profile as it stands. It is immutable once it is in a view; a change makes a new one.
type Profile struct {
	ID        string
	Version   uint64 // 1 when created, one more with each change
	Revision  uint64 // the tenant's revision that wrote it
	CreatedAt time.Time
	UpdatedAt time.Time // zero: not since it was made
	Body      Body

	rendering atomic.Pointer[[]byte]
	ownFields atomic.Pointer[string]
}

// Body is what a style of profile holds: *Spec or *Policies.
//
//sumtype:decl
type Body interface{ style() Style }

// Style tells the two kinds of profiles apart.
type Style uint8

// The styles.
const (
	StyleSpec     Style = iota + 1 // Senlin's
	StylePolicies                  // Kuzzle's
)

// Style tells which style the profile is of.
func (p *Profile) Style() Style { return p.Body.style() }

// Rendering returns the encoding in which the profile's own dialect answers with it, made by render at the first call and kept: most
// reads of a profile are answered with the same bytes. The result must not be changed. Two first calls at once may both render.
func (p *Profile) Rendering(render func(*Profile) []byte) []byte {
	if b := p.rendering.Load(); b != nil {
		return *b
	}
	b := render(p)
	p.rendering.Store(&b)
	return b
}

// OwnFields returns, as a protocol that tells them apart answers with them, the members of a policy profile's definition that are not the
// gateway's. They are made by extract at the first call and kept, since it takes parsing the definition.
func (p *Profile) OwnFields(extract func(*Policies) (string, error)) (string, error) {
	if kept := p.ownFields.Load(); kept != nil {
		return *kept, nil
	}
	body, ok := p.Body.(*Policies)
	if !ok {
		return "", nil
	}
	fields, err := extract(body)
	if err == nil {
		p.ownFields.Store(&fields)
	}
	return fields, err
}

// Spec is the body of a spec profile.
type Spec struct {
	Name     string
	Type     string // "os.heat.stack-1.0": the spec's type and version
	Project  string
	User     string
	Domain   string
	Spec     []byte // one JSON object, as it was sent
	Metadata []byte // one JSON object, or null after an update that said so
}

// Policies is the body of a policy profile.
type Policies struct {
	RateLimit int64 // requests a second; 0: no limit
	Policies  []Policy
	Author    string // the id of the user who made it; empty: anonymous or the system
	Updater   string
	Source    []byte // the definition as Kuzzle keeps it: one JSON object with policies, rateLimit and fields of one's own
}

// Policy grants a role, everywhere or on some indexes and collections.
type Policy struct {
	RoleID       string
	RestrictedTo []Restriction // empty: everywhere
}

// Restriction names an index, or some collections of it.
type Restriction struct {
	Index       string
	Collections []string // empty: the whole index
}

func (*Spec) style() Style     { return StyleSpec }
func (*Policies) style() Style { return StylePolicies }

package keystonetest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

// token is one that was issued. It is as good as its time, its user and its not being revoked.
type token struct {
	user            *User
	project         *Project // nil: not for a project
	domain          bool     // for the domain
	methods         []string
	audit           string
	issued, expires time.Time
	revoked         bool
}

// Issue makes a token of a user as the password method does, for a project or, where that is the zero value, for nothing.
func (s *Server) Issue(u User, p Project) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(s.people.users[u.ID], s.people.projects[p.ID], false)
}

// IssueForDomain makes a token of a user for the domain.
func (s *Server) IssueForDomain(u User) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(s.people.users[u.ID], nil, true)
}

// Revoke makes a token bad, as DELETE /v3/auth/tokens does.
func (s *Server) Revoke(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[id]; t != nil {
		t.revoked = true
	}
}

// RevokeOf makes all tokens of a user bad. The user can have new ones.
func (s *Server) RevokeOf(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tokens {
		if t.user.ID == u.ID {
			t.revoked = true
		}
	}
}

func (s *Server) issue(u *User, p *Project, domain bool) string {
	id := "gAAAAAB" + randomText(132)
	issued := s.now().UTC().Truncate(time.Second)
	s.tokens[id] = &token{
		user: u, project: p, domain: domain, methods: []string{"password"}, audit: randomText(16),
		issued: issued, expires: issued.Add(s.lifetime),
	}
	return id
}

// good finds a token that may be used.
func (s *Server) good(id string) *token {
	t := s.tokens[id]
	if t == nil || t.revoked || !s.now().Before(t.expires) || s.people.disabled[t.user.ID] {
		return nil
	}
	return t
}

func (s *Server) rolesOf(t *token) []string {
	switch {
	case t.project != nil:
		return s.people.grants[grant{t.user.ID, t.project.ID}]
	case t.domain:
		return s.people.grants[grant{t.user.ID, ""}]
	}
	return nil
}

// named is how Keystone writes what has an id and a name, within a domain or not.
type named struct {
	Domain *named `json:"domain,omitempty"`
	ID     string `json:"id"`
	Name   string `json:"name"`
}

func theDomain() *named { return &named{ID: DomainID, Name: DomainName} }

type userOf struct {
	named
	PasswordExpires *time.Time `json:"password_expires_at"`
}

type catalogEntry struct {
	Endpoints []catalogEndpoint `json:"endpoints"`
	ID        string            `json:"id"`
	Type      string            `json:"type"`
	Name      string            `json:"name"`
}

type catalogEndpoint struct {
	ID        string `json:"id"`
	Interface string `json:"interface"`
	RegionID  string `json:"region_id"`
	URL       string `json:"url"`
	Region    string `json:"region"`
}

// tokenBody is the document that describes a token.
type tokenBody struct {
	Methods  []string       `json:"methods"`
	User     userOf         `json:"user"`
	AuditIDs []string       `json:"audit_ids"`
	Expires  string         `json:"expires_at"`
	Issued   string         `json:"issued_at"`
	Domain   *named         `json:"domain,omitempty"`
	Project  *named         `json:"project,omitempty"`
	IsDomain *bool          `json:"is_domain,omitempty"`
	Roles    []named        `json:"roles,omitempty"`
	Catalog  []catalogEntry `json:"catalog,omitempty"`
}

const timeFormat = "2006-01-02T15:04:05.000000Z"

func (s *Server) describe(t *token, catalog bool) tokenBody {
	b := tokenBody{
		Methods: t.methods, User: userOf{named: named{theDomain(), t.user.ID, t.user.Name}}, AuditIDs: []string{t.audit},
		Expires: t.expires.Format(timeFormat), Issued: t.issued.Format(timeFormat),
	}
	for _, role := range s.rolesOf(t) {
		b.Roles = append(b.Roles, named{ID: s.people.roles[role], Name: role})
	}
	switch {
	case t.project != nil:
		b.Project, b.IsDomain = &named{theDomain(), t.project.ID, t.project.Name}, new(bool)
	case t.domain:
		b.Domain = theDomain()
	default:
		return b
	}
	if catalog {
		b.Catalog = s.describeCatalog()
	}
	return b
}

func (s *Server) describeCatalog() []catalogEntry {
	entries := make([]catalogEntry, 0, len(s.catalog)+1)
	for _, e := range append([]Endpoint{{Service: "identity", URL: s.URL() + "/v3"}}, s.catalog...) {
		entry := catalogEntry{ID: newID(), Type: e.Service, Name: e.Service}
		for _, face := range []string{"public", "internal", "admin"} {
			entry.Endpoints = append(entry.Endpoints, catalogEndpoint{newID(), face, "RegionOne", e.URL, "RegionOne"})
		}
		entries = append(entries, entry)
	}
	return entries
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	stamp(w)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away
}

// stamp sets the headers of every answer.
func stamp(w http.ResponseWriter) {
	w.Header().Set("Vary", "X-Auth-Token")
	w.Header().Set("X-Openstack-Request-Id", "req-"+newID())
}

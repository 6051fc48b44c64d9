package keystonetest

import (
	"crypto/rand"
	"encoding/hex"
)

// The one domain of the stand-in, as every Keystone has it.
const (
	DomainID   = "default"
	DomainName = "Default"
)

// User is a user as AddUser made it.
type User struct {
	ID, Name, Password string
}

// Project is a project as AddProject made it.
type Project struct {
	ID, Name string
}

// Endpoint is where a service of the catalog is, for every interface.
type Endpoint struct {
	Service string // its type: clustering
	URL     string
}

// directory is who exists and who may act where.
type directory struct {
	users    map[string]*User    // by id
	projects map[string]*Project // by id
	disabled map[string]bool     // users, by id
	grants   map[grant][]string  // the names of roles
	roles    map[string]string   // their ids, by name
}

// grant is where a user has roles. An empty project means the domain.
type grant struct{ user, project string }

func newDirectory() directory {
	return directory{
		users: map[string]*User{}, projects: map[string]*Project{}, disabled: map[string]bool{},
		grants: map[grant][]string{}, roles: map[string]string{},
	}
}

// AddUser makes a user in the default domain.
func (s *Server) AddUser(name, password string) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := User{ID: newID(), Name: name, Password: password}
	s.people.users[u.ID] = &u
	return u
}

// AddProject makes a project in the default domain.
func (s *Server) AddProject(name string) Project {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Project{ID: newID(), Name: name}
	s.people.projects[p.ID] = &p
	return p
}

// Grant gives a user roles in a project, or in the domain where the project is the zero value.
func (s *Server) Grant(u User, p Project, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := grant{u.ID, p.ID}
	s.people.grants[at] = append(s.people.grants[at], roles...)
	for _, role := range roles {
		if s.people.roles[role] == "" {
			s.people.roles[role] = newID()
		}
	}
}

// AddService makes a user that may validate tokens, in a project "service".
func (s *Server) AddService(name, password string) User {
	u := s.AddUser(name, password)
	s.Grant(u, s.AddProject("service"), "service")
	return u
}

// Disable makes a user unable to authenticate and all its tokens bad.
func (s *Server) Disable(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people.disabled[u.ID] = true
}

// Offer puts a service into the catalog that comes with tokens of projects and domains.
func (s *Server) Offer(e Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalog = append(s.catalog, e)
}

// user finds a user by id, or by name in the domain.
func (d directory) user(id, name string, of domain) *User {
	if id != "" {
		return d.users[id]
	}
	for _, u := range d.users {
		if u.Name == name && of.isDefault() {
			return u
		}
	}
	return nil
}

// project finds a project by id, or by name in the domain.
func (d directory) project(id, name string, of domain) *Project {
	if id != "" {
		return d.projects[id]
	}
	for _, p := range d.projects {
		if p.Name == name && of.isDefault() {
			return p
		}
	}
	return nil
}

// newID is 32 hexadecimal digits.
func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return hex.EncodeToString(b)
}

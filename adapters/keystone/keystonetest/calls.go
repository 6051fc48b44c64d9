package keystonetest

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"slices"
)

// domain is how a request names one.
type domain struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (d domain) isDefault() bool { return d.ID == DomainID || d.ID == "" && d.Name == DomainName }

// authentication is the body of POST /v3/auth/tokens.
type authentication struct {
	Auth struct {
		Identity *struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					ID       string `json:"id"`
					Name     string `json:"name"`
					Domain   domain `json:"domain"`
					Password string `json:"password"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope *struct {
			Project *struct {
				ID     string `json:"id"`
				Name   string `json:"name"`
				Domain domain `json:"domain"`
			} `json:"project"`
			Domain *domain `json:"domain"`
		} `json:"scope"`
	} `json:"auth"`
}

func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var asked authentication
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "Malformed request body")
		return
	}
	if asked.Auth.Identity == nil {
		refuse(w, http.StatusBadRequest, "'identity' is a required property")
		return
	}
	given := asked.Auth.Identity.Password.User
	user := s.people.user(given.ID, given.Name, given.Domain)
	if user == nil || user.Password != given.Password || s.people.disabled[user.ID] {
		s.unauthorized(w)
		return
	}
	project, forDomain, ok := s.scope(asked, user)
	if !ok {
		s.unauthorized(w)
		return
	}
	id := s.issue(user, project, forDomain)
	w.Header().Set("X-Subject-Token", id)
	writeJSON(w, http.StatusCreated, map[string]any{"token": s.describe(s.tokens[id], !r.URL.Query().Has("nocatalog"))})
}

// scope finds what a token is wanted for. It is had only by users that have a role there.
func (s *Server) scope(asked authentication, user *User) (project *Project, forDomain, ok bool) {
	scope := asked.Auth.Scope
	switch {
	case scope == nil:
		return nil, false, true
	case scope.Project != nil:
		project = s.people.project(scope.Project.ID, scope.Project.Name, scope.Project.Domain)
		return project, false, project != nil && len(s.people.grants[grant{user.ID, project.ID}]) > 0
	case scope.Domain != nil:
		return nil, true, scope.Domain.isDefault() && len(s.people.grants[grant{user.ID, ""}]) > 0
	}
	return nil, false, true
}

func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	subject, ok := s.subject(w, r, "identity:validate_token", "service", "admin")
	if !ok {
		return
	}
	w.Header().Set("X-Subject-Token", r.Header.Get("X-Subject-Token"))
	writeJSON(w, http.StatusOK, map[string]any{"token": s.describe(subject, !r.URL.Query().Has("nocatalog"))})
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	subject, ok := s.subject(w, r, "identity:revoke_token", "admin")
	if !ok {
		return
	}
	subject.revoked = true
	stamp(w)
	w.WriteHeader(http.StatusNoContent)
}

// subject judges a request about a token: first who asks, then whether that one may, then whether there is such a token. Whoever has none of
// the roles may about the own token only, by Keystone's default policy.
func (s *Server) subject(w http.ResponseWriter, r *http.Request, action string, roles ...string) (*token, bool) {
	asks := s.good(r.Header.Get("X-Auth-Token"))
	if asks == nil {
		s.unauthorized(w)
		return nil, false
	}
	id := r.Header.Get("X-Subject-Token")
	has := func(role string) bool { return slices.Contains(s.rolesOf(asks), role) }
	if !slices.ContainsFunc(roles, has) && id != r.Header.Get("X-Auth-Token") {
		refuse(w, http.StatusForbidden, "You are not authorized to perform the requested action: "+action+".")
		return nil, false
	}
	subject := s.good(id)
	switch {
	case id == "":
		refuse(w, http.StatusNotFound, "No token in the request")
	case s.tokens[id] == nil:
		refuse(w, http.StatusNotFound, "Could not recognize Fernet token")
	case subject == nil:
		refuse(w, http.StatusNotFound, "Failed to validate token")
	}
	return subject, subject != nil
}

func (s *Server) unauthorized(w http.ResponseWriter) {
	w.Header().Set("Www-Authenticate", `Keystone uri="`+s.URL()+`/v3"`)
	refuse(w, http.StatusUnauthorized, "The request you have made requires authentication.")
}

func refuse(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": status, "message": message, "title": http.StatusText(status)}})
}

func (s *Server) versions(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", s.URL()+"/v3/")
	writeJSON(w, http.StatusMultipleChoices, map[string]any{"versions": map[string]any{"values": []any{s.v3()}}})
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"version": s.v3()})
}

func (s *Server) v3() map[string]any {
	return map[string]any{
		"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
		"links":       []any{map[string]string{"rel": "self", "href": s.URL() + "/v3/"}},
		"media-types": []any{map[string]string{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}},
	}
}

func pemOf(c *x509.Certificate) []byte {
	if c == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

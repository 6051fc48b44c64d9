package access

// AnonymousUser is the id that Kuzzle gives to whoever shows no credentials.
const AnonymousUser = "-1"

// Actor is whoever a request comes from, as an authenticator found it.
type Actor struct {
	User     string   // the user's id; AnonymousUser for nobody in particular
	Project  string   // Keystone's project, where the tenant knows projects
	Member   string   // the id under which the user acts for the project, where it is not User
	Domain   string   // Keystone's domain, mostly empty
	Roles    []string // Keystone's roles: "member", "admin"
	Profiles []string // Kuzzle's profiles
}

// IsAnonymous tells whether no credentials were shown.
func (a Actor) IsAnonymous() bool { return a.User == AnonymousUser || a.User == "" }

// anonymousProfiles are shared: nobody changes them.
var anonymousProfiles = []string{Anonymous}

// ProfileIDs are the profiles that give the actor rights: those of whoever shows no credentials are the one of that name.
func (a Actor) ProfileIDs() []string {
	if len(a.Profiles) == 0 && a.IsAnonymous() {
		return anonymousProfiles
	}
	return a.Profiles
}

// InProject is the id under which the actor acts for its project: whoever shows no credentials may be somebody there.
func (a Actor) InProject() string {
	if a.Member != "" {
		return a.Member
	}
	return a.User
}

// IsAdmin tells whether Senlin's policy takes the actor for an administrator: role admin, in any project.
func (a Actor) IsAdmin() bool {
	for _, r := range a.Roles {
		if r == "admin" {
			return true
		}
	}
	return false
}

// Author is what is written down as the author of a record: the user's id, or nothing for the anonymous.
func (a Actor) Author() string {
	if a.IsAnonymous() {
		return ""
	}
	return a.User
}

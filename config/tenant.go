package config

import (
	"cmp"
	"net"
	"regexp"
	"slices"
	"strings"
)

// Dialect is the language in which a tenant's clients talk to the gateway.
type Dialect string

// The dialects.
const (
	Kuzzle Dialect = "kuzzle"
	Senlin Dialect = "senlin"
)

var dialects = []Dialect{Kuzzle, Senlin}

// Tenant is one customer of the gateway, whose records nobody else sees.
type Tenant struct {
	Name      string    `mapstructure:"name" doc:"Its name in logs, metrics and the store: a-z, 0-9 and '-', at most 63 characters. Renaming a tenant leaves its records behind."`
	Hosts     []string  `mapstructure:"hosts" doc:"Host names, without a port, that lead to it on HTTP listeners. Absent: every host that leads to no other tenant."`
	Dialects  []Dialect `mapstructure:"dialects" doc:"What its clients speak: kuzzle, senlin or both."`
	Anonymous *Actor    `mapstructure:"anonymous" doc:"Who a caller of the Senlin dialect, or of a tenant that speaks only that one, is if it sends no token. For development; absent: a token is required."`
	Tokens    []Token   `mapstructure:"tokens" doc:"Tokens that never expire, and who their bearers are."`
	Keystone  *Keystone `mapstructure:"keystone" doc:"The identity service whose tokens its clients bring, in the Senlin dialect, over gRPC and, where the tenant does not speak kuzzle, in messages. Absent: tokens only."`
	Senlin    SenlinOf  `mapstructure:"senlin" doc:"What only its Senlin dialect has."`
}

// Actor is who a caller counts as.
type Actor struct {
	Project string   `mapstructure:"project" doc:"Id of the project."`
	User    string   `mapstructure:"user" doc:"Id of the user."`
	Domain  string   `mapstructure:"domain" doc:"Id of the domain; may be empty."`
	Roles   []string `mapstructure:"roles" doc:"Names of the roles in the project; admin sees every project."`
}

// Token is a static token and who its bearer counts as.
type Token struct {
	Token    Secret   `mapstructure:"token" doc:"The token: printable ASCII without spaces, unique in its tenant."`
	Project  string   `mapstructure:"project" doc:"Id of the bearer's project."`
	User     string   `mapstructure:"user" doc:"Id of the bearer."`
	Domain   string   `mapstructure:"domain" doc:"Id of the bearer's domain; may be empty."`
	Roles    []string `mapstructure:"roles" doc:"Names of the bearer's roles in the project; admin sees every project."`
	Profiles []string `mapstructure:"profiles" doc:"Ids of the policy profiles that say what the bearer may do in the Kuzzle dialect."`
}

// SenlinOf is what only the Senlin dialect of a tenant has.
type SenlinOf struct {
	AuthURI    string     `mapstructure:"auth_uri" doc:"Where tokens are had, as told in WWW-Authenticate when one is missing: an http or https URL. Absent: keystone.auth_url."`
	NameUnique bool       `mapstructure:"name_unique" default:"false" doc:"Whether a project may have only one profile of a name."`
	Timestamps Timestamps `mapstructure:"timestamps" default:"zoned" doc:"The form of created_at and updated_at: zoned (2026-11-21T18:05:06Z, as Senlin's servers print them) or naive (2026-11-21T18:05:06, as its API document has them, which gophercloud does not read). UTC either way."`
	Types      []SpecType `mapstructure:"types" doc:"Spec types of its own, besides the built-in ones."`
}

// Timestamps is the form of the times in documents of spec profiles.
type Timestamps string

// The forms.
const (
	Zoned Timestamps = "zoned"
	Naive Timestamps = "naive"
)

var timestampForms = []Timestamps{Zoned, Naive}

// Speaks tells whether the tenant's clients may use the dialect.
func (t Tenant) Speaks(d Dialect) bool { return slices.Contains(t.Dialects, d) }

// Actor is who the bearer of the token counts as.
func (t Token) Actor() Actor {
	return Actor{Project: t.Project, User: t.User, Domain: t.Domain, Roles: t.Roles}
}

// normalize writes hosts in the spelling in which the gateway compares them (lower case, IPv6 addresses without brackets), and writes
// out defaults.
func (t *Tenant) normalize() {
	for i, host := range t.Hosts {
		if inner, ok := strings.CutPrefix(host, "["); ok {
			host = strings.TrimSuffix(inner, "]")
		}
		t.Hosts[i] = strings.ToLower(strings.TrimSuffix(host, "."))
	}
	if t.Keystone != nil {
		t.Keystone.normalize()
	}
	if t.Speaks(Senlin) {
		t.Senlin.Timestamps = cmp.Or(t.Senlin.Timestamps, Zoned)
	}
	for i := range t.Senlin.Types {
		t.Senlin.Types[i].normalize()
	}
}

func validateTenants(r report, tenants []Tenant) {
	if len(tenants) == 0 {
		r.problem("none given; at least one is needed, such as {name: dev, dialects: [kuzzle]}")
	}
	names := map[string]int{}
	for i, t := range tenants {
		t.validate(r.item(i))
		unique(r.item(i).key("name"), r, names, t.Name, i)
	}
}

func (t Tenant) validate(r report) {
	validateName(r.key("name"), t.Name)
	t.validateHosts(r.key("hosts"))
	t.validateDialects(r.key("dialects"))
	if t.Anonymous != nil {
		t.Anonymous.validate(r.key("anonymous"))
	}
	t.validateTokens(r.key("tokens"))
	t.Senlin.validate(r.key("senlin"))
	if t.Keystone != nil {
		t.Keystone.validate(r.key("keystone"))
		if len(t.Dialects) > 0 && !t.Speaks(Senlin) {
			r.key("keystone").problem("given, but the tenant does not speak senlin; leave it out")
		}
	}
	if t.Speaks(Senlin) && t.Anonymous == nil && len(t.Tokens) == 0 && t.Keystone == nil {
		r.problem("it speaks senlin but has neither keystone nor tokens nor anonymous, so nobody could get in; give one of them")
	}
}

func (t Tenant) validateHosts(r report) {
	seen := map[string]int{}
	for i, host := range t.Hosts {
		if net.ParseIP(host) == nil && !isHostName(host) {
			r.item(i).problem("%q is not a host; a host name or IP address without scheme and port is wanted, such as api.example.org", host)
		}
		unique(r.item(i), r, seen, host, i)
	}
}

func (t Tenant) validateDialects(r report) {
	if len(t.Dialects) == 0 {
		r.problem("none given; %s is wanted, or both", list(dialects))
	}
	seen := map[string]int{}
	for i, d := range t.Dialects {
		oneOf(r.item(i), d, dialects)
		unique(r.item(i), r, seen, string(d), i)
	}
}

func (t Tenant) validateTokens(r report) {
	seen := map[string]int{}
	for i, token := range t.Tokens {
		item := r.item(i)
		token.Actor().validate(item)
		validateTexts(item.key("profiles"), token.Profiles)
		value := token.Token.Reveal()
		if !isToken(value) {
			item.key("token").problem("1 to 1024 characters of printable ASCII without spaces are wanted")
			continue
		}
		if first, taken := seen[value]; taken {
			item.key("token").problem("the same token as %s; every token is wanted once", r.item(first).path)
		}
		seen[value] = i
	}
}

func (a Actor) validate(r report) {
	for _, id := range []struct{ key, value string }{{"project", a.Project}, {"user", a.User}} {
		if id.value == "" {
			r.key(id.key).problem("missing; an id is wanted, such as d3300000000000000000000000000001")
		}
	}
	validateTexts(r.key("roles"), a.Roles)
}

func (s SenlinOf) validate(r report) {
	if s.Timestamps != "" {
		oneOf(r.key("timestamps"), s.Timestamps, timestampForms)
	}
	validateSpecTypes(r.key("types"), s.Types)
	if s.AuthURI == "" {
		return
	}
	if !isWebURL(s.AuthURI) {
		r.key("auth_uri").problem("%q is not a URL; one with http or https is wanted, such as https://keystone.example.org:5000", s.AuthURI)
	}
}

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)
	hostPattern  = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)*$`)
	tokenPattern = regexp.MustCompile(`^[!-~]+$`)
)

func isHostName(s string) bool { return len(s) <= 253 && hostPattern.MatchString(s) }

func isToken(s string) bool { return len(s) <= 1024 && tokenPattern.MatchString(s) }

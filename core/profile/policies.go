package profile

import (
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// MaxIDBytes bounds the id of a policy profile or a role, as the store behind Kuzzle does.
const MaxIDBytes = 512

// defaultRole is the role of a profile that is given no policies.
const defaultRole = "default"

// anonymous is both the profile of whoever shows no credentials and the role that it must keep.
const anonymous = "anonymous"

// References answers what a policy profile refers to. Strict profiles ask for indexes and collections too.
type References interface {
	HasRole(id string) bool
	HasIndex(name string) bool
	HasCollection(index, name string) bool
}

// ParsePolicies checks the definition of a policy profile in the order in which Kuzzle does (profileRepository.fromDTO, then
// Profile.validateDefinition) and returns its body, without author and updater. With strict, restrictions may name existing indexes and
// collections only. Faults name fields as Kuzzle does: "<id>.policies[0].restrictedTo[1].index", "rateLimit".
func ParsePolicies(id string, definition jsonvalue.Value, strict bool, refs References) (*Policies, error) {
	body, checked, err := parsePolicies(id, definition.Without(ownKeys...), strict, refs)
	if err != nil {
		return nil, err
	}
	body.Source = checked.AppendTo(nil)
	return body, nil
}

// parsePolicies returns the body without its source, and the definition with policies and rateLimit as they are kept.
func parsePolicies(id string, definition jsonvalue.Value, strict bool, refs References) (*Policies, jsonvalue.Value, error) {
	given := givenPolicies(definition.Get("policies"))
	policies, err := parseRoleIDs(id, given, refs)
	if err != nil {
		return nil, jsonvalue.Value{}, err
	}
	limit, err := parseRateLimit(definition.Get("rateLimit"))
	if err != nil {
		return nil, jsonvalue.Value{}, err
	}
	p := policiesParser{id: id, strict: strict, refs: refs}
	for i, item := range given.Items() {
		if policies[i].RestrictedTo, err = p.policy(i, item); err != nil {
			return nil, jsonvalue.Value{}, err
		}
	}
	if id == anonymous && !grants(policies, anonymous) {
		return nil, jsonvalue.Value{}, &fault.Error{
			Kind: fault.Invalid, Code: fault.CodeAnonymousRole, Subject: fault.Subject{Kind: "profile", ID: id},
			Message: "The anonymous profile must include the anonymous role",
			Fields:  []fault.Field{{Path: "policies"}},
		}
	}
	checked := definition.With("policies", given).With("rateLimit", jsonvalue.Int(limit))
	return &Policies{RateLimit: limit, Policies: policies}, checked, nil
}

// givenPolicies puts the default role in the place of no policies at all. What is neither a list nor nothing stays for the checks.
func givenPolicies(v jsonvalue.Value) jsonvalue.Value {
	if v.IsAbsent() || v.IsNull() || v.Kind() == jsonvalue.KindArray && v.Len() == 0 {
		return jsonvalue.Array(jsonvalue.Object(jsonvalue.Member{Name: "roleId", Value: jsonvalue.String(defaultRole)}))
	}
	return v
}

// parseRoleIDs loads the role of each policy: an unknown role is told before anything else is checked.
func parseRoleIDs(id string, given jsonvalue.Value, refs References) ([]Policy, error) {
	if given.Kind() != jsonvalue.KindArray {
		return nil, fault.InvalidType(id+".policies", "object[]")
	}
	policies := make([]Policy, 0, given.Len())
	for i, item := range given.Items() {
		path := id + ".policies[" + strconv.Itoa(i) + "]"
		if item.Kind() != jsonvalue.KindObject {
			return nil, fault.InvalidType(path, "object")
		}
		role := item.Get("roleId")
		if role.IsAbsent() || role.IsNull() {
			return nil, fault.MissingArgument(path + ".roleId")
		}
		// What is no text names a role by what JavaScript would print of it, and no such role can be made.
		if role.Kind() != jsonvalue.KindString || !refs.HasRole(role.Text()) {
			return nil, RoleNotFound(interpolated(role), path+".roleId")
		}
		policies = append(policies, Policy{RoleID: role.Text()})
	}
	return policies, nil
}

// RoleNotFound is the fault for a role that does not exist; path says where it was named and may be empty.
func RoleNotFound(role, path string) error {
	e := fault.NotFoundf(fault.CodeRoleNotFound, fault.Subject{Kind: "role", ID: role}, "Role %q not found.", role)
	if path != "" {
		e.Fields = []fault.Field{{Path: path, Expected: "the id of an existing role"}}
	}
	return e
}

func parseRateLimit(v jsonvalue.Value) (int64, error) {
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return 0, nil
	case jsonvalue.KindNumber:
	default:
		return 0, fault.InvalidType("rateLimit", "integer")
	}
	limit, ok := v.Int64()
	if !ok {
		return 0, fault.InvalidType("rateLimit", "integer")
	}
	if limit < 0 {
		return 0, fault.InvalidArgument("rateLimit", "positive integer, or zero")
	}
	return limit, nil
}

type policiesParser struct {
	id     string
	strict bool
	refs   References
}

func (p policiesParser) policy(i int, item jsonvalue.Value) ([]Restriction, error) {
	path := p.id + ".policies[" + strconv.Itoa(i) + "]"
	for _, m := range item.Members() {
		if m.Name != "roleId" && m.Name != "restrictedTo" {
			return nil, fault.UnexpectedArgument(path+"."+m.Name, "roleId", "restrictedTo")
		}
	}
	restricted := item.Get("restrictedTo")
	if !truthy(restricted) {
		return nil, nil
	}
	path += ".restrictedTo"
	if restricted.Kind() != jsonvalue.KindArray {
		return nil, fault.InvalidType(path, "object[]")
	}
	restrictions := make([]Restriction, 0, restricted.Len())
	for j, r := range restricted.Items() {
		if r.Kind() != jsonvalue.KindObject {
			return nil, fault.InvalidType(path+"["+interpolated(r)+"]", "object")
		}
		restriction, err := p.restriction(path+"["+strconv.Itoa(j)+"]", r)
		if err != nil {
			return nil, err
		}
		restrictions = append(restrictions, restriction)
	}
	return restrictions, nil
}

func (p policiesParser) restriction(path string, r jsonvalue.Value) (Restriction, error) {
	index := r.Get("index")
	switch index.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return Restriction{}, fault.MissingArgument(path + ".index")
	case jsonvalue.KindString:
	default:
		return Restriction{}, fault.InvalidType(path+".index", "string")
	}
	if p.strict && !p.refs.HasIndex(index.Text()) {
		return Restriction{}, IndexNotFound(index.Text(), path+".index")
	}
	collections, err := p.collections(path+".collections", index.Text(), r.Get("collections"))
	if err != nil {
		return Restriction{}, err
	}
	for _, m := range r.Members() {
		if m.Name != "index" && m.Name != "collections" {
			return Restriction{}, fault.UnexpectedArgument(path+"."+m.Name, "index", "collections")
		}
	}
	return Restriction{Index: index.Text(), Collections: collections}, nil
}

func (p policiesParser) collections(path, index string, v jsonvalue.Value) ([]string, error) {
	if v.IsAbsent() || v.IsNull() {
		return nil, nil
	}
	if v.Kind() != jsonvalue.KindArray {
		return nil, fault.InvalidType(path, "string[]")
	}
	names := make([]string, 0, v.Len())
	var missing []string
	for i, c := range v.Items() {
		if c.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType(path+"["+strconv.Itoa(i)+"]", "string")
		}
		names = append(names, c.Text())
		if p.strict && !p.refs.HasCollection(index, c.Text()) {
			missing = append(missing, c.Text())
		}
	}
	if len(missing) > 0 {
		return nil, CollectionsNotFound(index, path, missing...)
	}
	return names, nil
}

// IndexNotFound is the fault for an index that does not exist where one must; path says where it was named.
func IndexNotFound(name, path string) error {
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeIndexNotFound, Subject: fault.Subject{Kind: "index", ID: name},
		Message: "The index " + strconv.Quote(name) + " does not exist.",
		Fields:  []fault.Field{{Path: path, Expected: "an existing index"}},
	}
}

// CollectionsNotFound is the fault for collections that do not exist in an index where they must; path says where they were named.
func CollectionsNotFound(index, path string, names ...string) error {
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeCollectionNotFound, Subject: fault.Subject{Kind: "index", ID: index},
		Message: "The index " + strconv.Quote(index) + " has no collection " + strings.Join(names, ", ") + ".",
		Fields:  []fault.Field{{Path: path, Expected: "existing collections of the index", Values: names}},
	}
}

func grants(policies []Policy, role string) bool {
	for _, p := range policies {
		if p.RoleID == role {
			return true
		}
	}
	return false
}

// truthy is JavaScript's idea of it, by which Kuzzle decides whether a policy is restricted.
func truthy(v jsonvalue.Value) bool {
	switch v.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return false
	case jsonvalue.KindBool:
		return v.Bool()
	case jsonvalue.KindNumber:
		return v.Float() != 0
	case jsonvalue.KindString:
		return v.Text() != ""
	default:
		return true
	}
}

// interpolated is what a JavaScript template string makes of a value: Kuzzle names a restriction that is no object by the value itself.
func interpolated(v jsonvalue.Value) string {
	switch v.Kind() {
	case jsonvalue.KindString:
		return v.Text()
	case jsonvalue.KindArray:
		parts := make([]string, 0, v.Len())
		for _, item := range v.Items() {
			if item.IsNull() {
				parts = append(parts, "")
				continue
			}
			parts = append(parts, interpolated(item))
		}
		return strings.Join(parts, ",")
	case jsonvalue.KindObject:
		return "[object Object]"
	default:
		return string(v.AppendTo(nil))
	}
}

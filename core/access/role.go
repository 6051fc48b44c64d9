// Package access says who asks and what they may do: actors, roles, restrictions, and the whitelist engine that answers "may this
// actor do this?". It is pure: whoever calls it hands in the profiles and roles, so a decision rests on one consistent view.
package access

import (
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// The ids that every Kuzzle tenant has from the start, for roles and profiles alike.
const (
	Admin     = "admin"
	Default   = "default"
	Anonymous = "anonymous"
)

// Role says which actions of which controllers are allowed.
type Role struct {
	ID        string
	Version   uint64
	Revision  uint64
	CreatedAt time.Time
	UpdatedAt time.Time // zero: not since it was made
	Author    string    // the id of the user who made it; empty: anonymous or the system
	Updater   string
	Rights    Rights
	Source    []byte // the definition as it was given: one JSON object, fields of one's own included
}

// Rights maps a controller, or "*", to its actions. A controller that is named hides "*", and so does an action.
type Rights map[string]map[string]bool

// Allows tells whether the rights let an action of a controller pass, as Kuzzle's Role.isActionAllowed does.
func (r Rights) Allows(controller, action string) bool {
	actions, named := r[controller]
	if !named {
		actions = r["*"]
	}
	allowed, named := actions[action]
	if !named {
		allowed = actions["*"]
	}
	return allowed
}

// Actions lists the controllers a deployment has and their actions. Roles may name no other.
type Actions map[string]map[string]struct{}

// RoleRules is what a role's definition is checked against.
type RoleRules struct {
	Actions Actions
	Force   bool // accept controllers that do not exist (yet)
}

// ParseRole checks a role's definition in the order in which Kuzzle's role repository does and returns its rights. The faults name the
// fields as Kuzzle does: the controllers by "<id>.controllers", all below by the controller's name.
func ParseRole(id string, definition jsonvalue.Value, rules RoleRules) (Rights, error) {
	rights, err := parseControllers(id, definition.Get("controllers"))
	if err != nil {
		return nil, err
	}
	if id == Anonymous && !rights.allowLogin() {
		return nil, &fault.Error{
			Kind: fault.Invalid, Code: fault.CodeAnonymousLogin, Subject: fault.Subject{Kind: "role", ID: id},
			Message: `The anonymous role must allow the action "login" of the controller "auth".`,
			Fields:  []fault.Field{{Path: "controllers"}},
		}
	}
	names := definition.Get("controllers").Members()
	if err := checkActions(id, names, rules.Actions); err != nil {
		return nil, err
	}
	if !rules.Force {
		if err := checkControllers(id, names, rules.Actions); err != nil {
			return nil, err
		}
	}
	return rights, nil
}

// Grants reads the rights of a definition that was checked when it was written.
func Grants(definition jsonvalue.Value) (Rights, error) {
	return parseControllers("", definition.Get("controllers"))
}

func parseControllers(id string, controllers jsonvalue.Value) (Rights, error) {
	path := id + ".controllers"
	switch controllers.Kind() {
	case jsonvalue.KindAbsent:
		return nil, fault.EmptyArgument(path)
	case jsonvalue.KindNull:
		return nil, fault.MissingArgument(path)
	case jsonvalue.KindObject:
	default:
		return nil, fault.InvalidType(path, "object")
	}
	if controllers.Len() == 0 {
		return nil, fault.EmptyArgument(path)
	}
	rights := make(Rights, controllers.Len())
	for _, m := range controllers.Members() {
		actions, err := parseController(m.Name, m.Value)
		if err != nil {
			return nil, err
		}
		rights[m.Name] = actions
	}
	return rights, nil
}

func parseController(name string, controller jsonvalue.Value) (map[string]bool, error) {
	if controller.Kind() != jsonvalue.KindObject {
		return nil, fault.InvalidType(name, "object")
	}
	if controller.Len() == 0 {
		return nil, fault.EmptyArgument(name)
	}
	given := controller.Get("actions")
	switch {
	case given.IsAbsent():
		return nil, fault.MissingArgument(name)
	case given.Kind() != jsonvalue.KindObject:
		return nil, fault.InvalidType(name+".actions", "object")
	case given.Len() == 0:
		return nil, fault.EmptyArgument(name + ".actions")
	}
	actions := make(map[string]bool, given.Len())
	for _, m := range given.Members() {
		if m.Value.Kind() != jsonvalue.KindBool {
			return nil, fault.InvalidType(name+".actions."+m.Name, "boolean")
		}
		actions[m.Name] = m.Value.Bool()
	}
	return actions, nil
}

func (r Rights) allowLogin() bool {
	for _, controller := range [...]string{"auth", "*"} {
		if r[controller]["login"] || r[controller]["*"] {
			return true
		}
	}
	return false
}

func checkActions(id string, controllers []jsonvalue.Member, known Actions) error {
	for _, c := range controllers {
		native, ok := known[c.Name]
		if !ok && c.Name != "*" {
			continue
		}
		for _, a := range c.Value.Get("actions").Members() {
			if _, ok := native[a.Name]; !ok && a.Name != "*" {
				return unknownName(fault.CodeUnknownAction, id, "controllers."+c.Name+".actions."+a.Name, a.Name, c.Name)
			}
		}
	}
	return nil
}

// checkControllers looks at the first controller alone, as Kuzzle's checkRolePluginsRights does when no plugin is loaded: a role that
// names a known controller first may name any other behind it.
func checkControllers(id string, controllers []jsonvalue.Member, known Actions) error {
	first := controllers[0].Name
	if _, ok := known[first]; ok || first == "*" {
		return nil
	}
	return unknownName(fault.CodeUnknownController, id, "controllers."+first, first)
}

func unknownName(code fault.Code, role, path string, names ...string) error {
	f := fault.Field{Path: path, Values: names}
	e := fault.Invalidf(code, f, "The role %q names %s, which does not exist.", role, path)
	e.Subject = fault.Subject{Kind: "role", ID: role}
	return e
}

package access

import (
	"maps"
	"slices"

	"github.com/profilegate/profilegate/core/profile"
)

// Right is one line of rights as Kuzzle lists them: whether an action of a controller is allowed on a collection of an index. An asterisk is
// any. An action that one role allows and another denies has two lines.
type Right struct {
	Controller string
	Action     string
	Index      string
	Collection string
	Allowed    bool
}

// anything stands for any name.
const anything = "*"

// ListRights lists the rights that profiles give, each once, in the order of the profiles and their policies, there by controller and action.
// Profiles and roles that do not exist give none. Rights multiply, so the list is bounded: it is false when there are more than limit.
func ListRights(rules Rules, profiles []string, limit int) ([]Right, bool) {
	l := lister{rules: rules, limit: limit, seen: make(map[Right]struct{})}
	for _, id := range profiles {
		p, ok := rules.PolicyProfile(id)
		if !ok {
			continue
		}
		body, ok := p.Body.(*profile.Policies)
		if !ok {
			continue
		}
		for _, policy := range body.Policies {
			if !l.policy(policy) {
				return nil, false
			}
		}
	}
	return l.rights, true
}

type lister struct {
	rules  Rules
	limit  int
	seen   map[Right]struct{}
	rights []Right
}

func (l *lister) policy(p profile.Policy) bool {
	role, ok := l.rules.Role(p.RoleID)
	if !ok {
		return true
	}
	places := placesOf(p.RestrictedTo)
	for _, controller := range slices.Sorted(maps.Keys(role.Rights)) {
		actions := role.Rights[controller]
		for _, action := range slices.Sorted(maps.Keys(actions)) {
			for _, at := range places {
				if !l.add(Right{controller, action, at.index, at.collection, actions[action]}) {
					return false
				}
			}
		}
	}
	return true
}

func (l *lister) add(r Right) bool {
	if _, twice := l.seen[r]; twice {
		return true
	}
	if len(l.rights) >= l.limit {
		return false
	}
	l.seen[r] = struct{}{}
	l.rights = append(l.rights, r)
	return true
}

type place struct{ index, collection string }

// placesOf tells where a policy applies, with the restrictions of one index put together as restrictionsAllow does.
func placesOf(restrictions []profile.Restriction) []place {
	var indexes []string
	collections := make(map[string][]string)
	for _, r := range restrictions {
		if r.Index == "" {
			continue
		}
		if _, known := collections[r.Index]; !known {
			indexes = append(indexes, r.Index)
		}
		collections[r.Index] = append(collections[r.Index], r.Collections...)
	}
	if indexes == nil {
		return []place{{anything, anything}}
	}
	var places []place
	for _, index := range indexes {
		if len(collections[index]) == 0 {
			places = append(places, place{index, anything})
		}
		for _, collection := range collections[index] {
			places = append(places, place{index, collection})
		}
	}
	return places
}

// RateLimit is how many requests an actor may make in a second: the highest limit of the actor's profiles. It is 0, which is no limit, where
// one of them has none.
func RateLimit(rules Rules, actor Actor) int64 {
	var highest int64
	for _, id := range actor.ProfileIDs() {
		p, ok := rules.PolicyProfile(id)
		if !ok {
			continue
		}
		body, ok := p.Body.(*profile.Policies)
		if !ok {
			continue
		}
		if body.RateLimit == 0 {
			return 0
		}
		highest = max(highest, body.RateLimit)
	}
	return highest
}

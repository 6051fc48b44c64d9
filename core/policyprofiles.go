package core

import (
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
)

// restrictionsExist makes conditions of a profile's restrictions: a strict check that passed must still hold in the moment of the commit.
func restrictionsExist(body *profile.Policies) []store.Condition {
	seen := make(map[store.Key]struct{})
	var conditions []store.Condition
	exists := func(k store.Key) {
		if _, dup := seen[k]; !dup {
			seen[k] = struct{}{}
			conditions = append(conditions, store.Condition{Key: k, Require: store.Exists})
		}
	}
	for _, policy := range body.Policies {
		for _, r := range policy.RestrictedTo {
			exists(record.IndexKey(r.Index))
			for _, name := range r.Collections {
				exists(record.CollectionKey(catalog.Collection{Index: r.Index, Name: name}))
			}
		}
	}
	return conditions
}

package kuzzle

// specController is the one controller that Kuzzle does not have: spec profiles, for tenants that have them. It is reached by messages and by
// POST /_query; it has no routes of its own.
const specController = "profiles"

func specProfileActions() []action {
	return []action{
		row("create").by((*API).createSpecProfile),
		row("delete").by((*API).deleteSpecProfile),
		row("get").by((*API).getSpecProfile),
		row("hold").by((*API).holdSpecProfile),
		row("list").by((*API).listSpecProfiles),
		row("listHolds").by((*API).listHolds),
		row("release").by((*API).releaseSpecProfile),
		row("types").by((*API).listSpecTypes),
		row("update").by((*API).updateSpecProfile),
		row("validate").by((*API).validateSpecProfile),
	}
}

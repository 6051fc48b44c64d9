package redisstore

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed lua/commit.lua
	commitLua string
	//go:embed lua/join.lua
	joinLua string
	//go:embed lua/leave.lua
	leaveLua string
	//go:embed lua/members.lua
	membersLua string
	//go:embed lua/renew.lua
	renewLua string
	//go:embed lua/report.lua
	reportLua string
)

// scripts are what runs inside Redis. Each file in lua says above its code which keys and arguments it takes and what it answers.
type scripts struct {
	commit, join, leave, members, renew, report *redis.Script
}

func newScripts() scripts {
	return scripts{
		commit:  redis.NewScript(commitLua),
		join:    redis.NewScript(joinLua),
		leave:   redis.NewScript(leaveLua),
		members: redis.NewScript(membersLua),
		renew:   redis.NewScript(renewLua),
		report:  redis.NewScript(reportLua),
	}
}

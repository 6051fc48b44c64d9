package keystone

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/profilegate/profilegate/core/access"
)

// refusedFor is how long a refusal counts. No token becomes good later, but a Keystone of several servers may know a new one on some of
// them only.
const refusedFor = 3 * time.Second

// digest stands for a token that is not kept.
type digest [sha256.Size]byte

// answers are what Keystone said about tokens, for as long as it counts. The refused have a place of their own: whoever sends a flood of
// made-up tokens must not push the good ones out.
type answers struct {
	good    *otter.Cache[digest, answer]
	refused *otter.Cache[digest, time.Time] // until when
}

type answer struct {
	actor access.Actor
	until time.Time
}

func newAnswers(size int) (*answers, error) {
	good, err := otter.New(&otter.Options[digest, answer]{MaximumSize: size, Logger: &otter.NoopLogger{}})
	if err != nil {
		return nil, fmt.Errorf("keystone: the cache: %w", err)
	}
	refused, err := otter.New(&otter.Options[digest, time.Time]{MaximumSize: size, Logger: &otter.NoopLogger{}})
	if err != nil {
		return nil, fmt.Errorf("keystone: the cache: %w", err)
	}
	return &answers{good: good, refused: refused}, nil
}

// find gives the answer that still counts.
func (a *answers) find(key digest, now time.Time) (actor access.Actor, good, found bool) {
	if kept, ok := a.good.GetIfPresent(key); ok && now.Before(kept.until) {
		return kept.actor, true, true
	}
	until, ok := a.refused.GetIfPresent(key)
	return access.Actor{}, false, ok && now.Before(until)
}

func (a *answers) keep(key digest, actor access.Actor, until time.Time) {
	a.good.Set(key, answer{actor: actor, until: until})
}

// refuse forgets the good answer that there may be: it ran out, or the token would not have been asked about.
func (a *answers) refuse(key digest, began time.Time) {
	a.good.Invalidate(key)
	a.refused.Set(key, began.Add(refusedFor))
}

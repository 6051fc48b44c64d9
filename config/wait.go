package config

import "time"

// Wait is how long writers that ask for it wait until every live node can find what they wrote.
type Wait struct {
	Timeout time.Duration `mapstructure:"timeout" doc:"How long a write waits at most for every live node to see it, from 100ms to 1m. Longer than lease."`
	Lease   time.Duration `mapstructure:"lease" doc:"How long a node counts as live after it was last heard of, from 50ms to 1m. All nodes of a deployment need the same."`
}

func defaultWait() Wait {
	return Wait{Timeout: 3 * time.Second, Lease: 2 * time.Second}
}

func (w Wait) validate(r report) {
	inRange(r.key("timeout"), w.Timeout, 100*time.Millisecond, time.Minute)
	inRange(r.key("lease"), w.Lease, 50*time.Millisecond, time.Minute)
	if w.Timeout <= w.Lease {
		r.key("timeout").problem("%s is not longer than wait.lease (%s), so a node that died would fail every waiting write; a longer one is wanted", formatDuration(w.Timeout), formatDuration(w.Lease))
	}
}

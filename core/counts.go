package core

import "sync/atomic"

// counts are what a tenant tells of how its view follows the store.
type counts struct {
	loading  atomic.Bool
	loaded   atomic.Uint64
	known    atomic.Uint64
	reloads  atomic.Uint64
	wentBack atomic.Uint64
}

// Stats tells how a tenant's view follows its store.
type Stats struct {
	Revision uint64 // that the view has
	Head     uint64 // the newest revision that this node knows of, by questions and by its own writes
	Loading  bool   // a snapshot is being read
	Loaded   uint64 // records of the snapshot so far, or of the last one
	Reloads  uint64 // how often the view started over from a snapshot
	WentBack uint64 // how often the store was seen to have another history than before
}

// Stats may be asked at any time; it costs no lock.
func (t *Tenant) Stats() Stats {
	revision := t.view.Revision()
	return Stats{
		Revision: revision, Head: max(revision, t.counts.known.Load()), Loading: t.counts.loading.Load(), Loaded: t.counts.loaded.Load(),
		Reloads: t.counts.reloads.Load(), WentBack: t.counts.wentBack.Load(),
	}
}

// Package planted names the bugs that can be switched on in a gateway built with the tag "planted", one for each promise. They are there
// so that tests can show that a broken promise is noticed: gateway/history starts such a gateway with PROFILEGATE_PLANTED=<bug>. Without the
// tag On is a constant false, and the compiler leaves nothing of them.
package planted

// Bug is a mistake that somebody might have made.
type Bug string

// The bugs.
const (
	SkipReplicas Bug = "skip_replicas" // writes are acknowledged without waiting for replicas
	StaleRead    Bug = "stale_read"    // reads by id do not ask the store how far its log goes
	NoBarrier    Bug = "no_barrier"    // wait_for waits for nobody
	NoAbsent     Bug = "no_absent"     // a creator does not tell the store that the id must be free
	NoVersion    Bug = "no_version"    // an update does not tell the store from which version it was made
	NoReferences Bug = "no_references" // a profile does not tell the store that its roles must exist
	OldRevision  Bug = "old_revision"  // a write tells the revision that it was made from
	NoLease      Bug = "no_lease"      // a node that cannot reach its store goes on answering
	NumbersOnly  Bug = "numbers_only"  // points of a history are compared by their numbers alone
)

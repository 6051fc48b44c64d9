package store

import "errors"

// ErrHistory says that the log cannot be followed from the point that was given: it was trimmed up to a later one, or the history
// is another one (a failover that lost writes, a restored backup). What was built from the log before must be built anew from a snapshot.
var ErrHistory = errors.New("store: the log cannot be followed from this point")

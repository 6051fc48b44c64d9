// Package history holds running gateways to what they promise, by what their clients saw. Clients of every protocol work on a few keys at the
// same time, each operation is noted with when it began, when it was answered and with what (Recorder), while a Nemesis kills, pauses and cuts
// off processes; afterwards Check says which promises the noted history breaks:
//
//   - reads and writes of one key are linearizable (by Porcupine, over the model in model.go)
//   - no acknowledged write is lost
//   - after a write with wait_for, every node that answers a search finds it, or what came after it
//   - one creator of an id succeeds, no update is lost, no profile refers to a role that is gone
//   - revisions grow as writes follow each other
//   - a node cut off from its store stops answering within its lease
//   - in the end all nodes tell one history
//
// An answer that does not say what happened (a time-out, a lost connection, an uncertain commit) counts as "may have happened, then or later".
// A promise is checked only where it is made: Options says which.
//
// The package knows the gateway from outside: processes, addresses, protocols. What starts the stores and says when which fault strikes
// is in its tests.
package history

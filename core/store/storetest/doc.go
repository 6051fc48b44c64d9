// Package storetest is the contract of the port core/store as tests. Every adapter runs the whole suite:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Harness { … })
//	}
//
// Where the port's text leaves a choice, the suite makes it, for all adapters alike:
//
//   - A commit with changes makes a revision, also when all that it does is to delete what is not there. The event's Deletions list what
//     was there and is gone, in the order of the changes; Puts likewise list the records written.
//   - A refused commit leaves no trace, and sent again it is judged anew. A commit that stands is never judged again: sent again with its
//     ID (and whatever else) it answers the event that it made.
//   - A record may list a reference more than once; replacing or deleting the record releases all of it.
//   - Calls on a closed store fail with Unavailable. Closing twice is no error.
//   - A call of Events with a limit outside 1…MaxChangesPerFetch is Invalid.
//
// Besides the suite there are two stores for the tests of others: Memory, a slow and obvious store in memory that is the suite's model and passes
// it, and Faulty, which wraps a store and fails, loses or holds commits on demand. Production packages never import this one.
package storetest

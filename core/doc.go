// Package core is the domain of the gateway: a Tenant and its use cases, one file a noun. A use case takes a command, checks it against the
// tenant's view, commits it to the tenant's store, and tells what became of it. No transport, no database and no dialect is known here;
// what can go wrong is a fault, and a dialect finds its own words for it.
//
// A Tenant is a struct with its own store and view, and every use case is its method, so a request cannot reach another tenant's
// records: there is nothing to name them with.
package core

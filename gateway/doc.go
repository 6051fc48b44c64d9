// Package gateway is the process: it opens the store and the tenants, joins transports to dialects, finds out which tenant a
// request is for and who calls, bounds what comes from outside, and ends in good order. What a request means is for the adapters; what may
// happen is for the core.
package gateway

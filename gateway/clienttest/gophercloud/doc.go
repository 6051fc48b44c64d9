// Package gophercloud tests the gateway with gophercloud 1.14.1, the last release that knows Senlin. It is a module of its own, so that the
// client stays out of the product's dependencies, and meets the gateway as any client does: as a process.
package gophercloud

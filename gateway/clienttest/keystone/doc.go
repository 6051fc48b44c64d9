// Package keystone tests the gateway together with an identity service: tokens that are had by password, projects that do not see each
// other, revocation, an outage.
//
// The same promises are held against two Keystones. TestStandIn runs with every `go test` against adapters/keystone/keystonetest.
// With the build tag openstack (`make e2e-openstack`) TestKeystone starts Debian's own Keystone, holds the stand-in's answers to its, and
// runs the real `openstack cluster profile …` through its catalog.
package keystone

// Package keystonetest is a stand-in for OpenStack Keystone in tests: an HTTP server on loopback that answers as Keystone 22 does for what
// this project asks of it. It knows users, projects, roles, the password method, tokens scoped to a project, a domain or nothing, their
// validation and revocation, the catalog and version discovery. It can be made slow, broken or hung.
//
// gateway/clienttest/keystone holds it to a real Keystone: the same questions, the same answers.
package keystonetest

// Package node runs the tests that are written for Node: kuzzle-sdk and the npm package mqtt, unchanged, against a gateway process. The tests
// are the *.test.mjs files beside this one; `npm test` runs them too, against bin/profilegate.
package node

// Package e2etest tests the gateway as its users meet it: as processes, over every protocol, on both stores, killed, starved of their store
// and fed with rubbish. It starts the binary that cmd/profilegate builds to (or the one that PROFILEGATE_BINARY names), with the race
// detector, and knows nothing of what is inside. Besides Go it needs redis-server.
//
// Everything here is test code: clients in *_client_test.go, the processes in node_test.go, and one file for each promise that is tested.
package e2etest

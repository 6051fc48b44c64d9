// Package redistest starts real redis-server processes for tests and measurements: on free ports of 127.0.0.1, each with a directory of
// its own, to be killed, restarted on the same port and data, and frozen. There is one server (Server), a Cluster of three masters with
// a replica each (Cluster), and a master with two replicas under three sentinels (Sentinel); the two groups tell who is master, fail over on
// demand, and hand slots around. A Proxy in front of a server loses what goes over it.
//
// Functions named Launch take a context and a directory, and leave the end to their caller; those named Start take a test and end with it.
//
// It needs the program redis-server on the path, version 7.0 or later (one server alone: 6.2). On Debian:
//
//	apt-get install -y redis-server
//
// Where it is missing, tests fail and say so; they are not skipped. The servers end with the process that started them.
package redistest

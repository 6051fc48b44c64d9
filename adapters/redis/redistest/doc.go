// Package redistest starts real redis-server processes for tests and measurements: on free ports of 127.0.0.1, each with a directory of
// its own, to be killed, restarted on the same port and data, and frozen.
//
// It needs the program redis-server on the path, version 6.2 or later. On Debian:
//
//	apt-get install -y redis-server
//
// Where it is missing, tests fail and say so; they are not skipped. The servers end with the process that started them.
package redistest

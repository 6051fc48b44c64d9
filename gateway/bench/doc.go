// Command bench compares the running gateway with the least that its libraries can do for the same requests, side by side in one run:
//
//	go run ./gateway/bench -binary bin/profilegate -config config/examples/conformance.yaml
//
// Each comparison has two server processes on loopback: bin/profilegate, and a bare one, which is this program again. The bare one answers with the
// bytes and headers that the gateway answered once; what it does for that is in bare.go. One load driver, which is a third process, loads
// them in turn, A B B A and so on, over connections that stay open; of each pair of rounds the ratio is taken, and of the ratios the median. So
// what else the machine does at the time hits both sides alike, and only ratios are worth keeping.
//
// A ratio of requests per second of 1.00 means as fast as the bare server, more is faster; of latencies and CPU time less is faster.
package main

package gateway

import (
	"runtime"
	"runtime/debug"
)

// heapFloor is how much memory the heap is taken to hold at least, in bytes.
const heapFloor = 64 << 20

// holdHeap keeps the collector from running all the time while the heap is small: it starts over when the heap has doubled, and a tenant of a few
// thousand profiles is a few megabytes, which requests allocate many times a second. The memory is never touched, so it is not resident; what it
// costs is that up to heapFloor more of garbage is. Where GOMEMLIMIT leaves no room for that, nothing is held.
func holdHeap() (release func()) {
	if debug.SetMemoryLimit(-1) < 4*heapFloor {
		return func() {}
	}
	floor := make([]byte, heapFloor)
	return func() { runtime.KeepAlive(floor) }
}

//go:build unix

package gateway

import "syscall"

// mayOpen is how many files and connections the process may have open, which the Go runtime has raised as far as it may; 0: nobody knows.
func mayOpen() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on some systems
}

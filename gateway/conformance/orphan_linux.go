package conformance

import "syscall"

// dieWithParent has the kernel end the server when the replay dies, so that a
// test binary that is killed leaves no servers behind.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

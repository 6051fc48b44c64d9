package redistest

import "syscall"

// dieWithParent has the kernel kill the server when the process that started it dies, so that a test binary that is killed leaves none behind.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

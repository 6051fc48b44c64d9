//go:build !linux

package conformance

import "syscall"

// dieWithParent has no counterpart outside Linux: servers of a replay that is
// killed stay behind there.
func dieWithParent() *syscall.SysProcAttr { return nil }

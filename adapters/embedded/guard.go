package embedded

import (
	"fmt"
	"runtime/debug"
)

// guarded runs what reads the file's pages. bbolt believes its file: where a page was damaged after the file was opened it panics, and where the file got
// shorter, or its disk went away, the memory that it is mapped to faults. Either becomes an error here, one of a damaged file.
func guarded(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = &panicError{reason}
		}
	}()
	return read()
}

// panicError is what was recovered. What bbolt held when it panicked, it may hold still.
type panicError struct{ reason any }

func (e *panicError) Error() string {
	return fmt.Sprintf("%s: reading it failed: %v", ErrDamaged, e.reason)
}
func (e *panicError) Unwrap() error { return ErrDamaged }

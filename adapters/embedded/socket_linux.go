package embedded

import (
	"fmt"
	"os"
	"path/filepath"
)

// shortName is a name of a socket that is always short enough (108 bytes are): by way of its open directory. It is good until done.
func shortName(path string) (name string, done func() error, err error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), dir.Close, nil
}

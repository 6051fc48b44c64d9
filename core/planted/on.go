//go:build planted

package planted

import "os"

// On tells whether a bug is the one that PROFILEGATE_PLANTED names.
func On(b Bug) bool { return os.Getenv("PROFILEGATE_PLANTED") == string(b) }

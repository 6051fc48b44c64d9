package conformance

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakeServerMode); mode != "" {
		os.Exit(runFakeServer(mode))
	}
	goleak.VerifyTestMain(m)
}

package embedded_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// writerEnv makes this test binary a process that writes to a store until it is killed.
const writerEnv = "EMBEDDED_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		writeForever(path)
	}
	goleak.VerifyTestMain(m)
}

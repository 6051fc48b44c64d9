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
	for name, play := range processes() {
		if path := os.Getenv(name); path != "" {
			os.Exit(play(path))
		}
	}
	goleak.VerifyTestMain(m)
}

// processes are what this test binary can be besides, by the variable that asks for it: each is given a path and ends with a code.
func processes() map[string]func(path string) int {
	return map[string]func(string) int{fullEnv: fillDisk, replaceEnv: replaceForever}
}

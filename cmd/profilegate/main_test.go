package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"profilegate": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: scriptCommands(),
		Setup: func(env *testscript.Env) error {
			env.Values[servingKey{}] = &serving{}
			examples, err := os.OpenRoot("../../config/examples")
			if err != nil {
				return err
			}
			defer examples.Close()
			return os.CopyFS(env.WorkDir+"/examples", examples.FS())
		},
	})
}

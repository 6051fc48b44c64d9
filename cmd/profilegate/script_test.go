package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// servingKey is under which a script has the gateway that it started.
type servingKey struct{}

// scriptCommands are what scripts can do besides testscript's own.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"serve": scriptServe, "stop": scriptStop, "damage": scriptDamage,
	}
}

// scriptServe starts the gateway of the development example on free ports with the data in a directory, and waits until it listens: then the store
// is open.
func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("profilegate", "serve", "--config", ts.MkAbs("examples/development.yaml"), "--data-dir", ts.MkAbs(args[0])) //nolint:noctx // the script stops it
	cmd.Env = os.Environ()
	for _, name := range []string{"MAIN", "MQTT", "GRPC", "ADMIN"} {
		cmd.Env = append(cmd.Env, "PROFILEGATE_LISTEN_"+name+"=127.0.0.1:0")
	}
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewReader(stdout)
	_, err = lines.ReadString('\n')
	ts.Check(err)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	ts.Value(servingKey{}).(*serving).cmd = cmd
}

// serving is the gateway that a script started.
type serving struct{ cmd *exec.Cmd }

func scriptStop(ts *testscript.TestScript, _ bool, _ []string) {
	cmd := ts.Value(servingKey{}).(*serving).cmd
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	ts.Check(cmd.Wait())
}

// scriptDamage changes the text of the records in a file.
func scriptDamage(ts *testscript.TestScript, _ bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	changed := bytes.ReplaceAll(b, []byte("anonymous"), []byte("anonymouz"))
	if bytes.Equal(b, changed) {
		ts.Fatalf("%s has no record to damage", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), changed, 0o600))
}

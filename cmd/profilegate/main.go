// Command profilegate runs the gateway and answers questions about its configuration. What it prints for people and programs goes to
// standard output, logs and errors to standard error.
//
// It exits with 0 if all went well, with 1 if something failed, and with 2 if the command line or the configuration is wrong.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(process())
}

// process runs the command line of this process. The first SIGINT or SIGTERM asks it to stop; a second one, no longer caught by then,
// ends it at once.
func process() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// run executes one command line until it is done or ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	executed, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	return fail(stderr, executed, err)
}

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/profilegate/profilegate/config"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// fail prints the error and returns the exit code that goes with it.
func fail(stderr io.Writer, executed *cobra.Command, err error) int {
	var usage *usageError
	var invalid *config.Invalid
	switch {
	case errors.As(err, &usage), isUnknownCommand(err):
		printError(stderr, fmt.Sprintf("%s\nSee '%s --help'.", err, executed.CommandPath()))
		return exitUsage
	case errors.As(err, &invalid):
		printError(stderr, err.Error())
		return exitUsage
	default:
		printError(stderr, err.Error())
		return exitFailure
	}
}

// printError writes to standard error. When even that fails, the exit code is all that is left to tell.
func printError(stderr io.Writer, text string) {
	_, _ = fmt.Fprintf(stderr, "profilegate: %s\n", text)
}

// isUnknownCommand recognises the one mistake in a command line for which cobra has no hook.
func isUnknownCommand(err error) bool {
	return strings.HasPrefix(err.Error(), "unknown command ")
}

// noArguments refuses arguments after a command that takes none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// needSubcommand is what a command does that only groups others: it shows its help, and refuses what is none of them.
func needSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	cmd.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	if guesses := cmd.SuggestionsFor(args[0]); len(guesses) > 0 {
		text += ": did you mean " + strings.Join(guesses, " or ") + "?"
	}
	return &usageError{err: errors.New(text)}
}

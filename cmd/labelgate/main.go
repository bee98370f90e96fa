// Labelgate is an export gateway for label quality work: it takes issue-exported webhooks, journals them, and makes the
// vendor calls that have the labels redone.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

// The exit codes. They are part of the CLI's contract, see docs/cli.md.
const (
	exitDone        = 0 // it worked
	exitFailed      = 1 // it did not, stderr says why
	exitUsage       = 2 // the command line is wrong
	exitUnreachable = 3 // the gateway cannot be reached, or the store is held by another process
)

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

// Error returns the error's text.
func (e *exitError) Error() string { return e.err.Error() }

// Unwrap returns the error.
func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string) int {
	root := newRootCommand() //nolint:contextcheck // ExecuteContext gives it to the commands
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var silent *silentError
	if !errors.As(err, &silent) {
		fmt.Fprintln(os.Stderr, "labelgate:", err)
	}
	var exit *exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return exitFailed
}

// silentError ends a command that has already said on stderr what is wrong.
type silentError struct{ error }

// Unwrap returns the error.
func (e *silentError) Unwrap() error { return e.error }

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

const sandboxHelp = `A stand-in vendor to rehearse with. It takes

  POST /batches (or any other path)  {"name", "project", "frames": [{"id", "url"}, ...]}
  POST /graphql                      the relabel mutation project { bulkDeleteLabels { count } }
  GET  /.../x.jpg, .jpeg, .png       draws a picture (?w= and ?h= for its size), so that sample events show something
  GET  /                             shows what came in; /_sandbox/requests and /_sandbox/summary as JSON
  POST /_sandbox/faults              {"fault": "429", "times": 3, "after": 0, "chance": 0, "retry_after": "2", "delay": "3s"}

and misbehaves on request: by --fault, by /_sandbox/faults, or for one call by the header X-Sandbox-Fault. Faults: `

func newSandboxCommand(g *globals) *cobra.Command {
	var addr, vendor, fault string
	var o sandbox.Options
	var quiet, bodies bool
	cmd := &cobra.Command{
		Use:     "sandbox",
		Short:   "Run a stand-in vendor that shows what it gets, and misbehaves on request",
		Long:    sandboxHelp + strings.Join(sandbox.FaultKinds, ", ") + ".",
		Example: "  labelgate sandbox --fault 429,times=3,retry_after=2\n  labelgate sandbox --addr 127.0.0.1:0 -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if vendor != "generic" {
				return &exitError{exitUsage, fmt.Errorf("--vendor %q: there is generic only", vendor)}
			}
			if !quiet {
				o.Seen = g.printCalls(cmd.OutOrStdout(), bodies)
			}
			vendor := sandbox.New(o)
			if fault != "" {
				f, err := sandbox.ParseFault(fault)
				if err != nil {
					return &exitError{exitUsage, err}
				}
				if err := vendor.Misbehave(f); err != nil {
					return err
				}
			}
			return serveSandbox(cmd.Context(), addr, vendor, cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:9090", "address to listen on")
	f.StringVar(&vendor, "vendor", "generic", "API to play")
	f.StringVar(&o.Key, "key", "", "API key that calls must carry (default: any)")
	f.StringVar(&fault, "fault", "", "misbehave: KIND[,times=N][,after=N][,chance=P][,retry_after=S|date][,delay=D]")
	f.IntVar(&o.Keep, "keep", 1000, "how many calls to keep for looking at")
	f.BoolVar(&bodies, "bodies", false, "print the beginning of each body as well")
	f.BoolVarP(&quiet, "quiet", "q", false, "do not print calls")
	return cmd
}

// sandboxHeaderTimeout keeps a connection that says nothing from being held for ever.
const sandboxHeaderTimeout = 10 * time.Second

func serveSandbox(ctx context.Context, addr string, vendor *sandbox.Server, stderr io.Writer) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	fmt.Fprintf(stderr, "sandbox: listening on http://%s, look at it there\n", l.Addr())
	srv := &http.Server{Handler: vendor.Handler(), ReadHeaderTimeout: sandboxHeaderTimeout}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		_ = srv.Close() // calls being answered are cut: it is a sandbox
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// printCalls prints one line a call.
func (g *globals) printCalls(w io.Writer, bodies bool) func(sandbox.Call) { //nolint:revive // the flag is the user's
	var mu sync.Mutex
	return func(c sandbox.Call) {
		mu.Lock()
		defer mu.Unlock()
		if g.output == "json" {
			_ = json.NewEncoder(w).Encode(c) // standard output may be closed
			return
		}
		fmt.Fprintf(w, "%4d  %s %s  %d bytes  -> %d %s  %s\n", c.Number, c.Method, c.Path, c.Size, c.Status, c.Fault, c.Effect)
		if bodies {
			fmt.Fprintf(w, "      %s\n", c.Sample)
		}
	}
}

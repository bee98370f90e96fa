package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

const sandboxHelp = `A stand-in vendor to rehearse with. The generic one takes

  POST /batches (or any other path)  {"name", "project", "frames": [{"id", "url"}, ...]}
  POST /graphql                      the relabel mutation project { bulkDeleteLabels { count } }
  GET  /.../x.jpg, .jpeg, .png       draws a picture (?w= and ?h= for its size), so that sample events show something
  GET  /                             shows what came in; /_sandbox/requests and /_sandbox/summary as JSON
  POST /_sandbox/faults              {"fault": "429", "times": 3, "retry_after": "2"}; GET lists, DELETE takes back

--vendor NAME plays a real vendor instead: its whole API at every path, strictly and with a state of its own, which
/_sandbox/state shows. The page is at /_sandbox/ then. Faults and the rest of /_sandbox/ work with every vendor.

The same Idempotency-Key again gets the same answer again, and makes no second effect (at the
generic vendor).

It misbehaves on request: by --fault, by /_sandbox/faults, or for one call by the header X-Sandbox-Fault. A fault is
KIND[,field=value...]:

  a status from 400 to 599 (retry_after=2 or retry_after=date+2s goes with it)
  slow       the effect is made, the answer comes after delay=2s
  cut        the connection is closed before the request is read
  cut-after  the effect is made, the connection is closed before the answer: a lost reply
  reset      the effect is made, the connection is closed in the middle of the answer
  500-after  the effect is made, the answer is a 500
  errors     200 with GraphQL errors (code=...) and no data; no effect
  partial    the effect is made, the answer has its data and GraphQL errors too
  redirect   307 to elsewhere; no effect
  huge       the effect is made, the answer is followed by size=67108864 bytes
  bad-json   the effect is made, the answer ends in the middle of its JSON
  random     another kind each time, by probability=0.3 and seed=0

times=N is how many calls meet it (1; -1 for all), after=N lets the first ones by, every=N and probability=P choose.`

func newSandboxCommand(g *globals) *cobra.Command {
	var addr, vendor string
	var faults []string
	var o sandbox.Options
	var quiet, bodies bool
	cmd := &cobra.Command{
		Use:     "sandbox",
		Short:   "Run a stand-in vendor that shows what it gets, and misbehaves on request",
		Long:    sandboxHelp,
		Example: "  labelgate sandbox --fault 429,times=3,retry_after=2\n  labelgate sandbox --addr 127.0.0.1:0 -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Vendor, err = playedVendor(vendor); err != nil {
				return &exitError{exitUsage, err}
			}
			if !quiet {
				o.OnRequest = g.printCalls(cmd.OutOrStdout(), bodies)
			}
			server := sandbox.New(o)
			for _, text := range faults {
				f, err := sandbox.ParseFault(text)
				if err == nil {
					err = server.Inject(f)
				}
				if err != nil {
					return &exitError{exitUsage, err}
				}
			}
			return serveSandbox(cmd.Context(), addr, o.Vendor, server, cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "addr", "127.0.0.1:9090", "address to listen on")
	f.StringVar(&vendor, "vendor", genericVendor, "API to play: "+strings.Join(vendorNames(), ", "))
	f.StringVar(&o.Key, "key", "", "API key that calls must carry (default: any)")
	f.StringArrayVar(&faults, "fault", nil, "misbehave: KIND[,field=value...]; can be given several times")
	f.IntVar(&o.Keep, "keep", sandbox.DefaultKeep, "how many calls to keep for looking at")
	f.BoolVar(&bodies, "bodies", false, "print the beginning of each body as well")
	f.BoolVarP(&quiet, "quiet", "q", false, "do not print calls")
	return cmd
}

// genericVendor is the vendor that the generic adapters are written for.
const genericVendor = "generic"

// playedVendor returns the vendor of that name, nil for the generic one.
func playedVendor(name string) (*sandbox.Vendor, error) {
	if name == genericVendor {
		return nil, nil //nolint:nilnil // the generic vendor is the sandbox's own
	}
	for _, vendor := range adapters.Sandboxes() {
		if vendor.Name == name {
			return &vendor, nil
		}
	}
	return nil, fmt.Errorf("--vendor %q: unknown; there are %s", name, strings.Join(vendorNames(), ", "))
}

func vendorNames() []string {
	names := []string{genericVendor}
	for _, vendor := range adapters.Sandboxes() {
		names = append(names, vendor.Name)
	}
	slices.Sort(names[1:])
	return names
}

// sandboxHeaderTimeout keeps a connection that says nothing from being held for ever.
const sandboxHeaderTimeout = 10 * time.Second

func serveSandbox(ctx context.Context, addr string, played *sandbox.Vendor, vendor *sandbox.Server, stderr io.Writer) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if played == nil {
		fmt.Fprintf(stderr, "sandbox: listening on http://%s, look at it there\n", l.Addr())
	} else {
		fmt.Fprintf(stderr, "sandbox: playing %s, the destination's url is http://%s%s, look at it at http://%s/_sandbox/\n",
			played.Name, l.Addr(), played.Path, l.Addr())
	}
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
func (g *globals) printCalls(w io.Writer, bodies bool) func(sandbox.Request) { //nolint:revive // the flag is the user's
	var mu sync.Mutex
	return func(c sandbox.Request) {
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

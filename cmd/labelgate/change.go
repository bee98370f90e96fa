package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/server"
)

// change is what redrive and discard differ in.
type change struct {
	kind              delivery.BulkKind
	past, short, long string
	example           string
	one               func(ledger, context.Context, int64) error
}

func redriving() change {
	return change{
		kind: delivery.BulkRedrive, past: "redriven", short: "Queue deliveries again: recorded steps are not repeated",
		long: "Queues deliveries again, by their ids or by a filter (without --state: dead and partial ones), oldest first. Only what is\n" +
			"unfinished is sent. It first says how many deliveries, items and calls that are, and what they cost where the\n" +
			"config gives a price, and asks above a threshold. --per-minute sets a pace; Ctrl-C or --stop stops, and what was\n" +
			"not reached stays as it was.",
		example: "  labelgate deliveries redrive 17 18\n" +
			"  labelgate deliveries redrive --state dead --destination labels --since 36h --per-minute 60",
		one: ledger.Redrive,
	}
}

func discarding() change {
	return change{
		kind: delivery.BulkDiscard, past: "discarded", short: "Close deliveries for good",
		long: "Closes deliveries for good, by their ids or by a filter (without --state: dead and partial ones). With a filter it asks\n" +
			"first.",
		example: "  labelgate deliveries discard 17\n  labelgate deliveries discard --state dead --until 2026-11-01 --yes",
		one:     ledger.Discard,
	}
}

// changing is one run of redrive or discard.
type changing struct {
	change
	*globals
	cmd      *cobra.Command
	request  server.BulkRequest
	yes      bool
	stop     bool
	askItems int
	askCost  float64
}

func newChangeCommand(g *globals, c change) *cobra.Command {
	run := &changing{change: c, globals: g, request: server.BulkRequest{Kind: c.kind}}
	cmd := &cobra.Command{Use: string(c.kind) + " [ID...]", Short: c.short, Long: c.long, Example: c.example}
	chosen := addFilterFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		run.cmd = cmd
		if run.stop {
			return g.withLedger(cmd, run.stopAll)
		}
		if err := run.choose(chosen, args); err != nil {
			return err
		}
		return g.withLedger(cmd, run.perform)
	}
	f := cmd.Flags()
	f.BoolVarP(&run.yes, "yes", "y", false, "do not ask")
	f.IntVar(&run.request.PerMinute, "per-minute", 0, "this many deliveries a minute; 0 for as fast as it goes")
	f.BoolVar(&run.stop, "stop", false, "stop every redrive and discard of many that runs")
	if c.kind == delivery.BulkRedrive {
		f.IntVar(&run.askItems, "ask-above", 100, "ask when it would send more items than this")
		f.Float64Var(&run.askCost, "ask-above-cost", 10, "ask when it would cost more than this at a destination")
	}
	return cmd
}

func (r *changing) choose(chosen *filterFlags, args []string) error {
	for _, arg := range args {
		id, err := parseID(arg)
		if err != nil {
			return err
		}
		r.request.IDs = append(r.request.IDs, id)
	}
	f, err := chosen.filter()
	if err != nil {
		return err
	}
	q := &r.request
	q.State, q.Route, q.Destination, q.Search, q.Since, q.Until = chosen.states, f.Route, f.Destination, f.Search, f.Since, f.Until
	if _, err := q.Selection(); err != nil {
		return &exitError{exitUsage, err}
	}
	if len(args) > 0 && (len(f.State) > 0 || f.Route+f.Destination+f.Search != "" || !f.Since.IsZero() || !f.Until.IsZero()) {
		return &exitError{exitUsage, errors.New("give ids or a filter, not both")}
	}
	return nil
}

func (r *changing) stopAll(l ledger) error {
	n, err := l.StopBulks(r.cmd.Context())
	fmt.Fprintf(r.cmd.ErrOrStderr(), "%d stopped\n", n)
	return err
}

// perform says what would be done, asks, and does it.
func (r *changing) perform(l ledger) error {
	stderr := r.cmd.ErrOrStderr()
	if r.kind == delivery.BulkRedrive || len(r.request.IDs) == 0 {
		estimate, err := l.Estimate(r.cmd.Context(), r.request)
		if err != nil {
			return err
		}
		r.announce(stderr, estimate)
		if err := r.confirm(estimate); err != nil {
			return err
		}
	}
	if len(r.request.IDs) > 0 && r.request.PerMinute == 0 {
		return r.each(l)
	}
	return r.many(l)
}

func (r *changing) announce(w io.Writer, e delivery.Estimate) {
	if r.kind == delivery.BulkRedrive {
		printEstimate(w, e)
		return
	}
	fmt.Fprintf(w, "%d deliveries\n", e.Deliveries+e.Unsettled+e.Stranded)
}

// confirm asks a person, where that is called for.
func (r *changing) confirm(e delivery.Estimate) error {
	ask := r.kind == delivery.BulkDiscard || e.Items > r.askItems
	for _, d := range e.Destinations {
		ask = ask || r.kind == delivery.BulkRedrive && d.Cost > r.askCost
	}
	if r.yes || !ask || e.Deliveries+e.Unsettled+e.Stranded == 0 {
		return nil
	}
	in, ok := r.cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return &exitError{exitUsage, errors.New("nobody is here to be asked; say --yes")}
	}
	fmt.Fprint(r.cmd.ErrOrStderr(), "Go on? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err == nil && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		err = errors.New("nothing was done")
	}
	return err
}

// each does it to one delivery after the other.
func (r *changing) each(l ledger) error {
	var errs []error
	for _, id := range r.request.IDs {
		if err := r.one(l, r.cmd.Context(), id); err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(r.cmd.ErrOrStderr(), "delivery %d: %s\n", id, r.past)
	}
	return errors.Join(errs...)
}

// many has it done to all that are chosen, and shows how far it is.
func (r *changing) many(l ledger) error {
	stderr := r.cmd.ErrOrStderr()
	live := isTerminal(stderr)
	b, err := l.Bulk(r.cmd.Context(), r.request, func(b delivery.Bulk) {
		if live {
			fmt.Fprintf(stderr, "\r%d %s", b.Done, r.past)
		}
	})
	if live {
		fmt.Fprint(stderr, "\r")
	}
	if err != nil && b.State == "" {
		return err
	}
	fmt.Fprintf(stderr, "%d %s, %d skipped: %s\n", b.Done, r.past, b.Skipped, b.State)
	if printErr := r.printResult(b); printErr != nil {
		return printErr
	}
	if err == nil && b.State != delivery.BulkDone {
		err = errors.New("stopped; what was not reached is as it was")
	}
	return err
}

func (r *changing) printResult(b delivery.Bulk) error {
	if r.output != "json" {
		return nil
	}
	return r.print(r.cmd.OutOrStdout(), b, nil)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

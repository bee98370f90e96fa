package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/store"
)

func newDeliveriesCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "deliveries",
		Aliases: []string{"delivery"},
		Short:   "List, show, redrive, discard and settle deliveries, also while the gateway runs",
		Long: "Reads and changes the ledger: at --server (its token in LABELGATE_ADMIN_TOKEN), else at the gateway that holds the\n" +
			"config's store, else in the store itself.",
	}
	cmd.AddCommand(newListCommand(g), newShowCommand(g),
		newChangeCommand(g, redriving()), newChangeCommand(g, discarding()))
	cmd.AddCommand(newSettleCommand(g))
	return group(cmd)
}

func newListCommand(g *globals) *cobra.Command {
	var filter store.Filter
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List deliveries, newest first",
		Args:  cobra.NoArgs,
	}
	chosen := addFilterFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f, err := chosen.filter()
		if err != nil {
			return err
		}
		f.Before, f.Limit = filter.Before, filter.Limit
		return g.withLedger(cmd, func(l ledger) error {
			list, err := l.List(cmd.Context(), f)
			if err != nil {
				return err
			}
			return g.print(cmd.OutOrStdout(), list, func(w io.Writer) { printList(w, list) })
		})
	}
	cmd.Flags().Int64Var(&filter.Before, "before", 0, "only deliveries older than this id, for the next page")
	cmd.Flags().IntVarP(&filter.Limit, "limit", "n", 50, "at most this many, up to 500")
	return cmd
}

func newShowCommand(g *globals) *cobra.Command {
	var items itemFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show all that is recorded of a delivery",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseID(args[0])
			if err != nil {
				return err
			}
			filter, err := items.filter()
			if err != nil {
				return err
			}
			return g.withLedger(cmd, func(l ledger) error {
				if items.all {
					return g.showItems(cmd, l, id, filter)
				}
				d, err := l.Get(cmd.Context(), id)
				if err != nil {
					return err
				}
				return g.print(cmd.OutOrStdout(), d, func(w io.Writer) { printDetail(w, d) })
			})
		},
	}
	items.add(cmd)
	return cmd
}

func (g *globals) withLedger(cmd *cobra.Command, do func(ledger) error) error {
	l, err := g.openLedger(cmd.Context(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	return errors.Join(do(l), l.Close())
}

func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, &exitError{exitUsage, fmt.Errorf("delivery %q: must be a number from 1", text)}
	}
	return id, nil
}

func printList(w io.Writer, list []store.Delivery) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSTATE\tROUTE\tPROJECT\tISSUE\tACCEPTED AT\tTRIES\tITEMS\tREFUSED\tREASON")
	for _, d := range list {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", d.ID, d.State, d.Route, d.Event.Project, d.Event.Issue.Name,
			d.AcceptedAt.Local().Format(time.DateTime), d.Attempts, d.Accepted, d.Refused, d.Reason)
	}
	t.Flush()
}

func printDetail(w io.Writer, d *store.Detail) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(t, "%s\t%v\n", name, value) }
	line("delivery", d.ID)
	line("state", d.State)
	if d.Reason != "" {
		line("reason", fmt.Sprintf("%s: %s", d.Reason, d.Detail))
	}
	if !d.NextAt.IsZero() {
		line("next try", d.NextAt.Local().Format(time.RFC3339))
	}
	line("route", fmt.Sprintf("%s: %s -> %s", d.Route, d.Source, d.Destination))
	line("issue", fmt.Sprintf("%s (%s) of project %s, %d elements", d.Event.Issue.Name, d.Event.Issue.ID, d.Event.Project, d.Event.Issue.Elements))
	line("accepted at", d.AcceptedAt.Local().Format(time.RFC3339))
	line("payload", fmt.Sprintf("%d bytes, sha256 %s", d.Size, d.Digest))
	line("key", d.Key)
	if d.Pass > 1 {
		line("pass", d.Pass)
	}
	line("items", fmt.Sprintf("%d accepted, %d refused, %d pending, %d unknown", d.Items.Accepted, d.Items.Refused, d.Items.Pending, d.Items.Unknown))
	for _, s := range d.Steps {
		line("step "+s.ID, fmt.Sprintf("%s, %d items%s", s.State, s.Items, keptText(s.Kept)))
	}
	for _, a := range d.Tries {
		line(fmt.Sprintf("try %d", a.Number), fmt.Sprintf("%s  %s  %s  status %d  %s  %s %s", a.Started.Local().Format(time.RFC3339),
			a.Step, a.Verdict, a.Status, a.Duration.Round(100*time.Microsecond), a.Reason, a.Detail))
	}
	for _, r := range d.Refusals {
		line("refused", fmt.Sprintf("element %d (%s) %s: %s", r.Index, r.ElementID, r.Item, r.Reason))
	}
	for _, n := range d.Notes {
		line("note", fmt.Sprintf("element %d (%s) %s: %s", n.Index, n.ElementID, n.Item, n.Text))
	}
	t.Flush()
}

func keptText(kept map[string]string) string {
	text := ""
	for _, name := range sortedKeys(kept) {
		text += fmt.Sprintf(", %s = %s", name, kept[name])
	}
	return text
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/delivery"
)

func newDestinationsCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "destinations",
		Aliases: []string{"destination"},
		Short:   "List, pause and resume destinations, also while the gateway runs",
		Long: "A paused destination gets nothing: calls in flight end, everything else waits and does not use up its give_up_after.\n" +
			"A vendor that refuses the key or keeps failing pauses itself (retry.pause_after), is probed and resumes by itself.",
	}
	cmd.AddCommand(newStandingsCommand(g), newPauseCommand(g), newResumeCommand(g))
	return group(cmd)
}

func newStandingsCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the destinations, and which are paused and why",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.withLedger(cmd, func(l ledger) error {
				list, err := l.Destinations(cmd.Context())
				if err != nil {
					return err
				}
				return g.print(cmd.OutOrStdout(), list, func(w io.Writer) { printStandings(w, list) })
			})
		},
	}
}

func newPauseCommand(g *globals) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "pause NAME",
		Short: "Send nothing to a destination until it is resumed, also after a restart",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.withLedger(cmd, func(l ledger) error {
				if err := l.Pause(cmd.Context(), args[0], why); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "destination %s: paused\n", args[0])
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "a word for those who find it paused")
	return cmd
}

func newResumeCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "resume NAME",
		Short: "Send to a destination again, whoever has paused it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.withLedger(cmd, func(l ledger) error {
				if err := l.Resume(cmd.Context(), args[0]); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "destination %s: resumed\n", args[0])
				return nil
			})
		},
	}
}

func printStandings(w io.Writer, list []delivery.Standing) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "DESTINATION\tADAPTER\tSTATE\tSINCE\tNEXT PROBE\tFAILED IN A ROW\tIN FLIGHT\tWHY")
	for _, d := range list {
		state, since, probe, why := "open", "", "", ""
		if p := d.Paused; p != nil {
			state, since, why = "paused by "+string(p.By), p.Since.Local().Format(time.DateTime), cmp.Or(p.Detail, string(p.Reason))
			if !p.ProbeAt.IsZero() {
				probe = p.ProbeAt.Local().Format(time.DateTime)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", d.Name, d.Adapter, state, since, probe, d.Failures, d.InFlight, why)
	}
	t.Flush()
}

package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/store"
)

// storeURL is the store that a command is about: the one named, else the config's.
func (g *globals) storeURL(cmd *cobra.Command, named []string) (string, error) {
	if len(named) > 0 {
		return named[0], nil
	}
	c, _, err := g.load(cmd.ErrOrStderr())
	if err != nil {
		return "", err
	}
	return c.Store.URL, nil
}

// held gives a store that another process holds its exit code.
func held(err error) error {
	if errors.Is(err, store.ErrLocked) {
		return &exitError{exitUnreachable, err}
	}
	return err
}

func newStoreCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Back up a store, or copy it to an empty one of either kind",
	}
	cmd.AddCommand(newBackupCommand(g), newCopyCommand(g))
	return group(cmd)
}

func newBackupCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FOLDER [STORE]",
		Short: "Write a whole store to a new folder, also while gateways work on it",
		Long: "Writes the config's store (or STORE, a URL) to a new folder, payloads included, as it is at one moment. What is there then is\n" +
			"a SQLite store: labelgate verify sqlite://FOLDER/" + store.BackupName + " looks it over, and labelgate store copy restores it.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := g.storeURL(cmd, args[1:])
			if err != nil {
				return err
			}
			if err := store.Backup(cmd.Context(), url, args[0]); err != nil {
				return held(err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: backed up\n", args[0])
			return nil
		},
	}
}

func newCopyCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy a store to an empty one: SQLite to PostgreSQL, back, or a backup to its place",
		Long: "Copies events with their payloads, deliveries with all that is recorded of them, and pauses, to an empty store. The copy has the\n" +
			"original's id, so deliveries keep the keys that vendors know them by: use one of the two only. Stop the gateways first.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			done, err := store.Copy(cmd.Context(), args[0], args[1])
			if err != nil {
				return held(err)
			}
			return g.print(cmd.OutOrStdout(), done, func(w io.Writer) {
				fmt.Fprintf(w, "copied %d deliveries with %d steps, %d calls, %d pauses and %d bytes of payloads\n",
					done.Deliveries, done.Steps, done.Attempts, done.Pauses, done.Bytes)
			})
		},
	}
}

func newMigrateCommand(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Show or change the version of a store's tables; gateways do so themselves when they start",
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "show [STORE]",
		Short: "Show which version the tables have, and which this program needs",
		Args:  cobra.MaximumNArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return g.showSchema(cmd, args) },
	}, &cobra.Command{
		Use:   "run [STORE]",
		Short: "Bring the tables up to date; of several that run at once one does it",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := g.storeURL(cmd, args)
			if err != nil {
				return err
			}
			if err := store.Migrate(cmd.Context(), url); err != nil {
				return held(err)
			}
			return g.showSchema(cmd, args)
		},
	})
	return group(cmd)
}

func (g *globals) showSchema(cmd *cobra.Command, args []string) error {
	url, err := g.storeURL(cmd, args)
	if err != nil {
		return err
	}
	have, want, err := store.Schema(cmd.Context(), url)
	if err != nil {
		return err
	}
	versions := map[string]int64{"have": have, "want": want}
	return g.print(cmd.OutOrStdout(), versions, func(w io.Writer) {
		state := "up to date"
		switch {
		case have == 0:
			state = "there is no store yet; the first start makes it"
		case have < want:
			state = "older: labelgate migrate run, or the next start, changes it"
		case have > want:
			state = "newer than this program; use a newer one"
		}
		fmt.Fprintf(w, "version %d, needed %d: %s\n", have, want, state)
	})
}

func newVerifyCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "verify [STORE]",
		Short: "Audit a store: every event, every call, every item and every payload; exit code 1 where something is wrong",
		Long: "Reads all of the config's store (or STORE, a URL), also while gateways work on it: that accepted = delivered + partial +\n" +
			"dead + discarded + open, that every step's calls are accounted for, that counts agree with what they count, and that payloads\n" +
			"have the checksums of what was accepted.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := g.storeURL(cmd, args)
			if err != nil {
				return err
			}
			s, err := store.OpenToRead(cmd.Context(), url)
			if err != nil {
				return held(err)
			}
			found, err := store.Audit(cmd.Context(), s)
			if err = errors.Join(err, s.Close()); err != nil {
				return err
			}
			if err := g.print(cmd.OutOrStdout(), found, func(w io.Writer) { printAudit(w, found) }); err != nil {
				return err
			}
			if len(found.Findings) > 0 {
				return fmt.Errorf("the store has %d findings", len(found.Findings))
			}
			return nil
		},
	}
}

func printAudit(w io.Writer, a *store.Audited) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "accepted\t%d\n= delivered\t%d\n+ partial\t%d\n+ dead\t%d\n+ discarded\t%d\n+ open\t%d\n",
		a.Accepted, a.Delivered, a.Partial, a.Dead, a.Discarded, a.Open)
	fmt.Fprintf(t, "steps\t%d, %d of them unknown\ncalls\t%d\npayloads\t%d bytes, every checksum compared\n", a.Steps, a.Unknown, a.Calls, a.Bytes)
	for _, f := range a.Findings {
		if f.Delivery > 0 {
			fmt.Fprintf(t, "WRONG\tdelivery %d: %s\n", f.Delivery, f.What)
		} else {
			fmt.Fprintf(t, "WRONG\t%s\n", f.What)
		}
	}
	t.Flush()
}

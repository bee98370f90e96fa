package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/store"
)

// itemFlags are what deliveries show is asked of the items.
type itemFlags struct {
	all    bool
	states []string
	after  string
	limit  int
}

func (f *itemFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "items", false, "list the items, one a line: where each stands, and by what id the vendor knows it")
	flags.StringSliceVar(&f.states, "state", nil, "with --items: only these states (pending, accepted, refused, unknown)")
	flags.StringVar(&f.after, "after", "", "with --items: the page that begins at this \"next\" of the page before")
	flags.IntVarP(&f.limit, "limit", "n", 0, "with --items: at most this many (0: all in text, 100 in JSON)")
}

func (f *itemFlags) filter() (store.ItemFilter, error) {
	filter := store.ItemFilter{After: f.after, Limit: f.limit}
	for _, s := range f.states {
		if !slices.Contains(store.ItemStates, store.ItemState(s)) {
			return filter, &exitError{exitUsage, fmt.Errorf("--state %q: must be one of %v", s, store.ItemStates)}
		}
		filter.State = append(filter.State, store.ItemState(s))
	}
	if !f.all && (len(f.states) > 0 || f.after != "" || f.limit != 0) {
		return filter, &exitError{exitUsage, fmt.Errorf("--state, --after and --limit are about the items; add --items")}
	}
	return filter, nil
}

// itemPage is how many items are asked for at once.
const itemPage = 1000

// showItems prints a delivery's items: one page as JSON, as many as were asked for as text.
func (g *globals) showItems(cmd *cobra.Command, l ledger, id int64, f store.ItemFilter) error {
	if g.output == "json" {
		page, err := l.Items(cmd.Context(), id, f)
		if err != nil {
			return err
		}
		return g.print(cmd.OutOrStdout(), page, nil)
	}
	t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ITEM\tSTATE\tSTEP\tVENDOR'S ID\tLINK\tREASON AND NOTES")
	for left, first := f.Limit, true; first || f.After != "" && (f.Limit == 0 || left > 0); first = false {
		page := f
		page.Limit = itemPage
		if f.Limit > 0 {
			page.Limit = min(left, itemPage)
		}
		got, err := l.Items(cmd.Context(), id, page)
		if err != nil {
			return err
		}
		printItems(t, got.Items)
		f.After, left = got.Next, left-len(got.Items)
	}
	if f.After != "" {
		fmt.Fprintf(cmd.ErrOrStderr(), "there are more: --after %s\n", f.After)
	}
	return t.Flush()
}

func printItems(w io.Writer, items []store.Item) {
	for _, i := range items {
		name := string(i.ID)
		if name == "" {
			name = fmt.Sprintf("element %d (%s)", i.Index, i.ElementID)
		}
		why := append([]string(nil), i.Notes...)
		if i.Reason != "" {
			why = append([]string{i.Reason}, why...)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", name, i.State, i.Step, i.Receipt.ID, i.Link, strings.Join(why, "; "))
	}
}

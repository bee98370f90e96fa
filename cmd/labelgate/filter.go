package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/store"
)

// filterFlags are the flags that choose deliveries.
type filterFlags struct {
	states                     []string
	route, destination, search string
	since, until               timeFlag
}

func addFilterFlags(cmd *cobra.Command) *filterFlags {
	f := &filterFlags{since: timeFlag{name: "since"}, until: timeFlag{name: "until"}}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.states, "state", nil, "only these states (queued, running, waiting, delivered, partial, dead, discarded)")
	flags.StringVar(&f.route, "route", "", "only this route")
	flags.StringVar(&f.destination, "destination", "", "only what went to this destination")
	flags.StringVar(&f.search, "search", "", "only where each of these words begins a word of project, issue or dataset, or the id of an element, frame or label")
	f.since.add(cmd, "only what was accepted since then: a time such as 2026-11-25T12:00:00Z, or how long ago, such as 36h")
	f.until.add(cmd, "only what was accepted before then")
	return f
}

// filter is what the flags say.
func (f *filterFlags) filter() (store.Filter, error) {
	out := store.Filter{Route: f.route, Destination: f.destination, Search: f.search}
	for _, s := range f.states {
		if !slices.Contains(store.States, store.State(s)) {
			return out, &exitError{exitUsage, fmt.Errorf("--state %q: must be one of %v", s, store.States)}
		}
		out.State = append(out.State, store.State(s))
	}
	return out, errors.Join(f.since.into(&out.Since), f.until.into(&out.Until))
}

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/config"
)

// checked is what check prints as JSON.
type checked struct {
	File     string         `json:"file"`
	OK       bool           `json:"ok"`
	Mistakes []config.Error `json:"mistakes"`
}

func newCheckCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the config and the adapters' options",
		Long:  "Prints every mistake at once as file:line:column: what is wrong. Exit code 1 when there are any.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.output == "json" {
				return g.checkJSON(cmd.OutOrStdout())
			}
			c, _, err := g.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is good: %d sources, %d destinations, %d routes\n",
				g.configFile, len(c.Sources), len(c.Destinations), len(c.Routes))
			for _, r := range c.Routes {
				fmt.Fprintf(cmd.OutOrStdout(), "  POST %s  (route %s, from %s) -> %s (%s)\n",
					r.Path, r.Name, r.Source, r.Destination, c.Destinations[r.Destination].Adapter)
			}
			return nil
		},
	}
}

func (g *globals) checkJSON(w io.Writer) error {
	_, _, err := g.load(io.Discard)
	result := checked{File: g.configFile, OK: err == nil, Mistakes: []config.Error{}}
	var mistakes config.Errors
	if errors.As(err, &mistakes) {
		result.Mistakes = mistakes
	} else if err != nil {
		return err
	}
	if printErr := g.print(w, result, nil); printErr != nil || err == nil {
		return printErr
	}
	return &silentError{err}
}

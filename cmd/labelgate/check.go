package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/gateway"
)

// checked is what check prints as JSON.
type checked struct {
	File     string         `json:"file"`
	OK       bool           `json:"ok"`
	Mistakes []config.Error `json:"mistakes"`
	// Asked are the routes whose vendors were asked.
	Asked []string `json:"asked,omitempty"`
}

const checkHelp = `Prints every mistake at once as file:line:column: what is wrong. Exit code 1 when there are any.

With --online the vendors are asked too, by reads alone: that the project is there, that the key may use it, that every class
of a class map is one of the vendor's.`

func newCheckCommand(g *globals) *cobra.Command {
	var online bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the config and the adapters' options",
		Long:  checkHelp,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.output == "json" {
				return g.checkJSON(cmd.Context(), cmd.OutOrStdout(), online)
			}
			c, reg, err := g.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if online {
				if err := checkOnline(cmd.Context(), c, reg, cmd.ErrOrStderr(), cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			printGood(cmd.OutOrStdout(), g.configFile, c)
			return nil
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, "ask the vendors as well, by reads alone")
	return cmd
}

func printGood(w io.Writer, file string, c *config.Config) {
	fmt.Fprintf(w, "%s is good: %d sources, %d destinations, %d routes\n", file, len(c.Sources), len(c.Destinations), len(c.Routes))
	for _, r := range c.Routes {
		fmt.Fprintf(w, "  POST %s  (route %s, from %s) -> %s (%s)\n",
			r.Path, r.Name, r.Source, r.Destination, c.Destinations[r.Destination].Adapter)
	}
}

// checkOnline asks the vendors and prints what they say.
func checkOnline(ctx context.Context, c *config.Config, reg *adapter.Registry, stderr, stdout io.Writer) error {
	mistakes, asked, err := inspect(ctx, c, reg)
	for _, mistake := range mistakes {
		fmt.Fprintln(stderr, mistake.Error())
	}
	switch {
	case err != nil:
		return err
	case len(mistakes) > 0:
		return &silentError{mistakes}
	case len(asked) == 0:
		fmt.Fprintln(stdout, "no adapter of this config has anything to ask its vendor")
	}
	return nil
}

// inspect asks the vendor of each route whose adapter can. Routes that share a destination may share mistakes: each is
// told once.
func inspect(ctx context.Context, c *config.Config, reg *adapter.Registry) (mistakes config.Errors, asked []string, err error) {
	for _, route := range c.Routes {
		if _, can := route.Adapter.(adapter.Inspector); !can {
			continue
		}
		destination := c.Destinations[route.Destination]
		caller, err := gateway.Caller(destination, reg, version)
		if err != nil {
			return nil, nil, fmt.Errorf("destination %q: %w", route.Destination, err)
		}
		found, err := delivery.Inspection{Caller: caller, Timeout: destination.Limits.Timeout, Wait: time.Second}.Run(ctx, route.Adapter)
		caller.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("route %q: destination %q cannot be asked: %w", route.Name, route.Destination, err)
		}
		asked = append(asked, route.Name)
		for _, mistake := range route.Mistakes(found) {
			if !slices.Contains(mistakes, mistake) {
				mistakes = append(mistakes, mistake)
			}
		}
	}
	return mistakes, asked, nil
}

func (g *globals) checkJSON(ctx context.Context, w io.Writer, online bool) error { //nolint:revive // the flag is the user's
	c, reg, err := g.load(io.Discard)
	result := checked{File: g.configFile, Mistakes: []config.Error{}}
	var mistakes config.Errors
	if err == nil && online {
		var failed error
		mistakes, result.Asked, failed = inspect(ctx, c, reg)
		if failed != nil {
			return failed
		}
		if len(mistakes) > 0 {
			err = mistakes
		}
	}
	if errors.As(err, &mistakes) {
		result.Mistakes = mistakes
	} else if err != nil {
		return err
	}
	result.OK = err == nil
	if printErr := g.print(w, result, nil); printErr != nil || err == nil {
		return printErr
	}
	return &silentError{err}
}

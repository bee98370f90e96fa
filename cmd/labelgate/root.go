package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
)

// globals are the flags that every command has.
type globals struct {
	configFile string
	server     string
	output     string
}

func newRootCommand() *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:           "labelgate",
		Short:         "Export gateway for label quality work",
		Long:          "Labelgate takes issue-exported webhooks, journals them, and has the labels redone at labeling vendors.\n\n" + exitCodes,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if g.output != "text" && g.output != "json" {
				return &exitError{exitUsage, fmt.Errorf("--output %q: must be text or json", g.output)}
			}
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&g.configFile, "config", "c", "labelgate.yaml", "config file")
	flags.StringVar(&g.server, "server", "", "URL of a running gateway, instead of the one the config names")
	flags.StringVarP(&g.output, "output", "o", "text", "text for people, json for scripts")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUsage, err} })
	root.AddCommand(
		newInitCommand(), newServeCommand(g), newCheckCommand(g), newPreviewCommand(g), newSendCommand(g),
		newDeliveriesCommand(g), newDestinationsCommand(g), newReloadCommand(g), newAdaptersCommand(g), newSchemaCommand(), newSandboxCommand(g), newVersionCommand(g),
		newVerifyCommand(g), newMigrateCommand(g), newStoreCommand(g),
	)
	usageErrors(root)
	return group(root)
}

// group makes a command that only holds others answer a word it does not know with the exit code of wrong usage.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		hint := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = " (did you mean " + strings.Join(near, " or ") + "?)"
		}
		return &exitError{exitUsage, fmt.Errorf("unknown command %q%s; %s --help lists them", args[0], hint, cmd.CommandPath())}
	}
	cmd.SuggestionsMinimumDistance = 2
	return cmd
}

const exitCodes = `Exit codes: 0 it worked; 1 it did not, stderr says why; 2 the command line is wrong;
3 the gateway cannot be reached, or its store is held by another process.`

// usageErrors gives wrong arguments, of all commands, their exit code.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return &exitError{exitUsage, fmt.Errorf("%w; see labelgate %s --help", err, cmd.Name())}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}

// registry returns the compiled-in adapters.
func registry() (*adapter.Registry, error) { return adapter.NewRegistry(adapters.All()...) }

// load reads the config file; its mistakes are printed, one a line.
func (g *globals) load(stderr io.Writer) (*config.Config, *adapter.Registry, error) {
	reg, err := registry()
	if err != nil {
		return nil, nil, err
	}
	c, err := config.Load(g.configFile, config.LoadOptions{Adapters: reg, LookupEnv: os.LookupEnv, ReadFile: os.ReadFile})
	var mistakes config.Errors
	if errors.As(err, &mistakes) {
		for _, mistake := range mistakes {
			fmt.Fprintln(stderr, mistake.Error())
		}
		return nil, nil, &silentError{err}
	}
	return c, reg, err
}

// print writes a value as JSON where that is asked for, else as text.
func (g *globals) print(w io.Writer, value any, text func(io.Writer)) error {
	if g.output != "json" {
		text(w)
		return nil
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

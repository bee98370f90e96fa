package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/config"
)

func newVersionCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := map[string]string{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return g.print(cmd.OutOrStdout(), v, func(w io.Writer) {
				fmt.Fprintf(w, "labelgate %s (%s, %s)\n", v["version"], v["go"], v["platform"])
			})
		},
	}
}

func newSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the config file, adapters' options included",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			reg, err := registry()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(config.Schema(reg))
			return err
		},
	}
}

func newAdaptersCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "adapters [NAME]",
		Short: "List the adapters, or show one's options",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reg, err := registry()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return g.listAdapters(cmd.OutOrStdout())
			}
			factory, ok := reg.Get(args[0])
			if !ok {
				return fmt.Errorf("adapter %q: unknown; there are %v", args[0], reg.Names())
			}
			options := config.DescribeOptions(factory)
			return g.print(cmd.OutOrStdout(), options, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s\n\n", factory.Name, factory.Summary)
				printOptions(w, options)
			})
		},
	}
}

// described is one adapter of the list.
type described struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

func (g *globals) listAdapters(w io.Writer) error {
	reg, err := registry()
	if err != nil {
		return err
	}
	list := make([]described, 0, len(reg.Names()))
	for _, name := range reg.Names() {
		factory, _ := reg.Get(name)
		list = append(list, described{name, factory.Summary})
	}
	return g.print(w, list, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, a := range list {
			fmt.Fprintf(t, "%s\t%s\n", a.Name, a.Summary)
		}
		t.Flush()
	})
}

func printOptions(w io.Writer, options []config.Option) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "OPTION\tTYPE\tDEFAULT\tMEANING")
	for _, o := range options {
		value := o.Default
		if o.Required {
			value = "(required)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", o.Name, o.Type, value, o.Doc)
	}
	t.Flush()
}

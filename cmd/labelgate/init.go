package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/configs"
)

func newInitCommand() *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:       "init [VENDOR]",
		Short:     "Write a commented config to start from",
		Long:      "Writes a commented config: the default one, or the one of a vendor: " + strings.Join(configs.Names(), ", ") + ".",
		Example:   "  labelgate init aquarium-rest\n  labelgate init --file - | less",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: configs.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "labelgate"
			if len(args) == 1 {
				name = args[0]
			}
			text, err := configs.Read(name)
			if err != nil {
				return fmt.Errorf("config %q: unknown; there are %s", name, strings.Join(configs.Names(), ", "))
			}
			if file == "-" {
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			if err := writeNew(file, text, force); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is written. Next: labelgate check -c %s\n", file, file)
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "labelgate.yaml", "file to write, - for standard output")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the file")
	return cmd
}

// writeNew writes a file that must not exist, unless forced.
func writeNew(name string, text []byte, force bool) error { //nolint:revive // the flag is the user's
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, mode, 0o644) //nolint:gosec // a config names secrets and holds none
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: is there already; --force overwrites it, --file names another", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

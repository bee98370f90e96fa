package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

func newServeCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Take webhooks and deliver them",
		Long: "Takes webhooks and delivers them until SIGTERM or SIGINT: then calls in flight end, the rest waits on disk,\n" +
			"and the exit code is 0. Logs JSON lines on standard error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, reg, err := g.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			log, err := telemetry.NewLogger(os.Stderr, c.Log.Level)
			if err != nil {
				return err
			}
			gateway.TuneMemory()
			gw, err := gateway.Open(cmd.Context(), gateway.Options{Config: c, Adapters: reg, Log: log, Version: version})
			if errors.Is(err, store.ErrLocked) {
				return &exitError{exitUnreachable, err}
			}
			if err != nil {
				return err
			}
			return gw.Run(cmd.Context())
		},
	}
}

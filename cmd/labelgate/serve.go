package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

func newServeCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Take webhooks and deliver them",
		Long: "Takes webhooks and delivers them until SIGTERM or SIGINT: then calls in flight end, the rest waits on disk,\n" +
			"and the exit code is 0. SIGHUP reloads the config, as labelgate reload does. Logs JSON lines on standard error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, reg, err := g.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			log, setLevel, err := telemetry.NewLogger(os.Stderr, c.Log.Level)
			if err != nil {
				return err
			}
			gateway.TuneMemory()
			gw, err := gateway.Open(cmd.Context(), gateway.Options{
				Config: c, Adapters: reg, Log: log, Version: version, SetLevel: setLevel,
				Load: func() (*config.Config, error) { return g.reread(reg) },
			})
			if errors.Is(err, store.ErrLocked) {
				return &exitError{exitUnreachable, err}
			}
			if err != nil {
				return err
			}
			defer reloadOnSignal(cmd.Context(), gw)()
			return gw.Run(cmd.Context())
		},
	}
}

// reread loads the config file again.
func (g *globals) reread(reg *adapter.Registry) (*config.Config, error) {
	return config.Load(g.configFile, config.LoadOptions{Adapters: reg, LookupEnv: os.LookupEnv, ReadFile: os.ReadFile})
}

// reloadOnSignal reloads at every SIGHUP until stop is called. What comes of it is in the log.
func reloadOnSignal(ctx context.Context, gw *gateway.Gateway) (stop func()) {
	hangups, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-hangups:
				_, _ = gw.Reload(ctx) // it is logged
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(done)
	}
}

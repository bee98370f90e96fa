package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/store"
)

func newReloadCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Have the running gateway take its config file as it is now",
		Long: "The gateway checks its file first and takes it whole or not at all. Calls in flight end under the config of before,\n" +
			"everything else goes by the new one. server.listen, server.header_timeout, server.body_timeout and store.url\n" +
			"need a restart, and so do new values in the environment (${file:PATH} is read again). SIGHUP does the same.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			gateway, err := g.runningGateway(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			var info server.ConfigInfo
			if err := gateway.do(cmd.Context(), http.MethodPost, "reload", &info); err != nil {
				return err
			}
			return g.print(cmd.OutOrStdout(), info, func(w io.Writer) {
				fmt.Fprintf(w, "config %s runs since %s\n", info.Hash[:min(12, len(info.Hash))], info.LoadedAt.Local().Format(time.DateTime))
			})
		},
	}
}

// runningGateway is the API of --server, or of the gateway that runs by the config.
func (g *globals) runningGateway(ctx context.Context, stderr io.Writer) (*apiLedger, error) {
	if g.server != "" {
		return newAPILedger(g.server, os.Getenv("LABELGATE_ADMIN_TOKEN"))
	}
	c, _, err := g.load(stderr)
	if err != nil {
		return nil, err
	}
	path, local := strings.CutPrefix(c.Store.URL, "sqlite://")
	if !local { // no lock says where it is
		base, err := listenURL(c.Server.Listen)
		if err != nil {
			return nil, err
		}
		return newAPILedger(base, c.Admin.Token.Reveal())
	}
	if _, err := os.Stat(path); err != nil { // opening would make a store
		return nil, &exitError{exitUnreachable, fmt.Errorf("store.url: %w; if it was changed, restart the gateway, or give --server", err)}
	}
	s, err := store.Open(ctx, c.Store.URL)
	var locked *store.LockedError
	if errors.As(err, &locked) && locked.Addr() != "" {
		return newAPILedger("http://"+loopback(locked.Addr()), c.Admin.Token.Reveal())
	}
	if err == nil {
		err = errors.Join(errors.New("the gateway does not run"), s.Close())
	}
	return nil, &exitError{exitUnreachable, err}
}

package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// Reload takes the config file as it is now, whole or not at all. Deliveries that are worked on make the call that is in flight
// under the config of before, requests that are being read end as they began, and everything else goes by the new one. The
// error says why nothing has changed.
func (g *Gateway) Reload(ctx context.Context) (server.ConfigInfo, error) {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	if err := g.reload(ctx); err != nil {
		g.metrics.Reloaded("refused")
		g.log.Error("config refused, the one of before goes on", zap.String(telemetry.KeyDetail, err.Error()))
		return g.Running(), err
	}
	g.metrics.Reloaded("taken")
	g.log.Info("config taken", zap.String(telemetry.KeyConfig, shortHash(g.running.Load().Config)))
	g.warnOfStrandedRoutes(ctx)
	return g.Running(), nil
}

// Running is the config that runs.
func (g *Gateway) Running() server.ConfigInfo {
	now := g.running.Load()
	return server.ConfigInfo{Hash: now.Digest, LoadedAt: now.at}
}

// reload makes everything that can go wrong before it changes anything.
func (g *Gateway) reload(ctx context.Context) error {
	if g.options.Load == nil {
		return errors.New("config: this gateway was not started from a file")
	}
	c, err := g.options.Load()
	if err != nil {
		return err
	}
	if err := changedForGood(g.running.Load().Config, c); err != nil {
		return err
	}
	o := g.options
	o.Config = c
	destinations, err := destinations(o)
	if err != nil {
		return err
	}
	if err := g.engine.Reload(ctx, destinations, c.Store.Retention); err != nil {
		return err
	}
	// The engine first: what a new route takes must have somewhere to go.
	g.server.Reload(server.Face{
		Routes: endpoints(c), AdminToken: c.Admin.Token.Reveal(), MaxBody: int64(c.Server.MaxBody),
	})
	if g.options.SetLevel != nil {
		if err := g.options.SetLevel(c.Log.Level); err != nil {
			g.log.Error("log level not changed", zap.Error(err)) // the config knows no such level
		}
	}
	g.took(c)
	return nil
}

// changedForGood names what a running gateway cannot change.
func changedForGood(old, next *config.Config) error {
	var errs []error
	for _, field := range []struct {
		name    string
		changed bool
	}{
		{"server.listen", old.Server.Listen != next.Server.Listen},
		{"server.header_timeout", old.Server.HeaderTimeout != next.Server.HeaderTimeout},
		{"server.body_timeout", old.Server.BodyTimeout != next.Server.BodyTimeout},
		{"store.url", old.Store.URL != next.Store.URL},
	} {
		if field.changed {
			errs = append(errs, fmt.Errorf("%s: cannot be changed while the gateway runs; restart it", field.name))
		}
	}
	return errors.Join(errs...)
}

// took notes a config as the one that runs.
func (g *Gateway) took(c *config.Config) {
	now := time.Now()
	g.running.Store(&runningConfig{c, now})
	g.metrics.ConfigTaken(shortHash(c), now)
}

// shortHash is enough of a config's hash to tell it from others.
func shortHash(c *config.Config) string { return c.Digest[:min(12, len(c.Digest))] }

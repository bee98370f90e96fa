// Package gateway is wiring: a config goes in, a running gateway comes out.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// Options are what a gateway is made from.
type Options struct {
	Config   *config.Config
	Adapters *adapter.Registry
	Log      *zap.Logger
	// Version is the binary's, for metrics and the User-Agent.
	Version string
	// Load reads the config file again, for a reload; nil where there is none. Its error is shown to who asked for it.
	Load func() (*config.Config, error)
	// SetLevel changes what Log logs; nil where that cannot be changed.
	SetLevel telemetry.SetLevel
}

// Gateway is a store, an engine and a server that belong together.
type Gateway struct {
	options  Options
	log      *zap.Logger
	metrics  *telemetry.Metrics
	store    store.Store
	engine   *delivery.Engine
	server   *server.Server
	listener net.Listener

	reloading sync.Mutex // held while a config is taken
	running   atomic.Pointer[runningConfig]
}

// runningConfig is a config that was taken.
type runningConfig struct {
	*config.Config
	at time.Time
}

// Open opens the store and starts to listen; nothing is taken or delivered before Run.
func Open(ctx context.Context, o Options) (*Gateway, error) {
	g := &Gateway{options: o, log: o.Log}
	destinations, err := destinations(o)
	if err != nil {
		return nil, err
	}
	if g.store, err = store.Open(ctx, o.Config.Store.URL); err != nil {
		return nil, err
	}
	g.metrics = telemetry.NewMetrics(o.Version, g.counts)
	g.took(o.Config)
	g.engine = delivery.New(delivery.Options{
		Store: g.store, Destinations: destinations, Log: o.Log, Metrics: g.metrics, Retention: o.Config.Store.Retention,
	})
	g.server = server.New(server.Options{
		Routes: endpoints(o.Config), Store: g.store, Deliverer: g.engine, Log: o.Log, Metrics: g.metrics, Config: g,
		AdminToken: o.Config.Admin.Token.Reveal(), MaxBody: int64(o.Config.Server.MaxBody),
		HeaderTimeout: o.Config.Server.HeaderTimeout, BodyTimeout: o.Config.Server.BodyTimeout,
	})
	if g.listener, err = listen(ctx, o.Config.Server.Listen, g.store); err != nil {
		return nil, errors.Join(err, g.store.Close())
	}
	return g, nil
}

// Addr is the address that the gateway listens on.
func (g *Gateway) Addr() net.Addr { return g.listener.Addr() }

// Run takes and delivers events until ctx ends, then drains: no request is taken any more, calls in flight end, the rest
// waits in the store. Its error is nil after an orderly stop.
func (g *Gateway) Run(ctx context.Context) error {
	g.warnOfStrandedRoutes(ctx)
	g.engine.Start(ctx)
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(g.listener) }()
	g.log.Info("ready", zap.String(telemetry.KeyAddress, g.Addr().String()),
		zap.String(telemetry.KeyStore, store.Redacted(g.running.Load().Store.URL)), zap.String(telemetry.KeyVersion, g.options.Version))
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	return errors.Join(err, g.stop(context.WithoutCancel(ctx)))
}

// stop ends everything in the order that loses nothing.
func (g *Gateway) stop(ctx context.Context) error {
	g.log.Info("stopping")
	ctx, cancel := context.WithTimeout(ctx, g.running.Load().Server.DrainTimeout)
	defer cancel()
	g.engine.Stop() // first: a sender that takes its time must not have new calls begun meanwhile
	err := g.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // who still sends after that has no answer, and sends again
	}
	g.engine.Drain(ctx)
	if closeErr := g.store.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	g.log.Info("stopped")
	return err
}

// warnOfStrandedRoutes tells of deliveries whose route is not in the config any more: they wait for it to come back.
func (g *Gateway) warnOfStrandedRoutes(ctx context.Context) {
	known := make(map[string]bool)
	for _, r := range g.running.Load().Routes {
		known[r.Name] = true
	}
	counts, err := g.store.Counts(ctx)
	if err != nil {
		g.log.Error("deliveries cannot be counted", zap.Error(err))
	}
	for at, n := range counts {
		if !known[at.Route] && !at.State.Final() && n > 0 {
			g.log.Warn("deliveries wait for a route that is not in the config",
				zap.String(telemetry.KeyRoute, at.Route), zap.Int64(telemetry.KeyCount, n))
		}
	}
}

// countsTimeout bounds what a scrape of the metrics may ask of the store.
const countsTimeout = 5 * time.Second

func (g *Gateway) counts() []telemetry.DeliveryCount {
	ctx, cancel := context.WithTimeout(context.Background(), countsTimeout) //nolint:forbidigo // a scrape has no context
	defer cancel()
	counts, err := g.store.Counts(ctx)
	if err != nil {
		return nil
	}
	out := make([]telemetry.DeliveryCount, 0, len(counts))
	for at, n := range counts {
		out = append(out, telemetry.DeliveryCount{Route: at.Route, State: string(at.State), Count: n})
	}
	return out
}

// addressSetter is a store that tells other processes who holds it.
type addressSetter interface{ SetAddress(addr string) error }

func listen(ctx context.Context, addr string, s store.Store) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("server.listen: %w", err)
	}
	if holder, ok := s.(addressSetter); ok {
		if err := holder.SetAddress(l.Addr().String()); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

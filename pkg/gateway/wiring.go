package gateway

import (
	"fmt"
	"maps"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/source"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/transport"
)

// SourceOf returns the source of a config's source type; nil for a type that config does not let through.
func SourceOf(kind string) source.Source {
	if kind == "aquarium" {
		return aquarium.New()
	}
	return nil
}

// Caller returns the transport of a destination.
func Caller(d config.Destination, registry *adapter.Registry, version string) (*transport.Client, error) {
	factory, ok := registry.Get(d.Adapter)
	if !ok {
		return nil, fmt.Errorf("adapter %q: unknown", d.Adapter)
	}
	auth := factory.Auth
	if d.Auth != nil {
		auth = adapter.Auth{Header: d.Auth.Header, Scheme: d.Auth.Scheme, Basic: d.Auth.Basic}
	}
	headers := make(map[string]string, len(d.Headers))
	for name, value := range d.Headers {
		headers[name] = value.Reveal()
	}
	return transport.New(transport.Options{
		URL: d.URL, APIKey: d.APIKey.Reveal(), Auth: auth, Headers: headers,
		Timeout: d.Limits.Timeout, MaxAnswer: int64(d.Limits.MaxAnswer), Concurrency: d.Limits.Concurrency,
		UserAgent: "labelgate/" + version,
	})
}

// destinations returns the engine's view of the config.
func destinations(o Options) ([]delivery.Destination, error) {
	out := make([]delivery.Destination, 0, len(o.Config.Destinations))
	for _, name := range slices.Sorted(maps.Keys(o.Config.Destinations)) {
		d := o.Config.Destinations[name]
		caller, err := Caller(d, o.Adapters, o.Version)
		if err != nil {
			return nil, fmt.Errorf("destinations.%s: %w", name, err)
		}
		factory, _ := o.Adapters.Get(d.Adapter)
		out = append(out, delivery.Destination{
			Name: name, Adapter: d.Adapter, Caller: caller, Routes: routesTo(o.Config, name),
			Concurrency: lower(d.Limits.Concurrency, factory.Limits.Concurrency),
			PerMinute:   lower(d.Limits.PerMinute, factory.Limits.PerMinute),
			Timeout:     d.Limits.Timeout,
			Schedule: delivery.Schedule{
				Initial: d.Retry.Initial, Max: d.Retry.Max,
				MaxRetryAfter: d.Retry.MaxRetryAfter, GiveUpAfter: d.Retry.GiveUpAfter, Poll: d.Retry.Poll,
			},
			PauseAfter: d.Retry.PauseAfter,
			Price:      delivery.Price{PerItem: d.Price.PerItem, Currency: d.Price.Currency},
		})
	}
	return out, nil
}

func routesTo(c *config.Config, destination string) []delivery.Route {
	var out []delivery.Route
	for _, r := range c.Routes {
		if r.Destination == destination {
			out = append(out, delivery.Route{Name: r.Name, Adapter: r.Adapter, Source: SourceOf(c.Sources[r.Source].Type)})
		}
	}
	return out
}

// lower is the lower of two limits, where 0 is no limit.
func lower(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// endpoints returns the server's view of the config.
func endpoints(c *config.Config) []server.Route {
	out := make([]server.Route, 0, len(c.Routes))
	for _, r := range c.Routes {
		src := c.Sources[r.Source]
		secrets := make([]string, 0, len(src.Secrets))
		for _, secret := range src.Secrets {
			secrets = append(secrets, secret.Reveal())
		}
		out = append(out, server.Route{
			Name: r.Name, Path: r.Path, SourceName: r.Source, Destination: r.Destination, Events: r.Events,
			Source: SourceOf(src.Type), Secrets: secrets, Wait: r.Wait, Dedup: r.Dedup,
		})
	}
	return out
}

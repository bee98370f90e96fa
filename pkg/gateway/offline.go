package gateway

import (
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// Offline returns an engine that is not started: it changes what the store says, and delivers nothing. It is for commands that
// work on the store of a gateway that does not run.
func Offline(o Options, s store.Store) (*delivery.Engine, error) {
	destinations, err := destinations(o)
	if err != nil {
		return nil, err
	}
	return delivery.New(delivery.Options{
		Store: s, Destinations: destinations, Log: o.Log,
		Metrics: telemetry.NewMetrics(o.Version, func() []telemetry.DeliveryCount { return nil }),
	}), nil
}

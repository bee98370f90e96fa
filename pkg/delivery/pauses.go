package delivery

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/store"
)

// Standing is how a destination stands.
type Standing struct {
	// Name and Adapter are those of the config, Routes the routes that end there.
	Name    string   `json:"name"`
	Adapter string   `json:"adapter"`
	Routes  []string `json:"routes"`
	// Paused is the pause that lasts, nil while the destination is open.
	Paused *store.Pause `json:"paused,omitempty"`
	// Failures counts the calls that failed in a row; InFlight those being made.
	Failures int64 `json:"failures"`
	InFlight int   `json:"in_flight"`
	// Concurrency and PerMinute are the limits that hold, 0 for none.
	Concurrency int `json:"concurrency"`
	PerMinute   int `json:"per_minute"`
}

// Destinations tells how the destinations stand, in the order of the config.
func (e *Engine) Destinations(ctx context.Context) []Standing {
	e.follow(ctx)
	lanes := e.layout.Load().lanes
	out := make([]Standing, 0, len(lanes))
	for _, l := range lanes {
		out = append(out, Standing{
			Name: l.Name, Adapter: l.Adapter, Routes: append([]string{}, l.names...), Paused: l.gate.paused(),
			Failures: l.gate.failures.Load(), InFlight: len(l.turns),
			Concurrency: l.Concurrency, PerMinute: l.PerMinute,
		})
	}
	return out
}

// Pause stops sending to a destination until Resume; calls in flight end. It is kept in the store, so it lasts over
// restarts and holds for all replicas. ErrState where a person has paused it already.
func (e *Engine) Pause(ctx context.Context, name, why string) error {
	if err := e.knows(name); err != nil {
		return err
	}
	e.pausing.Lock()
	defer e.pausing.Unlock()
	p := store.Pause{Destination: name, By: store.ByPerson, Detail: why, Since: e.now()}
	begun, err := e.store.BeginPause(ctx, p)
	if err != nil {
		return err
	}
	e.followAll(ctx)
	if !begun {
		return fmt.Errorf("destination %q: paused already: %w", name, store.ErrState)
	}
	e.logPause(p)
	return nil
}

// Resume sends to a destination again, whoever has paused it. ErrState where it is not paused.
func (e *Engine) Resume(ctx context.Context, name string) error {
	if err := e.knows(name); err != nil {
		return err
	}
	ended, err := e.end(ctx, name, "", e.now())
	if err == nil && !ended {
		err = fmt.Errorf("destination %q: not paused: %w", name, store.ErrState)
	}
	return err
}

// pausesRead is how often the store is asked for pauses of other processes.
const pausesRead = time.Second

// watchPauses follows the pauses that other replicas begin and end.
func (e *Engine) watchPauses() {
	tick := time.NewTicker(pausesRead)
	defer tick.Stop()
	for {
		select {
		case <-e.stopping:
			return
		case <-tick.C:
			e.follow(e.calls)
		}
	}
}

// follow brings the gates up to date with the store.
func (e *Engine) follow(ctx context.Context) {
	e.pausing.Lock()
	defer e.pausing.Unlock()
	e.followAll(ctx)
}

// followAll is follow while pausing is held. Where the store cannot be read the gates stay as they are.
func (e *Engine) followAll(ctx context.Context) {
	pauses, err := e.pausesOf(context.WithoutCancel(ctx))
	if err != nil {
		e.log.Error("pauses cannot be read", zap.Error(err))
		return
	}
	for _, l := range e.layout.Load().lanes {
		if l.gate.follow(pauses[l.Name]) {
			l.wake()
		}
		paused := l.gate.paused()
		if paused != nil {
			l.signal() // a probe may be due
		}
		e.metrics.Paused(l.Name, paused != nil)
	}
}

// pausesOf reads the pauses by destination, as far back as any give_up_after counts.
func (e *Engine) pausesOf(ctx context.Context) (map[string][]store.Pause, error) {
	longest := time.Duration(0)
	for _, l := range e.layout.Load().lanes {
		longest = max(longest, l.Schedule.GiveUpAfter)
	}
	list, err := e.store.Pauses(ctx, e.now().Add(-longest-pauseMargin))
	if err != nil {
		return nil, err
	}
	byName := map[string][]store.Pause{}
	for _, p := range list {
		byName[p.Destination] = append(byName[p.Destination], p)
	}
	return byName, nil
}

// pauseMargin is how much further back pauses are read: paused time does not count, so a delivery may wait for longer.
const pauseMargin = 30 * 24 * time.Hour

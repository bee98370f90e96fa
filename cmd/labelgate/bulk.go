package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/server"
)

// errNotServing is why a pace cannot be held.
var errNotServing = errors.New("the gateway does not run, so nothing is sent at any pace: start it, or leave out --per-minute")

// Estimate plans in this process.
func (l storeLedger) Estimate(ctx context.Context, request server.BulkRequest) (delivery.Estimate, error) {
	s, err := request.Selection()
	if err != nil {
		return delivery.Estimate{}, err
	}
	return l.Engine.Estimate(ctx, s)
}

// Bulk changes the store; what is redriven goes out when the gateway starts.
func (l storeLedger) Bulk(ctx context.Context, request server.BulkRequest, _ func(delivery.Bulk)) (delivery.Bulk, error) {
	s, err := request.Selection()
	if err == nil && request.PerMinute > 0 {
		err = errNotServing
	}
	if err != nil {
		return delivery.Bulk{}, err
	}
	return l.RunBulk(ctx, request.Kind, s)
}

// StopBulks has nothing to stop.
func (storeLedger) StopBulks(context.Context) (int, error) { return 0, nil }

// Estimate asks the gateway. It plans every delivery, so it may take its time.
func (l *apiLedger) Estimate(ctx context.Context, request server.BulkRequest) (estimate delivery.Estimate, err error) {
	patient := *l
	patient.client = &http.Client{}
	err = patient.send(ctx, http.MethodPost, "bulk/estimate", request, &estimate)
	return estimate, err
}

// bulkPoll is how often a running bulk is looked at.
const bulkPoll = 200 * time.Millisecond

// Bulk has the gateway do it and looks on.
func (l *apiLedger) Bulk(ctx context.Context, request server.BulkRequest, progress func(delivery.Bulk)) (b delivery.Bulk, err error) {
	if err = l.send(ctx, http.MethodPost, "bulk", request, &b); err != nil {
		return b, err
	}
	tick := time.NewTicker(bulkPoll)
	defer tick.Stop()
	stop := ctx.Done()
	for b.State == delivery.BulkRunning {
		select {
		case <-stop:
			stop = nil
			if err := l.stopBulk(context.WithoutCancel(ctx), b.ID); err != nil {
				return b, err
			}
		case <-tick.C:
		}
		if b, err = l.bulk(context.WithoutCancel(ctx), b.ID); err != nil {
			return b, err
		}
		progress(b)
	}
	if b.State == delivery.BulkFailed {
		err = errors.New(b.Detail)
	}
	return b, err
}

func (l *apiLedger) bulk(ctx context.Context, id int64) (delivery.Bulk, error) {
	list, err := l.bulks(ctx)
	if err != nil {
		return delivery.Bulk{}, err
	}
	for _, b := range list {
		if b.ID == id {
			return b, nil
		}
	}
	return delivery.Bulk{}, errors.New("the gateway was restarted meanwhile; what was not reached is as it was, say it again")
}

func (l *apiLedger) bulks(ctx context.Context) ([]delivery.Bulk, error) {
	var list server.BulkList
	err := l.do(ctx, http.MethodGet, "bulk", &list)
	return list.Bulks, err
}

func (l *apiLedger) stopBulk(ctx context.Context, id int64) error {
	return l.do(ctx, http.MethodDelete, fmt.Sprintf("bulk/%d", id), nil)
}

// StopBulks stops all that run at the gateway.
func (l *apiLedger) StopBulks(ctx context.Context) (stopped int, err error) {
	list, err := l.bulks(ctx)
	for _, b := range list {
		if b.State == delivery.BulkRunning {
			err = errors.Join(err, l.stopBulk(ctx, b.ID))
			stopped++
		}
	}
	return stopped, err
}

// printEstimate says what a redrive would send.
func printEstimate(w io.Writer, e delivery.Estimate) {
	least := ""
	if e.AtLeast {
		least = " at least (some plans go on by what the vendor answers)"
	}
	fmt.Fprintf(w, "%d deliveries, %d items, %d calls%s\n", e.Deliveries, e.Items, e.Calls, least)
	for _, d := range e.Destinations {
		fmt.Fprintf(w, "  %s: %d deliveries, %d items, %d calls", d.Name, d.Deliveries, d.Items, d.Calls)
		if d.Cost > 0 {
			fmt.Fprintf(w, ", %.2f %s", d.Cost, d.Currency)
		}
		fmt.Fprintln(w)
	}
	for _, left := range []struct {
		n   int
		why string
	}{
		{e.Unsettled, "wait for a person's word: labelgate deliveries settle"},
		{e.Running, "are being worked on"},
		{e.Closed, "are delivered or discarded"},
		{e.Stranded, "cannot be planned: their route is not in the config, or their payload or mapping is broken"},
	} {
		if left.n > 0 {
			fmt.Fprintf(w, "  left out: %d that %s\n", left.n, left.why)
		}
	}
}

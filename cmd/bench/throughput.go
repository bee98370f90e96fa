package main

import (
	"context"
	"fmt"
	"time"
)

// warmUp is how many events a server gets before the clock starts.
const warmUp = 500

// sample is one run of one contender.
type sample struct {
	cpu    float64 // microseconds of its CPU time an event
	rate   float64 // events a second until the vendor has them all
	peak   float64 // MB
	answer float64 // events a second until all are answered
}

// throughput measures events end to end: a small event, many senders, one vendor call an event.
func throughput(ctx context.Context, l *lab) error {
	e, err := newEvents(10)
	if err != nil {
		return err
	}
	all := map[string][]sample{}
	for run := range l.runs {
		for _, c := range l.contenders() {
			s, err := l.endToEnd(ctx, c, e, l.events)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			l.report.progress("run %d: %-40s %6.0f µs, %6.0f events/s, peak %.1f MB", run+1, c.name, s.cpu, s.rate, s.peak)
			all[c.name] = append(all[c.name], s)
		}
	}
	l.reportThroughput(all, e)
	return nil
}

// endToEnd runs one contender, from an empty store until the vendor has everything.
func (l *lab) endToEnd(ctx context.Context, c contender, e *events, n int) (sample, error) {
	p, err := c.start(ctx, l)
	if err != nil {
		return sample{}, err
	}
	defer p.kill()
	if err := forget(ctx, l.vendor); err != nil {
		return sample{}, err
	}
	warm := min(warmUp, n)
	if err := l.pass(ctx, c, p, e, warm, warm); err != nil {
		return sample{}, err
	}
	before, began := p.cpu(), time.Now()
	if err := e.send(ctx, p.base+c.path, n, min(connections, n)); err != nil {
		return sample{}, err
	}
	answered := time.Since(began)
	if err := l.pass(ctx, c, p, e, 0, warm+n); err != nil {
		return sample{}, err
	}
	took := time.Since(began)
	return sample{
		cpu:  float64((p.cpu() - before).Microseconds()) / float64(n),
		rate: float64(n) / took.Seconds(), answer: float64(n) / answered.Seconds(), peak: p.memory("VmHWM"),
	}, nil
}

// pass sends more events and waits until the vendor has that many in all.
func (l *lab) pass(ctx context.Context, c contender, p *process, e *events, more, total int) error {
	if more > 0 {
		if err := e.send(ctx, p.base+c.path, more, min(connections, more)); err != nil {
			return err
		}
	}
	if !c.calls {
		return nil
	}
	_, err := received(ctx, l.vendor, total)
	return err
}

func (l *lab) reportThroughput(all map[string][]sample, e *events) {
	t := l.report.table(fmt.Sprintf("End to end: %d events of %.1f KB, %d connections, one vendor call an event",
		l.events, float64(len(e.template))/1000, connections),
		"", "CPU µs an event", "events/s to the vendor", "events/s answered", "peak MB", "CPU against nginx + njs")
	beside := map[string]string{gatewayREST: njsREST, gatewayGraphQL: njsGraphQL, nothing: njsREST, njsFetch: njsREST}
	for _, c := range l.contenders() {
		samples := all[c.name]
		ratio := "-"
		if other := all[beside[c.name]]; other != nil {
			ratio = fmt.Sprintf("%.2f", median(over(len(samples), func(i int) float64 { return samples[i].cpu / other[i].cpu })))
		}
		t.row(c.name,
			spread(samples, func(s sample) float64 { return s.cpu }),
			spread(samples, func(s sample) float64 { return s.rate }),
			spread(samples, func(s sample) float64 { return s.answer }),
			fmt.Sprintf("%.1f", median(over(len(samples), func(i int) float64 { return samples[i].peak }))),
			ratio)
	}
}

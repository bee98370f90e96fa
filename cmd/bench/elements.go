package main

import (
	"context"
	"fmt"
)

// elements measures what an element costs in events of three sizes, over the whole gateway.
func elements(ctx context.Context, l *lab) error {
	t := l.report.table("An element, over the whole gateway", "", "elements an event", "events", "CPU µs an element", "against the smallest", "peak MB")
	for _, c := range l.contenders() {
		if c.name != gatewayREST && c.name != gatewayGraphQL {
			continue
		}
		first := 0.0
		for _, size := range []struct{ elements, events int }{{10, 10_000}, {1_000, 100}, {100_000, 1}} {
			cpu, peak, err := l.element(ctx, c, size.elements, size.events)
			if err != nil {
				return fmt.Errorf("%s, %d elements: %w", c.name, size.elements, err)
			}
			if first == 0 {
				first = cpu
			}
			t.row(c.name, fmt.Sprint(size.elements), fmt.Sprint(size.events), fmt.Sprintf("%.1f", cpu),
				fmt.Sprintf("%.2f", cpu/first), fmt.Sprintf("%.1f", peak))
		}
	}
	return nil
}

// element is the CPU time an element in microseconds and the peak memory in MB, medians.
func (l *lab) element(ctx context.Context, c contender, perEvent, n int) (cpu, peak float64, err error) {
	var cpus, peaks []float64
	for range l.runs {
		e, err := newEvents(perEvent)
		if err != nil {
			return 0, 0, err
		}
		s, err := l.endToEnd(ctx, c, e, n)
		if err != nil {
			return 0, 0, err
		}
		cpus, peaks = append(cpus, s.cpu/float64(perEvent)), append(peaks, s.peak)
	}
	return median(cpus), median(peaks), nil
}

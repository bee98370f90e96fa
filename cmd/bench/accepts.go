package main

import (
	"context"
	"fmt"
	"time"
)

// acceptConnections is how many senders the accept measurement has.
const acceptConnections = 64

// accepts measures how many events are put on disk and answered while the vendor is so slow that none is delivered.
func accepts(ctx context.Context, l *lab) error {
	slow, err := l.self(ctx, "vendor", "-delay", "1h")
	if err != nil {
		return err
	}
	defer slow.kill()
	e, err := newEvents(10)
	if err != nil {
		return err
	}
	t := l.report.table(fmt.Sprintf("Accepts with fsync: %d events of %.1f KB, %d connections, the vendor hangs",
		l.events, float64(len(e.template))/1000, acceptConnections), "", "accepts/s", "CPU µs an accept", "peak MB")
	var rate, cpu, peak []float64
	for range l.runs {
		p, err := l.gateway(ctx, "rest", slow)
		if err != nil {
			return err
		}
		before, began := p.cpu(), time.Now()
		err = e.send(ctx, p.base+"/webhook", l.events, acceptConnections)
		rate = append(rate, float64(l.events)/time.Since(began).Seconds())
		cpu = append(cpu, float64((p.cpu()-before).Microseconds())/float64(l.events))
		peak = append(peak, p.memory("VmHWM"))
		p.kill()
		if err != nil {
			return err
		}
		l.report.progress("accepts: %.0f/s, %.0f µs, peak %.1f MB", rate[len(rate)-1], cpu[len(cpu)-1], peak[len(peak)-1])
	}
	t.row("labelgate, REST", figure(rate), figure(cpu), figure(peak))
	return nil
}

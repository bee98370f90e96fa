package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// largeElements make an event of 177 MB.
const largeElements = 100_000

// large measures an event of 100,000 elements that is accepted and delivered as one call, and what an idle gateway needs.
func large(ctx context.Context, l *lab) error {
	event, size, err := l.saved(largeElements)
	if err != nil {
		return err
	}
	t := l.report.table(fmt.Sprintf("One event of %.0f MB (%d elements), accepted and delivered as one call", size, largeElements),
		"", "s, first byte to 204", "s, first byte to the vendor having it all", "CPU s", "peak MB", "idle MB", "goal")
	goals := map[string]string{"rest": "1.25 s, 70 MB, idle 30 MB", "graphql": "1.25 s, 120 MB, idle 30 MB"}
	for _, kind := range []string{"rest", "graphql"} {
		var answered, delivered, cpu, peak, idle []float64
		for range l.runs {
			s, err := l.deliverLarge(ctx, kind, event)
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			l.report.progress("%s, large: %.2f s, %.2f s, %.2f s CPU, peak %.1f MB", kind, s.answered, s.delivered, s.cpu, s.peak)
			answered, delivered, cpu = append(answered, s.answered), append(delivered, s.delivered), append(cpu, s.cpu)
			peak, idle = append(peak, s.peak), append(idle, s.idle)
		}
		t.row("labelgate, "+kind, figure(answered), figure(delivered), figure(cpu), figure(peak), figure(idle), goals[kind])
	}
	return os.Remove(event)
}

// largeSample is one large event; times in seconds, sizes in MB.
type largeSample struct{ answered, delivered, cpu, peak, idle float64 }

func (l *lab) deliverLarge(ctx context.Context, kind, event string) (s largeSample, err error) {
	p, err := l.gateway(ctx, kind, l.vendor)
	if err != nil {
		return s, err
	}
	defer p.kill()
	if err := forget(ctx, l.vendor); err != nil {
		return s, err
	}
	s.idle = p.memory("VmRSS")
	first, err := sendFile(ctx, p.base+"/webhook", event)
	if err != nil {
		return s, err
	}
	s.answered = time.Since(first).Seconds()
	t, err := received(ctx, l.vendor, 1)
	if err != nil {
		return s, err
	}
	s.delivered, s.cpu, s.peak = t.Last.Sub(first).Seconds(), p.cpu().Seconds(), p.memory("VmHWM")
	return s, nil
}

// saved writes a generated event to a file and returns its size in MB.
func (l *lab) saved(elements int) (path string, size float64, err error) {
	path = filepath.Join(l.dir, "event.json")
	file, err := os.Create(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	n, err := io.Copy(file, aquariumtest.Event(elements))
	return path, float64(n) / 1e6, err
}

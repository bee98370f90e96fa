package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// goBench runs Go benchmarks of a package several times, in turns, and returns their medians by name and unit.
func (l *lab) goBench(ctx context.Context, pkg, pattern, benchtime string) (map[string]map[string]float64, error) {
	binary := filepath.Join(l.dir, "bench.test")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, pkg).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", pkg, err, out)
	}
	figures := map[string]map[string][]float64{}
	for range l.runs {
		cmd := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", benchtime, "-test.benchmem")
		cmd.Dir = pkg
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", pkg, err, out)
		}
		collect(figures, string(out))
	}
	medians := map[string]map[string]float64{}
	for name, units := range figures {
		medians[name] = map[string]float64{}
		for unit, values := range units {
			medians[name][unit] = median(values)
		}
	}
	return medians, nil
}

// benchLine is "BenchmarkDecode/scan/10-2   1234   5678 ns/op   12.3 MB/s".
var benchLine = regexp.MustCompile(`^Benchmark(\S+?)(-\d+)?\s+\d+\s+(.*)$`)

func collect(figures map[string]map[string][]float64, out string) {
	for line := range strings.Lines(out) {
		m := benchLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		if figures[m[1]] == nil {
			figures[m[1]] = map[string][]float64{}
		}
		words := strings.Fields(m[3])
		for i := 0; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				figures[m[1]][words[i+1]] = append(figures[m[1]][words[i+1]], v)
			}
		}
	}
}

// decode compares the decoder with a bare token scan of the same bytes.
func decode(ctx context.Context, l *lab) error {
	figures, err := l.goBench(ctx, "./pkg/source/aquarium", "^BenchmarkDecode$", "0.5s")
	if err != nil {
		return err
	}
	t := l.report.table("Decoding, against a bare jsontext token scan of the same bytes", "elements", "way", "MB/s", "ratio", "B an event", "goal")
	ways := [][2]string{
		{"tokens", "bare token scan"},
		{"scan", "Scan: accept, every byte checked"},
		{"image", "Elements: what a REST batch reads"},
		{"labels", "Elements: what the mutation reads"},
		{"all", "Elements: everything"},
	}
	for _, n := range []string{"10", "1000", "100000"} {
		bare := figures["Decode/tokens/"+n]["MB/s"]
		for _, way := range ways {
			f := figures["Decode/"+way[0]+"/"+n]
			t.row(n, way[1], fmt.Sprintf("%.0f", f["MB/s"]), fmt.Sprintf("%.2f", f["MB/s"]/bare), fmt.Sprintf("%.0f", f["B/op"]), "0.5")
		}
	}
	return nil
}

// plan measures what the engine does with an element: decode, map, render.
func plan(ctx context.Context, l *lab) error {
	figures, err := l.goBench(ctx, "./cmd/bench", "^BenchmarkPlan$", "1s")
	if err != nil {
		return err
	}
	t := l.report.table("An element in a plan: decode, map, render", "adapter", "elements", "ns an element", "against 10", "allocated B an element")
	for _, adapter := range []string{"rest", "graphql"} {
		first := figures["Plan/"+adapter+"/10"]["ns/element"]
		for _, n := range []string{"10", "1000", "100000"} {
			f := figures["Plan/"+adapter+"/"+n]
			t.row(adapter, n, fmt.Sprintf("%.0f", f["ns/element"]), fmt.Sprintf("%.2f", f["ns/element"]/first), fmt.Sprintf("%.0f", f["B/element"]))
		}
	}
	return nil
}

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// measurement is one part of a run.
type measurement struct {
	name string
	take func(context.Context, *lab) error
}

func measurements() []measurement {
	return []measurement{
		{"throughput", throughput},
		{"accepts", accepts},
		{"large", large},
		{"elements", elements},
		{"decode", decode},
		{"plan", plan},
		{"profile", profile},
	}
}

// all takes all measurements, or those named by -only, and writes the report.
func all(ctx context.Context, args []string) error {
	l := &lab{}
	flags := flag.NewFlagSet("all", flag.ContinueOnError)
	flags.StringVar(&l.labelgate, "labelgate", "bin/labelgate", "the gateway's binary")
	flags.IntVar(&l.runs, "runs", 3, "how often each figure is taken")
	flags.IntVar(&l.events, "events", 20_000, "events of the end-to-end and accept runs")
	only := flags.String("only", "", "measurements to take, by comma: throughput, accepts, large, elements, decode, plan, profile")
	out := flags.String("out", filepath.Join("cmd", "bench", "results", "latest.md"), "where the report goes")
	work := flags.String("dir", "", "where stores and logs go, on the disk to be measured; a new folder when empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := l.open(ctx, *work); err != nil {
		return err
	}
	defer l.close(*work)
	for _, m := range measurements() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), m.name) {
			continue
		}
		if err := m.take(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return l.save(*out)
}

// open prepares what all measurements share.
func (l *lab) open(ctx context.Context, dir string) (err error) {
	l.dir = dir
	if dir == "" {
		if l.dir, err = os.MkdirTemp("", "labelgate-bench-"); err != nil {
			return err
		}
	}
	if err := os.Chmod(l.dir, 0o755); err != nil {
		return err
	}
	const module = "/usr/lib/nginx/modules/ngx_http_js_module.so"
	if _, err := os.Stat(module); err == nil {
		l.njs = module
	} else {
		l.report.progress("nginx with njs is not installed: no comparison (apt-get install nginx-light libnginx-mod-http-js)")
	}
	l.report.head = []string{
		"# Figures of " + time.Now().UTC().Format(time.RFC3339), "",
		fmt.Sprintf("%s, %d CPUs, %s. Medians of %d runs in turns; lowest and highest in brackets.",
			cpuModel(), runtime.NumCPU(), runtime.Version(), l.runs),
	}
	l.vendor, err = l.self(ctx, "vendor")
	return err
}

// close ends what open started. A folder that was named is kept, with the stores, logs and profiles in it.
func (l *lab) close(dir string) {
	l.vendor.kill()
	if dir == "" {
		_ = os.RemoveAll(l.dir)
	}
}

// save prints the report and writes it to a file.
func (l *lab) save(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := l.report.write(file); err != nil {
		return err
	}
	if err := l.report.write(os.Stdout); err != nil {
		return err
	}
	return file.Close()
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t: "))
		}
	}
	return runtime.GOARCH
}

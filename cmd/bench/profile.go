package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// profiledGateway is `labelgate serve` that writes a CPU profile of itself when it is stopped. The product has no such switch.
func profiledGateway(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	file := flags.String("c", "", "config file")
	out := flags.String("profile", "cpu.prof", "where the profile goes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	registry, err := adapter.NewRegistry(adapters.All()...)
	if err != nil {
		return err
	}
	c, err := config.Load(*file, config.LoadOptions{Adapters: registry, LookupEnv: os.LookupEnv, ReadFile: os.ReadFile})
	if err != nil {
		return err
	}
	log, _, err := telemetry.NewLogger(os.Stderr, c.Log.Level)
	if err != nil {
		return err
	}
	gateway.TuneMemory()
	gw, err := gateway.Open(ctx, gateway.Options{Config: c, Adapters: registry, Log: log, Version: "bench"})
	if err != nil {
		return err
	}
	return profiled(*out, func() error { return gw.Run(ctx) })
}

func profiled(path string, run func() error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	err = run()
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}

// profile says where the CPU time of an event goes.
func profile(ctx context.Context, l *lab) error {
	for _, kind := range []string{"rest", "graphql"} {
		path := filepath.Join(l.dir, kind+".prof")
		if err := l.record(ctx, kind, path); err != nil {
			return err
		}
		byStage, err := readStages(ctx, path)
		if err != nil {
			return err
		}
		title := fmt.Sprintf("Where each microsecond goes: %s, %d events of 10 elements (CPU profile, 100 samples a second)", kind, l.events)
		byStage.report(l.report.table(title, "stage", "µs an event", "%"), l.events+warmUp)
	}
	return nil
}

// record runs a gateway under load and leaves its CPU profile at path.
func (l *lab) record(ctx context.Context, kind, path string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	c := contender{name: kind, path: "/webhook", calls: true, start: func(ctx context.Context, l *lab) (*process, error) {
		env, addr, err := l.gatewayEnv(kind, l.vendor)
		if err != nil {
			return nil, err
		}
		return start(ctx, filepath.Join(l.dir, "profiled.log"), addr, env, program, "gateway", "-c", configFile(kind), "-profile", path)
	}}
	e, err := newEvents(10)
	if err != nil {
		return err
	}
	p, err := c.start(ctx, l)
	if err != nil {
		return err
	}
	if err = forget(ctx, l.vendor); err == nil {
		err = l.pass(ctx, c, p, e, l.events+warmUp, l.events+warmUp)
	}
	return errors.Join(err, p.stop())
}

// Bench measures Labelgate from outside, as processes: the real binary, a vendor of its own, a load generator, and beside
// them nginx with njs doing the same transformation and a server that does nothing. cmd/bench/run.sh runs it; every figure is
// taken several times, in turns, and reported as the median. docs/performance.md explains the figures.
//
//	bench all -labelgate bin/labelgate     run everything and write cmd/bench/results/latest.md
//	bench vendor|floor -listen ADDR        the other processes of a run
//	bench gateway -c FILE -profile FILE    a gateway that writes a CPU profile of itself
//	bench stages -events N FILE            a CPU profile by stage of the code
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	roles := map[string]func(context.Context, []string) error{
		"all": all, "vendor": vendor, "floor": floor, "gateway": profiledGateway, "stages": stages,
	}
	if len(args) == 0 || roles[args[0]] == nil {
		return fmt.Errorf("say all, vendor, floor, gateway or stages")
	}
	return roles[args[0]](ctx, args[1:])
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that is measured, or that takes part in a measurement.
type process struct {
	cmd *exec.Cmd
	// base is its URL without a path.
	base string
}

// start runs a server that listens on addr, and returns when it answers.
func start(ctx context.Context, log, addr string, env []string, name string, args ...string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.CommandContext(ctx, name, args...), base: "http://" + addr}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), env...), out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := answers(ctx, addr); err != nil {
		text, _ := os.ReadFile(log)
		return nil, fmt.Errorf("%s: %w: %s", filepath.Base(name), errors.Join(err, p.stop()), text)
	}
	return p, nil
}

// startupTime is how long a server may take to listen.
const startupTime = 10 * time.Second

func answers(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startupTime)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			return resp.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: no answer within %s", addr, startupTime)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and waits for its end.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = p.cmd.Wait() // how it ends is not what is measured
	return nil
}

// kill ends the server at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// pids are the server's process and its children.
func (p *process) pids() []int {
	pid := p.cmd.Process.Pid
	out := []int{pid}
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// tick is the unit of /proc/PID/stat on Linux (USER_HZ is 100 on all its architectures that Go knows).
const tick = 10 * time.Millisecond

// cpu is the CPU time, user and system, that the server has used so far.
func (p *process) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range p.pids() {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		for _, field := range fields[11:13] { // utime and stime, see proc(5)
			n, _ := strconv.ParseInt(string(field), 10, 64)
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

// memory is a size from /proc/PID/status in MB: "VmHWM" the peak, "VmRSS" the present.
func (p *process) memory(key string) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib * 1024 / 1e6
		}
	}
	return 0
}

// freeAddr is an address that nobody listens on.
func freeAddr() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

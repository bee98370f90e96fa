package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tally is what the vendor has received since it was last reset.
type tally struct {
	// Calls counts calls whose body was read to its end, Bytes the bytes of all bodies.
	Calls int64 `json:"calls"`
	Bytes int64 `json:"bytes"`
	// Last is when the last body was complete.
	Last time.Time `json:"last"`
}

// lightVendor takes every call, reads it to its end and answers as the drop-in configs expect. It is the same for all that
// are measured, and so light that it does not get in their way.
type lightVendor struct {
	delay time.Duration

	mu      sync.Mutex // guards everything below
	tally   tally
	changed chan struct{} // closed at the next call
}

// vendor runs a vendor until it is told to stop.
func vendor(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("vendor", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address")
	delay := flags.Duration("delay", 0, "how long a call takes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	v := &lightVendor{delay: *delay, changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", v.take)
	mux.HandleFunc("GET /_wait", v.wait)
	mux.HandleFunc("DELETE /_tally", v.reset)
	return serve(ctx, *listen, mux)
}

func (v *lightVendor) take(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return
	}
	v.mu.Lock()
	v.tally = tally{v.tally.Calls + 1, v.tally.Bytes + n, time.Now()}
	close(v.changed)
	v.changed = make(chan struct{})
	v.mu.Unlock()
	select {
	case <-time.After(v.delay):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(r.URL.Path, "/graphql") {
		_, _ = io.WriteString(w, `{"data":{"project":{"bulkDeleteLabels":{"count":1}}}}`)
		return
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":"batch-1"}`)
}

// wait answers with the tally once it has that many calls.
func (v *lightVendor) wait(w http.ResponseWriter, r *http.Request) {
	want, _ := strconv.ParseInt(r.FormValue("calls"), 10, 64)
	for {
		v.mu.Lock()
		now, changed := v.tally, v.changed
		v.mu.Unlock()
		if now.Calls >= want {
			_ = json.NewEncoder(w).Encode(now)
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func (v *lightVendor) reset(http.ResponseWriter, *http.Request) {
	v.mu.Lock()
	v.tally = tally{}
	v.mu.Unlock()
}

// floor runs a server that reads events and answers them, and does nothing else: what any Go gateway costs at least.
func floor(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("floor", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return serve(ctx, *listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
}

func serve(ctx context.Context, addr string, h http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/store"
)

// sender hands saved events to a running gateway.
type sender struct {
	url, header, secret string
	gzip, wait          bool
	ledger              func() (ledger, error)
	stderr              io.Writer
}

// sent is what send prints of one event.
type sent struct {
	File      string      `json:"file"`
	Delivery  string      `json:"delivery"`
	Duplicate bool        `json:"duplicate"`
	State     store.State `json:"state,omitempty"`
}

func newSendCommand(g *globals) *cobra.Command {
	var route, secretEnv string
	s := &sender{}
	cmd := &cobra.Command{
		Use:   "send [--route ROUTE] FILE...",
		Short: "Hand saved events to a running gateway",
		Long: "Posts saved events (files, - for standard input) to a route of the gateway that the config describes, or of\n" +
			"--server. Secret and path are the config's; --secret-env names an environment variable to take the secret from instead.",
		Example: "  labelgate send --route relabel --wait examples/events/frames.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := g.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if err := s.aim(g, c, route, secretEnv); err != nil {
				return err
			}
			s.stderr = cmd.ErrOrStderr()
			s.ledger = func() (ledger, error) { return newAPILedger(s.base(), c.Admin.Token.Reveal()) }
			for _, file := range args {
				result, err := s.send(cmd.Context(), file, cmd.InOrStdin())
				if err != nil {
					return err
				}
				if err := g.print(cmd.OutOrStdout(), result, result.text); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&route, "route", "r", "", "route to send to (default: the only one)")
	f.StringVar(&secretEnv, "secret-env", "", "environment variable that holds the secret")
	f.BoolVar(&s.gzip, "gzip", false, "compress the body on its way")
	f.BoolVar(&s.wait, "wait", false, "wait until the delivery has ended; exit code 1 unless it is delivered")
	return cmd
}

func (r *sent) text(w io.Writer) {
	note := ""
	if r.Duplicate {
		note = ", which had the same body before"
	}
	if r.State != "" {
		note += ": " + string(r.State)
	}
	fmt.Fprintf(w, "%s is delivery %s%s\n", r.File, r.Delivery, note)
}

// aim finds where to send, and with which secret.
func (s *sender) aim(g *globals, c *config.Config, name, secretEnv string) error {
	route, err := findRoute(c, name)
	if err != nil {
		return err
	}
	base := g.server
	if base == "" {
		if base, err = listenURL(c.Server.Listen); err != nil {
			return err
		}
	}
	if s.url, err = url.JoinPath(base, route.Path); err != nil {
		return &exitError{exitUsage, fmt.Errorf("--server %q: must be a URL", g.server)}
	}
	source := c.Sources[route.Source]
	s.header = gateway.SourceOf(source.Type).SecretHeader()
	if secretEnv != "" {
		s.secret = os.Getenv(secretEnv)
	} else if len(source.Secrets) > 0 {
		s.secret = source.Secrets[0].Reveal()
	}
	return nil
}

// listenURL is how this machine reaches a listen address.
func listenURL(listen string) (string, error) {
	if _, port, err := net.SplitHostPort(listen); err != nil || port == "0" {
		return "", fmt.Errorf("server.listen %q: names no port; give --server", listen)
	}
	return "http://" + loopback(listen), nil
}

// base is the gateway's URL.
func (s *sender) base() string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url
	}
	return u.Scheme + "://" + u.Host
}

// send hands over one event.
func (s *sender) send(ctx context.Context, file string, stdin io.Reader) (*sent, error) {
	body, size, err := openBody(file, stdin)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	resp, err := s.post(ctx, s.progress(body, size), size)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // what came of it is enough
		return nil, fmt.Errorf("%s: the gateway answered %s: %s", file, resp.Status, strings.TrimSpace(string(said)))
	}
	result := &sent{
		File: file, Delivery: resp.Header.Get(server.HeaderDelivery), Duplicate: resp.Header.Get(server.HeaderDuplicate) == "true",
	}
	if s.wait {
		return result, s.follow(ctx, result)
	}
	return result, nil
}

// openBody opens a file or standard input; size is -1 where it is not known.
func openBody(file string, stdin io.Reader) (io.ReadCloser, int64, error) {
	if file == "-" {
		return io.NopCloser(stdin), -1, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// longBody is the size from which sending takes long enough to show how far it is.
const longBody = 8 << 20

// progress shows how far a long body is, when a person looks on.
func (s *sender) progress(body io.Reader, size int64) io.Reader {
	terminal, ok := s.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) || size >= 0 && size < longBody {
		return body
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(s.stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription("sending"))
	return io.TeeReader(body, bar)
}

func (s *sender) post(ctx context.Context, body io.Reader, size int64) (*http.Response, error) {
	if s.gzip {
		body, size = compressed(body), -1
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, io.NopCloser(body))
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/json")
	if s.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if s.secret != "" {
		req.Header.Set(s.header, s.secret)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // without redirects: the secret stays home
	if err != nil {
		return nil, &exitError{exitUnreachable, fmt.Errorf("gateway: %w", err)}
	}
	return resp, nil
}

func compressed(body io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		zip := gzip.NewWriter(w)
		_, err := io.Copy(zip, body)
		w.CloseWithError(errors.Join(err, zip.Close()))
	}()
	return r
}

// pollEvery is how often a delivery that is waited for is looked at.
const pollEvery = 100 * time.Millisecond

// follow waits until the delivery has ended.
func (s *sender) follow(ctx context.Context, result *sent) error {
	id, err := parseID(result.Delivery)
	if err != nil {
		return err
	}
	l, err := s.ledger()
	if err != nil {
		return err
	}
	defer l.Close()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		d, err := l.Get(ctx, id)
		if err != nil {
			return err
		}
		result.State = d.State
		if d.State.Final() || d.State == store.Waiting && d.NextAt.IsZero() { // nothing more happens by itself
			return ended(d)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// ended is an error unless everything was delivered.
func ended(d *store.Detail) error {
	if d.State == store.Delivered {
		return nil
	}
	reason, _ := json.Marshal(d.Detail) // quoted, so that it stays one line
	return fmt.Errorf("delivery %d is %s: %s %s; labelgate deliveries show %d says more", d.ID, d.State, d.Reason, reason, d.ID)
}

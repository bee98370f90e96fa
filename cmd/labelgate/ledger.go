package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/store"
)

// ledger is where a command reads and changes deliveries: a running gateway's API, or the store itself.
type ledger interface {
	List(ctx context.Context, f store.Filter) ([]store.Delivery, error)
	Get(ctx context.Context, id int64) (*store.Detail, error)
	Items(ctx context.Context, id int64, f store.ItemFilter) (store.ItemPage, error)
	Redrive(ctx context.Context, id int64) error
	Discard(ctx context.Context, id int64) error
	Settle(ctx context.Context, id int64, said server.SettleRequest) error
	Estimate(ctx context.Context, request server.BulkRequest) (delivery.Estimate, error)
	// Bulk does it to all that are chosen; progress is told how far it is. Where ctx ends it stops.
	Bulk(ctx context.Context, request server.BulkRequest, progress func(delivery.Bulk)) (delivery.Bulk, error)
	StopBulks(ctx context.Context) (stopped int, err error)
	Destinations(ctx context.Context) ([]delivery.Standing, error)
	Pause(ctx context.Context, destination, why string) error
	Resume(ctx context.Context, destination string) error
	Close() error
}

// openLedger finds the deliveries: at --server, else at the gateway that holds the config's store, else in the store.
func (g *globals) openLedger(ctx context.Context, stderr io.Writer) (ledger, error) {
	if g.server != "" {
		return newAPILedger(g.server, os.Getenv("LABELGATE_ADMIN_TOKEN"))
	}
	c, reg, err := g.load(stderr)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, c.Store.URL)
	var locked *store.LockedError
	if errors.As(err, &locked) {
		addr := locked.Addr()
		if addr == "" {
			return nil, &exitError{exitUnreachable, fmt.Errorf("%w; it does not serve (yet)", err)}
		}
		return newAPILedger("http://"+loopback(addr), c.Admin.Token.Reveal())
	}
	if err != nil {
		return nil, err
	}
	return newStoreLedger(s, gateway.Options{Config: c, Adapters: reg, Log: zap.NewNop(), Version: version})
}

// loopback makes a listener's address one to connect to from this machine.
func loopback(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// storeLedger is the store of a gateway that does not run, changed by an engine that is not started.
type storeLedger struct {
	*delivery.Engine
	store store.Store
}

func newStoreLedger(s store.Store, o gateway.Options) (ledger, error) {
	engine, err := gateway.Offline(o, s)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return storeLedger{engine, s}, nil
}

func (l storeLedger) List(ctx context.Context, f store.Filter) ([]store.Delivery, error) {
	return l.store.List(ctx, f)
}

func (l storeLedger) Get(ctx context.Context, id int64) (*store.Detail, error) {
	return l.store.Get(ctx, id)
}

func (l storeLedger) Items(ctx context.Context, id int64, f store.ItemFilter) (store.ItemPage, error) {
	return l.store.Items(ctx, id, f)
}

func (l storeLedger) Close() error { return l.store.Close() }

// Settle writes down a person's word about a step.
func (l storeLedger) Settle(ctx context.Context, id int64, said server.SettleRequest) error {
	s, err := said.Settlement()
	if err != nil {
		return err
	}
	return l.Engine.Settle(ctx, id, s)
}

func (l storeLedger) Destinations(ctx context.Context) ([]delivery.Standing, error) {
	return l.Engine.Destinations(ctx), nil
}

// apiLedger is a running gateway.
type apiLedger struct {
	base   *url.URL
	token  string
	client *http.Client
}

// apiTimeout bounds one request to a running gateway.
const apiTimeout = 30 * time.Second

func newAPILedger(base, token string) (*apiLedger, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return nil, &exitError{exitUsage, fmt.Errorf("--server %q: must be a URL such as http://127.0.0.1:8080", base)}
	}
	return &apiLedger{base: u, token: token, client: &http.Client{Timeout: apiTimeout}}, nil
}

func (l *apiLedger) List(ctx context.Context, f store.Filter) ([]store.Delivery, error) {
	var page server.DeliveryList
	err := l.do(ctx, http.MethodGet, "deliveries?"+server.Query(f).Encode(), &page)
	return page.Deliveries, err
}

func (l *apiLedger) Get(ctx context.Context, id int64) (*store.Detail, error) {
	var d store.Detail
	if err := l.do(ctx, http.MethodGet, fmt.Sprintf("deliveries/%d", id), &d); err != nil {
		return nil, err
	}
	return &d, nil
}

func (l *apiLedger) Items(ctx context.Context, id int64, f store.ItemFilter) (page store.ItemPage, err error) {
	q := url.Values{}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	if f.After != "" {
		q.Set("after", f.After)
	}
	for _, s := range f.State {
		q.Set("state", strings.TrimPrefix(q.Get("state")+","+string(s), ","))
	}
	err = l.do(ctx, http.MethodGet, fmt.Sprintf("deliveries/%d/items?%s", id, q.Encode()), &page)
	return page, err
}

func (l *apiLedger) Redrive(ctx context.Context, id int64) error {
	return l.do(ctx, http.MethodPost, fmt.Sprintf("deliveries/%d/redrive", id), nil)
}

func (l *apiLedger) Discard(ctx context.Context, id int64) error {
	return l.do(ctx, http.MethodPost, fmt.Sprintf("deliveries/%d/discard", id), nil)
}

func (l *apiLedger) Settle(ctx context.Context, id int64, said server.SettleRequest) error {
	return l.send(ctx, http.MethodPost, fmt.Sprintf("deliveries/%d/settle", id), said, nil)
}

func (l *apiLedger) Destinations(ctx context.Context) ([]delivery.Standing, error) {
	var list server.DestinationList
	err := l.do(ctx, http.MethodGet, "destinations", &list)
	return list.Destinations, err
}

func (l *apiLedger) Pause(ctx context.Context, destination, why string) error {
	return l.send(ctx, http.MethodPost, "destinations/"+url.PathEscape(destination)+"/pause", server.PauseRequest{Why: why}, nil)
}

func (l *apiLedger) Resume(ctx context.Context, destination string) error {
	return l.do(ctx, http.MethodPost, "destinations/"+url.PathEscape(destination)+"/resume", nil)
}

func (l *apiLedger) Close() error { return nil }

// do makes a request without a body, see send.
func (l *apiLedger) do(ctx context.Context, method, path string, into any) error {
	return l.send(ctx, method, path, nil, into)
}

// send makes a request and decodes its answer; a problem document becomes an error.
func (l *apiLedger) send(ctx context.Context, method, path string, body, into any) error {
	req, err := l.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return &exitError{exitUnreachable, fmt.Errorf("gateway: %w", err)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return apiError(resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(bytes.NewReader(answer)).Decode(into)
}

func (l *apiLedger) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	ref, err := l.base.Parse("/api/v1/" + path)
	if err != nil {
		return nil, err
	}
	if body == nil {
		return http.NewRequestWithContext(ctx, method, ref.String(), nil)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, ref.String(), bytes.NewReader(text))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

func apiError(status string, body []byte) error {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) == nil && problem.Detail != "" {
		return errors.New(problem.Detail)
	}
	return fmt.Errorf("gateway answered %s", status)
}

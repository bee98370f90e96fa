// Package server is the HTTP side: webhook endpoints, the deliveries API, health and metrics. It accepts events (receive,
// authenticate, decode, journal, answer) and delivers none.
package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/source"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// Deliverer takes accepted deliveries further.
type Deliverer interface {
	Offer(d store.Delivery, body []byte)
	Await(ctx context.Context, id int64) (store.State, error)
	Redrive(ctx context.Context, id int64) error
	Discard(ctx context.Context, id int64) error
	Settle(ctx context.Context, id int64, s store.Settlement) error
	Estimate(ctx context.Context, s delivery.Selection) (delivery.Estimate, error)
	StartBulk(kind delivery.BulkKind, s delivery.Selection, perMinute int) (delivery.Bulk, error)
	Bulks() []delivery.Bulk
	StopBulk(id int64) error
	Destinations(ctx context.Context) []delivery.Standing
	Pause(ctx context.Context, destination, why string) error
	Resume(ctx context.Context, destination string) error
	// Ready is nil while deliveries are being worked on.
	Ready() error
}

// Route is one webhook endpoint.
type Route struct {
	// Name, Path, SourceName and Destination are those of the config; Events are the event types it takes.
	Name, Path, SourceName, Destination string
	Events                              []string
	// Source reads its bodies.
	Source source.Source
	// Secrets are those a sender may use; none means that anyone may send.
	Secrets []string
	// Wait is how long an answer may wait for the delivery's end, Dedup how long an identical body is a repeat.
	Wait, Dedup time.Duration
}

// Options are what a server is made from.
type Options struct {
	Routes     []Route
	Store      store.Store
	Deliverer  Deliverer
	Log        *zap.Logger
	Metrics    *telemetry.Metrics
	AdminToken string
	MaxBody    int64
	// HeaderTimeout and BodyTimeout bound how slowly a request may arrive.
	HeaderTimeout, BodyTimeout time.Duration
	// Config tells which config runs, and takes the one that the file has now.
	Config Configurator
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Configurator knows the config that runs.
type Configurator interface {
	// Running is the config that runs.
	Running() ConfigInfo
	// Reload takes the config file as it is now, whole or not at all: the error says why not.
	Reload(ctx context.Context) (ConfigInfo, error)
}

// ConfigInfo names a config.
type ConfigInfo struct {
	// Hash is the SHA-256 of the file in hexadecimal, LoadedAt when it was taken.
	Hash     string    `json:"hash"`
	LoadedAt time.Time `json:"loaded_at"`
}

// Server answers HTTP requests.
type Server struct {
	Options
	echo *echo.Echo
	http *http.Server
	face *atomic.Pointer[echo.Echo] // what answers now; a reload changes it
}

// maxHeader bounds a request's header, in bytes.
const maxHeader = 32 << 10

// New returns a server; nothing listens before Serve.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := newFace(o)
	s.face = new(atomic.Pointer[echo.Echo])
	s.face.Store(s.echo)
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       o.HeaderTimeout + o.BodyTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          zap.NewStdLog(o.Log),
	}
	return s
}

// Face is what a reload can change of a server.
type Face struct {
	Routes     []Route
	AdminToken string
	MaxBody    int64
}

// Reload answers by other routes from now on. Requests that are being read end as they began.
func (s *Server) Reload(f Face) {
	o := s.Options
	o.Routes, o.AdminToken, o.MaxBody = f.Routes, f.AdminToken, f.MaxBody
	s.face.Store(newFace(o).echo)
}

// newFace returns a server that answers by the options and is not to be served by itself.
func newFace(o Options) *Server {
	s := &Server{Options: o, echo: echo.New()}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.answerError
	for _, r := range o.Routes {
		s.echo.POST(r.Path, newEndpoint(s, r).receive)
	}
	s.echo.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	s.echo.GET("/readyz", s.ready)
	s.echo.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(o.Metrics.Gatherer(), promhttp.HandlerOpts{})), s.adminOnly)
	s.routeAPI(s.echo.Group("/api/v1", s.adminOnly))
	return s
}

// Handler is the server without a listener.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.face.Load().ServeHTTP(w, r) })
}

// Serve answers requests from the listener until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown stops listening and waits for the requests being answered, or for ctx.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// ready answers whether events can be taken and delivered.
func (s *Server) ready(c echo.Context) error {
	if err := s.Store.Ping(c.Request().Context()); err != nil {
		return c.String(http.StatusServiceUnavailable, "store: "+err.Error()+"\n")
	}
	if err := s.Deliverer.Ready(); err != nil {
		return c.String(http.StatusServiceUnavailable, "deliveries: "+err.Error()+"\n")
	}
	return c.String(http.StatusOK, "ready\n"+s.pausedText(c.Request().Context()))
}

package server

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// The headers of an answer to a webhook.
const (
	// HeaderDelivery is the id of the delivery that the event became.
	HeaderDelivery = "Labelgate-Delivery"
	// HeaderDuplicate is "true" when the same body was accepted before.
	HeaderDuplicate = "Labelgate-Duplicate"
)

// storeRetryAfter is what a sender is told to wait, in seconds, when the store cannot take its event.
const storeRetryAfter = "10"

// endpoint is the webhook endpoint of one route.
type endpoint struct {
	*Server
	Route
	secrets secrets
}

func newEndpoint(s *Server, r Route) *endpoint {
	return &endpoint{Server: s, Route: r, secrets: newSecrets(r.Secrets)}
}

// receive takes one event: authenticate, decode, journal, answer. It is answered 2xx only when it is on disk.
func (e *endpoint) receive(c echo.Context) error {
	req := c.Request()
	if !e.secrets.match(req.Header.Get(e.Source.SecretHeader())) {
		return e.refuse(telemetry.ResultUnauthorized, http.StatusUnauthorized,
			"the "+e.Source.SecretHeader()+" header is missing or wrong")
	}
	body, err := e.body(req)
	if err != nil {
		return err
	}
	payload, err := e.Store.NewPayload()
	if err != nil {
		return e.unavailable(err)
	}
	defer payload.Close()
	event, err := e.decode(body, payload)
	if err != nil {
		return err
	}
	accepted, err := e.journal(req.Context(), event, payload)
	if err != nil {
		return e.unavailable(err)
	}
	return e.answer(c, accepted)
}

// body checks what the header says of the body and returns a bounded reader of its plain bytes.
func (e *endpoint) body(req *http.Request) (io.Reader, error) {
	if contentType := req.Header.Get(echo.HeaderContentType); !isJSON(contentType) {
		return nil, e.refuse(telemetry.ResultInvalid, http.StatusUnsupportedMediaType,
			fmt.Sprintf("content type %.100q is not JSON; send application/json", contentType))
	}
	if req.ContentLength > e.MaxBody {
		return nil, e.tooLarge()
	}
	switch encoding := strings.ToLower(req.Header.Get(echo.HeaderContentEncoding)); encoding {
	case "", "identity":
		return e.limit(req.Body), nil
	case "gzip", "x-gzip":
		inflated, err := gzip.NewReader(e.limit(req.Body))
		if err != nil {
			return nil, e.badBody(err)
		}
		return e.limit(inflated), nil
	default:
		return nil, e.refuse(telemetry.ResultInvalid, http.StatusUnsupportedMediaType,
			fmt.Sprintf("content encoding %.100q is not taken; send gzip or none", encoding))
	}
}

// decode reads the body to its end, checks it and copies it to the payload.
func (e *endpoint) decode(body io.Reader, payload store.Payload) (*export.Event, error) {
	sink := &journalWriter{Writer: payload}
	event, err := e.Source.Scan(io.TeeReader(body, sink), e.takes)
	if err == nil {
		return event, nil
	}
	if sink.err != nil {
		return nil, e.unavailable(sink.err)
	}
	return nil, e.badBody(err)
}

func (e *endpoint) takes(event string) bool { return slices.Contains(e.Events, event) }

// journalWriter remembers its error, so that a full disk is not taken for a bad body.
type journalWriter struct {
	io.Writer
	err error
}

func (w *journalWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// journal puts the event on disk and hands its delivery over.
func (e *endpoint) journal(ctx context.Context, event *export.Event, payload store.Payload) (store.Accepted, error) {
	size, body := payload.Size(), payload.Bytes()
	accepted, err := e.Store.Accept(context.WithoutCancel(ctx), store.Accept{
		Source: e.SourceName, Route: e.Name, Destination: e.Destination,
		Event: event, Payload: payload, Now: e.Now(), Window: e.Dedup,
	})
	if err != nil {
		return accepted, err
	}
	if accepted.Duplicate {
		e.Metrics.Received(e.Name, telemetry.ResultDuplicate)
		return accepted, nil
	}
	e.Metrics.Received(e.Name, telemetry.ResultAccepted)
	e.Metrics.ReceivedBytes(e.Name, size)
	if line := e.Log.Check(zap.DebugLevel, "event accepted"); line != nil {
		line.Write(zap.Int64(telemetry.KeyEventID, accepted.Delivery.ID), zap.String(telemetry.KeySource, e.SourceName),
			zap.String(telemetry.KeyRoute, e.Name), zap.Int64(telemetry.KeyBytes, size))
	}
	e.Deliverer.Offer(accepted.Delivery, body)
	return accepted, nil
}

// answer says that the event is on disk; where the route waits, that it is delivered.
func (e *endpoint) answer(c echo.Context, accepted store.Accepted) error {
	id := accepted.Delivery.ID
	header := c.Response().Header()
	header.Set(HeaderDelivery, strconv.FormatInt(id, 10))
	if accepted.Duplicate {
		header.Set(HeaderDuplicate, "true")
	}
	if e.Wait <= 0 {
		return c.NoContent(http.StatusNoContent)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), e.Wait)
	defer cancel()
	state, err := e.Deliverer.Await(ctx, id)
	switch {
	case err != nil:
		return c.String(http.StatusAccepted, fmt.Sprintf("delivery %d is accepted and not finished yet\n", id))
	case state == store.Delivered:
		return c.NoContent(http.StatusNoContent)
	default:
		return c.String(http.StatusAccepted, fmt.Sprintf("delivery %d is accepted; it ended %s\n", id, state))
	}
}

// badBody answers a body that could not be read or is not good.
func (e *endpoint) badBody(err error) error {
	var mistake *source.Error
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errTooLarge):
		return e.tooLarge()
	case errors.As(err, &mistake):
		return e.refuse(telemetry.ResultInvalid, http.StatusBadRequest, mistake.Message)
	case errors.As(err, &timeout) && timeout.Timeout():
		return e.refuse(telemetry.ResultInvalid, http.StatusRequestTimeout,
			fmt.Sprintf("the body did not arrive within %s", e.BodyTimeout))
	default:
		return e.refuse(telemetry.ResultInvalid, http.StatusBadRequest, "the body cannot be read: "+err.Error())
	}
}

func (e *endpoint) tooLarge() error {
	return e.refuse(telemetry.ResultTooLarge, http.StatusRequestEntityTooLarge,
		fmt.Sprintf("the body is larger than the limit of %d bytes (server.max_body)", e.MaxBody))
}

func (e *endpoint) unavailable(err error) error {
	e.Metrics.Received(e.Name, telemetry.ResultUnavailable)
	e.Log.Error("event not accepted", zap.String(telemetry.KeyRoute, e.Name), zap.Error(err))
	return &httpError{
		status: http.StatusServiceUnavailable, retryAfter: storeRetryAfter,
		message: "the event cannot be stored now; send it again later",
	}
}

// refuse counts a request that is not taken and returns its answer.
func (e *endpoint) refuse(result string, status int, message string) error {
	e.Metrics.Received(e.Name, result)
	e.Log.Warn("event refused", zap.String(telemetry.KeyRoute, e.Name), zap.Int(telemetry.KeyStatus, status),
		zap.String(telemetry.KeyDetail, message))
	return &httpError{status: status, message: message}
}

// isJSON takes application/json, anything+json, and no type at all: senders forget it, and the decoder looks anyway.
func isJSON(contentType string) bool {
	if contentType == "" || contentType == echo.MIMEApplicationJSON {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == echo.MIMEApplicationJSON || strings.HasSuffix(mediaType, "+json"))
}

// errTooLarge is a body's error when it is over the limit.
var errTooLarge = errors.New("body is too large")

// limit bounds a body.
func (e *endpoint) limit(r io.Reader) io.Reader { return &limitedReader{r: r, left: e.MaxBody} }

type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

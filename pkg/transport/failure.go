package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Failure is the error of a call that got no complete answer.
type Failure struct {
	// Reason is why.
	Reason adapter.Reason
	// Sent says that bytes of the request may have reached the vendor: whether the call had its effect is unknown.
	Sent bool
	// Detail is a text for people, free of secrets.
	Detail string
}

// Error returns the reason and the detail.
func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Detail }

// failure says what an error of either library means. caller is the caller's own context, without the call's time-out.
func (c *Client) failure(caller context.Context, err error, sent bool) *Failure {
	reason, detail := c.classify(caller, cause(err))
	return &Failure{Reason: reason, Sent: sent, Detail: c.Redact(detail)}
}

func (c *Client) classify(caller context.Context, err error) (adapter.Reason, string) {
	var name *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, resty.ErrResponseBodyTooLarge) || errors.Is(err, errTooLarge):
		return adapter.ReasonTooLarge, fmt.Sprintf("the answer is over %d bytes; raise limits.max_answer", c.maxAnswer)
	case errors.Is(caller.Err(), context.Canceled):
		return adapter.ReasonConnection, "the call was cut short because the gateway stops"
	case isTimeout(err):
		return adapter.ReasonTimeout, fmt.Sprintf("no answer from %s in time (limits.timeout is %s): %v", c.base.host, c.timeout, err)
	case errors.As(err, &name):
		return adapter.ReasonUnavailable, fmt.Sprintf("host %s: %s", name.Name, name.Err)
	case isTLS(err):
		return adapter.ReasonTLS, err.Error()
	case errors.As(err, &dial) && dial.Op == "dial":
		return adapter.ReasonUnavailable, err.Error()
	case strings.Contains(err.Error(), "malformed HTTP"): // net/http has no type for it
		return adapter.ReasonBadAnswer, err.Error()
	}
	return adapter.ReasonConnection, fmt.Sprintf("connection to %s: %v", c.base.host, err)
}

// cause strips net/http's wrapping, which quotes the URL.
func cause(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func isTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert *net.OpError // crypto/tls reports an alert as the Op "remote error" or "local error"
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &alert) && strings.HasSuffix(alert.Op, " error")
}

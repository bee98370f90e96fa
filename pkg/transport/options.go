package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

const (
	defaultTimeout   = 30 * time.Second
	defaultMaxAnswer = 10 << 20
	defaultAgent     = "labelgate"

	// idleTimeout is below the keep-alive of common front ends (60 s and more), so that a vendor seldom closes a
	// connection just as it is used again: such a call's outcome is unknown.
	idleTimeout      = 30 * time.Second
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	keepAlive        = 30 * time.Second
	maxAnswerHeader  = 1 << 20
)

// Options say where a client's calls go and with what.
type Options struct {
	// URL is the vendor's URL, http or https, without credentials. It may have a path and a query.
	URL string
	// APIKey is sent as Auth says; empty for none.
	APIKey string
	// Auth says how the key is sent.
	Auth adapter.Auth
	// Headers are sent with every call and take precedence over those of the call.
	Headers map[string]string
	// Timeout bounds a whole call, answer included; 30 s when zero.
	Timeout time.Duration
	// MaxAnswer is the largest answer in bytes, inflated, that is taken; 10 MiB when zero.
	MaxAnswer int64
	// Concurrency is the number of calls in flight that connections are kept open for.
	Concurrency int
	// UserAgent names this program, "labelgate/1.0.0"; "labelgate" when empty.
	UserAgent string
	// RootCAs are the authorities that may sign the vendor's certificate; nil for the system's.
	RootCAs *x509.CertPool
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = defaultMaxAnswer
	}
	if o.UserAgent == "" {
		o.UserAgent = defaultAgent
	}
	o.Concurrency = max(o.Concurrency, 1)
	return o
}

// newHTTP returns the one HTTP client that both libraries send through. It has no cookie jar and no time-out of its own.
func newHTTP(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			TLSHandshakeTimeout:    handshakeTimeout,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    o.Concurrency,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxAnswerHeader,
		},
	}
}

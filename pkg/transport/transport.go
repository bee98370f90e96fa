// Package transport makes one vendor call: REST by resty, GraphQL by hasura/go-graphql-client, both over one connection
// pool. It adds host, credentials and limits to a call, says how sure it is of the outcome when no answer comes, and
// keeps secrets out of every text. It never tries a call again and never follows a redirect: the delivery engine decides. The one
// exception is a short-lived access token that the vendor no longer takes: that call is made once more with a new one.
package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Client makes the calls of one destination. It is safe for concurrent use.
type Client struct {
	base      base
	header    http.Header  // of every call; never changed after New
	auth      secretHeader // the key in a header, where it is sent as it is
	tokens    *tokens      // where the key is traded for access tokens, else nil
	key       string       // the key to sign with, where requests are signed
	sign      func(key string, r adapter.Signable) (map[string]string, error)
	redactor  *redactor
	timeout   time.Duration
	maxAnswer int64
	http      *http.Client
	resty     *resty.Client
}

// New returns a client, or an error that names the option that is wrong (never its value).
func New(o Options) (*Client, error) {
	o = o.withDefaults()
	target, err := parseBase(o.URL)
	if err != nil {
		return nil, err
	}
	header, err := fixedHeader(o)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base: target, header: header, redactor: newRedactor(o, target),
		timeout: o.Timeout, maxAnswer: o.MaxAnswer, http: newHTTP(o),
	}
	if err := c.setCredential(o); err != nil {
		return nil, err
	}
	c.resty = newResty(c.http, o.MaxAnswer)
	return c, nil
}

// Do makes the call once and returns the vendor's answer, whatever its status. The error is always a *Failure: no answer
// came, or not all of it.
func (c *Client) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	if c.tokens != nil && call.Link == "" {
		return c.doBearing(ctx, call)
	}
	req, err := c.prepare(call)
	if err != nil {
		return adapter.Response{}, c.invalid(err)
	}
	return c.send(ctx, call, req)
}

// send sends a prepared request and reads the answer.
func (c *Client) send(ctx context.Context, call adapter.Call, req *request) (adapter.Response, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	traced := req.trace(limited)
	var resp adapter.Response
	var err error
	if call.GraphQL() {
		resp, err = c.doGraphQL(traced, call, req)
	} else {
		resp, err = c.doREST(traced, req)
	}
	if err != nil {
		return adapter.Response{}, c.failure(ctx, err, req.sent.Load())
	}
	return resp, nil
}

// invalid is the failure of a call that cannot be sent at all.
func (c *Client) invalid(err error) *Failure {
	return &Failure{Reason: adapter.ReasonInvalid, Detail: c.Redact(err.Error())}
}

// Close closes the connections that are kept open. Calls in flight finish.
func (c *Client) Close() { c.http.CloseIdleConnections() }

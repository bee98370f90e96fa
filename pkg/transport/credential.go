package transport

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// errSignedGraphQL: the body of a GraphQL call is put together by its library while it is sent.
var errSignedGraphQL = errors.New("a GraphQL call cannot be signed; send it as a REST call")

// setCredential chooses how the key is used: sent in a header, traded for tokens, or signed with.
func (c *Client) setCredential(o Options) error {
	if o.APIKey == "" {
		return nil
	}
	if o.Auth.Sign != nil {
		c.sign, c.key = o.Auth.Sign, o.APIKey
		if _, err := c.sign(c.key, adapter.Signable{Method: http.MethodGet, Target: "/"}); err != nil {
			return fmt.Errorf("api_key: %w", err)
		}
		return nil
	}
	if o.Auth.Exchange != nil {
		if exchange, ok := o.Auth.Exchange(o.APIKey); ok {
			return c.setExchange(o, exchange)
		}
	}
	auth, err := authHeader(o)
	c.auth = auth
	return err
}

func (c *Client) setExchange(o Options, exchange adapter.Exchange) error {
	for name := range o.Headers {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			return fmt.Errorf("headers.%s: api_key sets this header already; leave one of them out", name)
		}
	}
	target, err := c.base.join(exchange.Path)
	if err != nil {
		return fmt.Errorf("token exchange: %w", err)
	}
	c.tokens = &tokens{
		exchange: exchange, url: target, key: o.APIKey, agent: c.header.Get("User-Agent"), http: c.http, redactor: c.redactor,
	}
	return nil
}

// signed adds the headers by which a request is signed. It reads the body once for its digest.
func (c *Client) signed(r *request, call adapter.Call) error {
	if call.GraphQL() {
		return errSignedGraphQL
	}
	target, err := url.Parse(r.url)
	if err != nil {
		return errors.New("path: is not a valid URL path; escape what is put into it")
	}
	sum := sha256.Sum256(nil)
	if r.body != nil {
		if sum, err = call.Body.Digest(); err != nil {
			return fmt.Errorf("request body: %w", err)
		}
	}
	header, err := c.sign(c.key, adapter.Signable{Method: r.method, Target: target.RequestURI(), Digest: sum, Time: c.now()})
	if err != nil {
		return fmt.Errorf("api_key: %w", err)
	}
	r.signature = make(map[string]bool, len(header))
	for name, value := range header {
		name = http.CanonicalHeaderKey(name)
		if err := checkHeader(name, value); err != nil {
			return fmt.Errorf("signature header %q: %w", name, err)
		}
		r.header[name], r.signature[name] = []string{value}, true
	}
	return nil
}

// prepareLink checks a call of a URL that the vendor gave. It carries no credentials and no configured headers.
func (c *Client) prepareLink(call adapter.Call) (*request, error) {
	u, err := url.Parse(call.Link)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return nil, errors.New("link: the vendor's URL is not a plain absolute one")
	case u.Scheme != "https" && (u.Scheme != "http" || c.base.secure):
		return nil, fmt.Errorf("link: the vendor's URL begins with %s://; only https is followed", u.Scheme)
	case call.Body != nil || call.Path != "" || call.GraphQL() || call.Method != "" && call.Method != http.MethodGet:
		return nil, errors.New("link: is read by GET, with nothing but headers beside it")
	}
	r := &request{method: http.MethodGet, url: u.String(), header: http.Header{
		"Accept": {"*/*"}, "User-Agent": c.header["User-Agent"],
	}}
	for name, value := range call.Header {
		name = http.CanonicalHeaderKey(name)
		if err := checkHeader(name, value); err != nil {
			return nil, fmt.Errorf("header %q: %w", name, err)
		}
		r.header[name] = []string{value}
	}
	return r, nil
}

// now is the clock, for signatures.
func (c *Client) now() time.Time { return time.Now() }

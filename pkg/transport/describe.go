package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// errDescribed ends a GraphQL call that is only described.
var errDescribed = errors.New("described, not sent")

// Request is what Do would send, for people: secrets are masked.
type Request struct {
	// Method and URL are those of the request line; the URL is whole.
	Method, URL string
	// Header are the headers: Host first, the others by name.
	Header []HeaderField
	// Body is the request's body, exactly as it would be sent; nil for none.
	Body io.Reader
	// Size is the body's length in bytes.
	Size int64
}

// HeaderField is one header.
type HeaderField struct {
	// Name is in canonical form, Value is masked where it is a secret.
	Name, Value string
}

// Describe returns the request that Do would send for the call. It sends nothing. The error says what is wrong with
// the call.
func (c *Client) Describe(call adapter.Call) (Request, error) {
	r, err := c.prepare(call)
	if err != nil {
		return Request{}, err
	}
	if call.GraphQL() {
		if err := describeGraphQL(call, r); err != nil {
			return Request{}, err
		}
	}
	return Request{Method: r.method, URL: c.maskedURL(r.url), Header: c.shown(r), Body: r.body, Size: r.size}, nil
}

// describeGraphQL has the library write the body and stops it before it is sent.
func describeGraphQL(call adapter.Call, r *request) error {
	x := &exchange{request: r, send: func(*http.Request) (*http.Response, error) { return nil, errDescribed }}
	_, err := execGraphQL(context.Background(), call, x) //nolint:forbidigo // nothing is sent that could be cancelled
	if errors.Is(x.err, errDescribed) {
		return nil
	}
	return errors.Join(x.err, err)
}

func (c *Client) shown(r *request) []HeaderField {
	fields := make([]HeaderField, 0, len(r.header)+3)
	for name := range r.header {
		fields = append(fields, HeaderField{Name: http.CanonicalHeaderKey(name), Value: c.shownValue(r, name)})
	}
	if c.tokens != nil {
		fields = append(fields, HeaderField{Name: "Authorization", Value: c.tokens.exchange.Scheme + " " + mask})
	}
	if r.body != nil || lengthAlways(r.method) {
		fields = append(fields, HeaderField{Name: "Content-Length", Value: strconv.FormatInt(r.size, 10)})
	}
	fields = append(fields, HeaderField{Name: "Accept-Encoding", Value: "gzip"}) // net/http adds and undoes it
	slices.SortFunc(fields, func(a, b HeaderField) int { return strings.Compare(a.Name, b.Name) })
	return slices.Insert(fields, 0, HeaderField{Name: "Host", Value: c.base.host})
}

// lengthAlways reports whether net/http sends a Content-Length without a body too.
func lengthAlways(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

func (c *Client) shownValue(r *request, name string) string {
	if r.signature[name] {
		return mask
	}
	if name == c.auth.name {
		return c.auth.shown
	}
	if _, configured := c.header[name]; configured && !public(name) {
		return mask
	}
	return c.Redact(r.header[name][0])
}

// maskedURL masks the parameters whose names say that they are secrets, and whatever else is known to be one.
func (c *Client) maskedURL(whole string) string {
	u, err := url.Parse(whole)
	if err != nil {
		return mask
	}
	parameters := strings.Split(u.RawQuery, "&")
	for i, parameter := range parameters {
		if name, _, ok := strings.Cut(parameter, "="); ok && secretParameter(name) {
			parameters[i] = name + "=" + mask
		}
	}
	u.RawQuery = strings.Join(parameters, "&")
	return c.Redact(u.String())
}

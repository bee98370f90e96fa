package transport

import (
	"context"
	"net/http"

	"github.com/go-resty/resty/v2"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// requestKey finds the request of a resty call in its context: resty's hook gets nothing else of ours.
type requestKey struct{}

// newResty returns resty over our HTTP client: NewWithClient brings no cookie jar, and its retries stay off.
func newResty(client *http.Client, maxAnswer int64) *resty.Client {
	return resty.NewWithClient(client).
		SetResponseBodyLimit(int(maxAnswer)).
		SetDisableWarn(true).
		SetPreRequestHook(attachBody)
}

// attachBody gives resty's finished request the body. Handed to resty itself, a reader would be read into memory and
// become replayable (resty v2.17.2, middleware.go, getBodyCopy).
func attachBody(_ *resty.Client, raw *http.Request) error {
	if r, ok := raw.Context().Value(requestKey{}).(*request); ok {
		r.attach(raw)
	}
	return nil
}

func (c *Client) doREST(ctx context.Context, r *request) (adapter.Response, error) {
	call := c.resty.R().SetContext(context.WithValue(ctx, requestKey{}, r))
	call.Header = r.header
	resp, err := call.Execute(r.method, r.url)
	if err != nil {
		return adapter.Response{}, err
	}
	return adapter.Response{Status: resp.StatusCode(), Header: firstValues(resp.Header()), Body: resp.Body()}, nil
}

// firstValues keeps the first value of each header.
func firstValues(header http.Header) map[string]string {
	first := make(map[string]string, len(header))
	for name, values := range header {
		if len(values) > 0 {
			first[name] = values[0]
		}
	}
	return first
}

package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Answer is a gateway's answer to a webhook.
type Answer struct {
	// Status is the HTTP status, Body the text; Header is all else.
	Status int
	Body   string
	Header http.Header
	// Delivery is the delivery's id, 0 when there is none; Duplicate says that it is the first one's of an equal body.
	Delivery  int64
	Duplicate bool
}

// Webhook returns a request like the source's own: a JSON body with the site's secret.
func (g *Gateway) Webhook(ctx context.Context, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SecretHeader, g.secret)
	return req, nil
}

// Do makes a request.
func Do(req *http.Request) (Answer, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	a := Answer{Status: resp.StatusCode, Body: string(body), Header: resp.Header}
	a.Delivery, _ = strconv.ParseInt(resp.Header.Get("Labelgate-Delivery"), 10, 64)
	a.Duplicate = resp.Header.Get("Labelgate-Duplicate") == "true"
	return a, err
}

// Post sends an event as the source does.
func (g *Gateway) Post(t *testing.T, path string, body []byte) Answer {
	t.Helper()
	req, err := g.Webhook(t.Context(), path, bytes.NewReader(body))
	require.NoError(t, err)
	answer, err := Do(req)
	require.NoError(t, err)
	return answer
}

// Accept sends an event that must be taken, and returns its delivery's id.
func (g *Gateway) Accept(t *testing.T, path string, body []byte) int64 {
	t.Helper()
	answer := g.Post(t, path, body)
	require.Equal(t, http.StatusNoContent, answer.Status, answer.Body)
	require.Positive(t, answer.Delivery)
	return answer.Delivery
}

// Get makes a plain GET and returns status and body; status 0 when there was no answer.
func (g *Gateway) Get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URL+path, nil)
	require.NoError(t, err)
	answer, err := Do(req)
	if err != nil {
		return 0, err.Error()
	}
	return answer.Status, answer.Body
}

// Do asks the gateway's API for something that it must do.
func (g *Gateway) Do(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	answer, err := Do(req)
	require.NoError(t, err)
	require.Less(t, answer.Status, http.StatusMultipleChoices, "%s %s: %s", path, body, answer.Body)
}

// List asks the gateway's API for the deliveries in some states, the newest 500 of them.
func (g *Gateway) List(t *testing.T, states string) []Delivery {
	t.Helper()
	status, body := g.Get(t, "/api/v1/deliveries?limit=500&state="+states)
	require.Equal(t, http.StatusOK, status, body)
	var page struct{ Deliveries []Delivery }
	require.NoError(t, json.Unmarshal([]byte(body), &page))
	return page.Deliveries
}

// Delivery asks the gateway's API for a delivery.
func (g *Gateway) Delivery(t *testing.T, id int64) Delivery {
	t.Helper()
	status, body := g.Get(t, "/api/v1/deliveries/"+strconv.FormatInt(id, 10))
	require.Equal(t, http.StatusOK, status, body)
	var d Delivery
	require.NoError(t, json.Unmarshal([]byte(body), &d))
	return d
}

// Await returns the delivery once it is in one of the states.
func (g *Gateway) Await(t *testing.T, id int64, states ...string) Delivery {
	t.Helper()
	var d Delivery
	Await(t, func() bool {
		d = g.Delivery(t, id)
		return slices.Contains(states, d.State)
	}, "delivery %d is %s", id, strings.Join(states, " or "))
	return d
}

package transport_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

func TestRESTSendsExactlyTheCall(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(http.StatusCreated, "application/json", `{"id": "batch-1"}`))
	c := newClient(t, v.url+"/api/", func(o *transport.Options) { o.Headers = map[string]string{"x-workspace": "blue-7777"} })
	call := post(`{"name":"a"}`)
	call.Method, call.Path = http.MethodPut, "/batches?dry=1"
	call.Header = map[string]string{"idempotency-key": "k1", "Accept": "application/vnd.acme+json", "X-Workspace": "red"}

	resp, err := c.Do(t.Context(), call)

	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, resp.Status)
	require.Equal(t, "application/json", resp.Header["Content-Type"])
	require.JSONEq(t, `{"id": "batch-1"}`, string(resp.Body))
	got := <-v.requests
	require.Equal(t, "PUT", got.method)
	require.Equal(t, "/api/batches?dry=1", got.uri)
	require.Equal(t, v.url, "http://"+got.host)
	require.JSONEq(t, `{"name":"a"}`, string(got.body))
	require.Equal(t, http.Header{
		"Accept": {"application/vnd.acme+json"}, "Accept-Encoding": {"gzip"}, "Authorization": {"Bearer " + canary},
		"Content-Length": {"12"}, "Content-Type": {"application/json"}, "Idempotency-Key": {"k1"},
		"User-Agent": {"labelgate/1.2.3"}, "X-Workspace": {"blue-7777"},
	}, got.header)
}

func TestCallsWithoutBody(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
			call := adapter.Call{Method: method, Path: "tasks/7", Header: map[string]string{"Idempotency-Key": "k1"}}

			resp, err := newClient(t, v.url).Do(t.Context(), call)

			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, resp.Status)
			require.Empty(t, resp.Body)
			got := <-v.requests
			require.Equal(t, method, got.method)
			require.Equal(t, "/tasks/7", got.uri)
			require.Empty(t, got.body)
			require.Zero(t, got.length)
			require.False(t, got.chunked)
			require.Equal(t, "k1", got.header.Get("Idempotency-Key"))
			require.NotContains(t, got.header, "Content-Type")
		})
	}
}

func TestEveryStatusIsAnAnswer(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Retry-After", "7")
		answering(status, "text/html", "<h1>"+strconv.Itoa(status)+"</h1>")(w, r)
	})
	c := newClient(t, v.url)
	for _, status := range []int{200, 202, 400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 502, 503, 504} {
		for name, call := range map[string]adapter.Call{"rest": post("{}"), "graphql": mutation(`{"ids":[]}`)} {
			call.Path = strconv.Itoa(status)
			resp, err := c.Do(t.Context(), call)
			require.NoError(t, err, "%s %d", name, status)
			require.Equal(t, status, resp.Status, name)
			require.Equal(t, "7", resp.Header["Retry-After"], name)
			require.Equal(t, "<h1>"+strconv.Itoa(status)+"</h1>", string(resp.Body), name)
			require.Nil(t, resp.Data, name)
			require.Nil(t, resp.Errors, name)
		}
	}
	require.Len(t, v.requests, 30, "nothing is tried again here")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := newVendor(t, answering(http.StatusOK, "application/json", `{}`))
	for _, status := range []int{301, 302, 303, 307, 308} {
		v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.url)
			w.WriteHeader(status)
		})
		for _, call := range []adapter.Call{post("{}"), mutation(""), {Method: http.MethodGet}} {
			resp, err := newClient(t, v.url).Do(t.Context(), call)
			require.NoError(t, err)
			require.Equal(t, status, resp.Status)
			require.Equal(t, elsewhere.url, resp.Header["Location"])
		}
	}
	require.Empty(t, elsewhere.requests, "credentials stay home")
}

func TestCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
	})
	c := newClient(t, v.url)
	for range 2 {
		_, err := c.Do(t.Context(), post("{}"))
		require.NoError(t, err)
		require.NotContains(t, (<-v.requests).header, "Cookie")
	}
}

func TestAnswersAreInflatedAndLimited(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		defer packed.Close()
		_, _ = io.CopyN(packed, spaces{}, int64(size))
	})
	c := newClient(t, v.url, func(o *transport.Options) { o.MaxAnswer = limit })
	for name, call := range map[string]adapter.Call{"rest": post("{}"), "graphql": mutation("")} {
		call.Path = strconv.Itoa(limit)
		resp, err := c.Do(t.Context(), call)
		require.NoError(t, err, name)
		require.Len(t, resp.Body, limit, name)

		call.Path = strconv.Itoa(40 * limit)
		_, err = c.Do(t.Context(), call)
		failure := requireFailure(t, err)
		require.Equal(t, adapter.ReasonTooLarge, failure.Reason, name)
		require.True(t, failure.Sent, name)
		require.Contains(t, failure.Detail, "1048576", name)
	}
}

// spaces is an endless reader of the byte that packs best.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

package transport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

// tradeable is an auth whose keys that begin with "refresh" are traded for access tokens.
var tradeable = adapter.Auth{Scheme: "Token", Exchange: func(key string) (adapter.Exchange, bool) {
	return adapter.Exchange{Path: "/token/refresh", KeyField: "refresh", TokenField: "access", Scheme: "Bearer"}, strings.HasPrefix(key, "refresh")
}}

// issuer is a vendor whose access tokens are good until the next one is issued or they are revoked.
type issuer struct {
	mu       sync.Mutex
	issued   int
	good     string
	refuse   int // status of the exchange, 0 for success
	nonsense string
}

func (i *issuer) answer(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r.URL.Path == "/token/refresh" {
		switch {
		case i.refuse != 0:
			http.Error(w, `{"detail":"Token is blacklisted"}`, i.refuse)
		case i.nonsense != "":
			io.WriteString(w, i.nonsense)
		default:
			i.issued++
			i.good = fmt.Sprintf("access-token-%d", i.issued)
			fmt.Fprintf(w, `{"access":%q}`, i.good)
		}
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+i.good {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	io.WriteString(w, "welcome "+i.good)
}

func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.good = "nobody's"
}

func withAuth(key string, auth adapter.Auth) func(*transport.Options) {
	return func(o *transport.Options) { o.APIKey, o.Auth = key, auth }
}

func TestAKeyIsTradedOnceAndTheTokenRenewedOnce(t *testing.T) {
	t.Parallel()
	issuer := &issuer{}
	v := newVendor(t, issuer.answer)
	c := newClient(t, v.url, withAuth("refresh-"+canary, tradeable))
	call := adapter.Call{Method: "POST", Path: "/tasks", Body: adapter.BytesBody([]byte(`{"a":1}`))}
	for range 2 {
		resp, err := c.Do(t.Context(), call)
		require.NoError(t, err)
		require.Equal(t, 200, resp.Status)
	}
	require.Equal(t, 1, issuer.issued, "a token is kept")
	issuer.revoke()
	resp, err := c.Do(t.Context(), call)
	require.NoError(t, err)
	require.Equal(t, "welcome access-token-2", string(resp.Body), "a 401 has a new token made, and the call made again")
	for range 4 { // refresh, call, call, refused call
		<-v.requests
	}
	<-v.requests
	last := <-v.requests
	require.JSONEq(t, `{"a":1}`, string(last.body), "with its whole body")
	require.Equal(t, "welcome ***", c.Redact("welcome access-token-2"))
	require.Equal(t, "welcome ***", c.Redact("welcome access-token-1"), "late texts may hold the last one")
}

func TestATokenThatIsRefusedAtOnceIsNotRenewedForEver(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token/refresh" {
			io.WriteString(w, `{"access":"useless"}`)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	c := newClient(t, v.url, withAuth("refresh-x", tradeable))
	resp, err := c.Do(t.Context(), adapter.Call{Method: "GET", Path: "/me"})
	require.NoError(t, err)
	require.Equal(t, 401, resp.Status)
	require.Len(t, v.requests, 4, "two exchanges, two calls")
}

func TestExchangesThatFail(t *testing.T) {
	t.Parallel()
	issuer := &issuer{refuse: 401}
	v := newVendor(t, issuer.answer)
	c := newClient(t, v.url, withAuth("refresh-"+canary, tradeable))
	resp, err := c.Do(t.Context(), adapter.Call{Method: "GET", Path: "/me"})
	require.NoError(t, err)
	require.Equal(t, 401, resp.Status, "a refused key is the vendor's answer to the call")
	require.Contains(t, string(resp.Body), "blacklisted")

	for nonsense, says := range map[string]string{`<html>`: `has no "access"`, `{"access":7}`: `has no "access"`, `{}`: `has no "access"`} {
		issuer.refuse, issuer.nonsense = 0, nonsense
		requireNotSent(t, c, says)
	}
	issuer.refuse = 503
	requireNotSent(t, c, "the vendor answered 503")
	issuer.refuse, issuer.nonsense = 0, `{"access":"two\nlines"}`
	requireNotSent(t, c, "cannot stand in a header")
}

// requireNotSent makes a call that must fail before it is sent.
func requireNotSent(t *testing.T, c *transport.Client, says string) {
	t.Helper()
	_, err := c.Do(t.Context(), adapter.Call{Method: "POST", Path: "/tasks"})
	var failure *transport.Failure
	require.ErrorAs(t, err, &failure)
	require.False(t, failure.Sent, "the call itself was never made")
	require.Contains(t, failure.Detail, says)
	requireNoKey(t, failure.Detail)
}

func TestOtherKeysAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(200, "application/json", "{}"))
	c := newClient(t, v.url, withAuth("legacy", tradeable))
	_, err := c.Do(t.Context(), adapter.Call{Method: "GET", Path: "/me"})
	require.NoError(t, err)
	require.Equal(t, "Token legacy", (<-v.requests).header.Get("Authorization"))
}

// signing is an auth that shows what a signature is over.
var signing = adapter.Auth{Sign: func(key string, r adapter.Signable) (map[string]string, error) {
	if !strings.HasPrefix(key, "-----") {
		return nil, errors.New("is not a private key in PEM form")
	}
	if r.Time.Before(time.Now().Add(-time.Hour)) && r.Target != "/" {
		return nil, errors.New("no time")
	}
	sum := hex.EncodeToString(r.Digest[:])
	return map[string]string{"signature": r.Method + " " + r.Target + " " + sum}, nil
}}

const pem = "-----BEGIN KEY-----\nhunter2hunter2\n-----END KEY-----"

func TestRequestsAreSigned(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(200, "application/json", "{}"))
	c := newClient(t, v.url+"/api", withAuth(pem, signing))
	large := bytes.Repeat([]byte("x"), 1<<20)
	for _, body := range [][]byte{nil, []byte(`{"a":1}`), large} {
		call := adapter.Call{Method: "PUT", Path: "/a b?q=%2F"}
		if body != nil {
			call.Body = adapter.BytesBody(body)
		}
		_, err := c.Do(t.Context(), call)
		require.NoError(t, err)
		r := <-v.requests
		sum := sha256.Sum256(body)
		require.Equal(t, "PUT "+r.uri+" "+hex.EncodeToString(sum[:]), r.header.Get("Signature"))
		require.Equal(t, "/api/a%20b?q=%2F", r.uri)
		require.Empty(t, r.header.Get("Authorization"), "the key itself is never sent")
	}
	described, err := c.Describe(adapter.Call{Method: "GET", Path: "/x"})
	require.NoError(t, err)
	require.Contains(t, described.Header, transport.HeaderField{Name: "Signature", Value: "***"})
	_, err = c.Do(t.Context(), adapter.Call{Document: "{ a }"})
	require.ErrorContains(t, err, "a GraphQL call cannot be signed")
}

func TestAKeyThatCannotSignIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	_, err := transport.New(transport.Options{URL: "https://vendor.example", APIKey: canary, Auth: signing})
	require.EqualError(t, err, "api_key: is not a private key in PEM form")
}

func TestLinksOfTheVendor(t *testing.T) {
	t.Parallel()
	files := newVendor(t, answering(200, "application/x-ndjson", "{}"))
	c := newClient(t, "http://vendor.example", func(o *transport.Options) { o.Headers = map[string]string{"X-Tenant": "acme-tenant"} })
	resp, err := c.Do(t.Context(), adapter.Call{Link: files.url + "/errors.ndjson?sig=abc", Header: map[string]string{"Accept": "text/plain"}})
	require.NoError(t, err)
	require.Equal(t, "{}", string(resp.Body))
	r := <-files.requests
	require.Equal(t, "/errors.ndjson?sig=abc", r.uri)
	require.Equal(t, http.MethodGet, r.method)
	require.Equal(t, "text/plain", r.header.Get("Accept"))
	require.Empty(t, r.header.Get("Authorization"))
	require.Empty(t, r.header.Get("X-Tenant"))

	described, err := c.Describe(adapter.Call{Link: files.url + "/e?sig=abc"})
	require.NoError(t, err)
	require.Contains(t, described.URL, "sig=***")
}

func TestLinksThatAreNotFollowed(t *testing.T) {
	t.Parallel()
	plain, secure := newClient(t, "http://vendor.example"), newClient(t, "https://vendor.example")
	for _, c := range []struct {
		client *transport.Client
		call   adapter.Call
		says   string
	}{
		{secure, adapter.Call{Link: "http://files.example/e"}, "only https is followed"},
		{plain, adapter.Call{Link: "file:///etc/passwd"}, "not a plain absolute one"},
		{plain, adapter.Call{Link: "ftp://files.example/e"}, "only https is followed"},
		{plain, adapter.Call{Link: "/relative"}, "not a plain absolute one"},
		{plain, adapter.Call{Link: "https://me:pw@files.example/e"}, "not a plain absolute one"},
		{plain, adapter.Call{Link: "https://files.example/e", Method: "POST"}, "is read by GET"},
		{plain, adapter.Call{Link: "https://files.example/e", Path: "/x"}, "is read by GET"},
		{plain, adapter.Call{Link: "https://files.example/e", Header: map[string]string{"Host": "x"}}, "set by Labelgate"},
	} {
		_, err := c.client.Do(t.Context(), c.call)
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "pw")
	}
}

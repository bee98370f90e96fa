package transport_test

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

func requireNoKey(t *testing.T, text string) {
	t.Helper()
	for _, form := range forms(canary) {
		require.NotContains(t, text, form)
	}
}

// forms are the ways in which a vendor or a library may quote a secret.
func forms(secret string) []string {
	quoted := strconv.Quote(secret)
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1],
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret + ":")), base64.RawStdEncoding.EncodeToString([]byte(secret)),
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	const header, parameter = "header-secret-42", "parameter-secret-42"
	c := newClient(t, "https://labels.example.com/v1?api_key="+parameter+"&region=europe", func(o *transport.Options) {
		o.Headers = map[string]string{"X-Token": "Token " + header, "X-Api-Version": "2", "Accept": "application/json"}
	})
	for _, secret := range []string{canary, header, parameter} {
		for _, form := range forms(secret) {
			require.NotContains(t, c.Redact("you sent <"+form+">, sorry"), form)
			require.Contains(t, c.Redact("you sent <"+form+">, sorry"), "you sent <***")
		}
	}
	const plain = "2 of 3 in europe, application/json"
	require.Equal(t, plain, c.Redact(plain))
}

func TestErrorsOfOptionsNameTheOptionAndNotItsValue(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options transport.Options
		says    string
	}{
		"scheme":         {transport.Options{URL: "ftp://" + canary}, "url: must begin with http"},
		"unreadable":     {transport.Options{URL: "http://a b/" + canary}, "url: "},
		"no host":        {transport.Options{URL: "https:///" + url.PathEscape(canary)}, "url: has no host"},
		"password":       {transport.Options{URL: "https://me:" + url.QueryEscape(canary) + "@a"}, "set them as api_key"},
		"fragment":       {transport.Options{URL: "https://a/#" + url.PathEscape(canary)}, "fragment"},
		"line break":     {transport.Options{URL: "https://a", APIKey: canary + "\n"}, "api_key: the value holds a control"},
		"header name":    {transport.Options{URL: "https://a", Headers: map[string]string{"a b": canary}}, "headers.a b: is not a header name"},
		"header value":   {transport.Options{URL: "https://a", Headers: map[string]string{"X-A": canary + "\r"}}, "headers.X-A: the value"},
		"header is ours": {transport.Options{URL: "https://a", Headers: map[string]string{"host": canary}}, "headers.host: this header is set by"},
		"same header": {
			transport.Options{URL: "https://a", Headers: map[string]string{"x-a": canary, "X-A": canary}}, "set twice",
		},
		"key and header": {
			transport.Options{URL: "https://a", APIKey: canary, Headers: map[string]string{"authorization": canary}},
			"headers.authorization: api_key sets this header already",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := transport.New(c.options)
			require.ErrorContains(t, err, c.says)
			requireNoKey(t, err.Error())
		})
	}
}

func TestAuth(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(200, "application/json", `{}`))
	cases := map[string]struct {
		auth          adapter.Auth
		header, value string
		shown         string
	}{
		"bearer":   {bearer, "Authorization", "Bearer " + canary, "Bearer ***"},
		"bare":     {adapter.Auth{}, "Authorization", canary, "***"},
		"own name": {adapter.Auth{Header: "x-api-key"}, "X-Api-Key", canary, "***"},
		"basic": {
			adapter.Auth{Basic: true},
			"Authorization",
			"Basic " + base64.StdEncoding.EncodeToString([]byte(canary+":")), "Basic ***",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, v.url, func(o *transport.Options) { o.Auth = c.auth })
			_, err := client.Do(t.Context(), post("{}"))
			require.NoError(t, err)
			got := <-v.requests
			require.Equal(t, c.value, got.header.Get(c.header))
			described, err := client.Describe(post("{}"))
			require.NoError(t, err)
			require.Contains(t, described.Header, transport.HeaderField{Name: c.header, Value: c.shown})
		})
	}
}

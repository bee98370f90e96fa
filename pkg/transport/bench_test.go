package transport_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

// BenchmarkCall compares a call with one by bare net/http, over loopback.
func BenchmarkCall(b *testing.B) {
	const body, answer = `{"ids":["0123456789","0123456789"]}`, `{"data":{"ok":true}}`
	vendor := httptest.NewServer(answering(http.StatusOK, "application/json", answer))
	defer vendor.Close()
	client, err := transport.New(transport.Options{URL: vendor.URL, APIKey: canary, Auth: bearer, Concurrency: 2})
	require.NoError(b, err)
	defer client.Close()
	for name, call := range map[string]adapter.Call{"rest": post(body), "graphql": mutation(body)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if resp, err := client.Do(b.Context(), call); err != nil || resp.Status != 200 {
					b.Fatal(resp.Status, err)
				}
			}
		})
	}
	b.Run("net/http", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := http.Post(vendor.URL, "application/json", bytes.NewReader([]byte(body)))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
	})
}

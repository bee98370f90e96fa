package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	good, trusted := certificate(t, x509.Certificate{NotAfter: now.Add(time.Hour), IPAddresses: loopback})
	expired, trustedOld := certificate(t, x509.Certificate{NotAfter: now.Add(-time.Hour), IPAddresses: loopback})
	other, trustedOther := certificate(t, x509.Certificate{NotAfter: now.Add(time.Hour), DNSNames: []string{"other.example"}})
	cases := map[string]struct {
		config *tls.Config
		roots  *x509.CertPool
		detail string // empty: the call works
	}{
		"good":              {&tls.Config{Certificates: []tls.Certificate{good}}, trusted, ""},
		"expired":           {&tls.Config{Certificates: []tls.Certificate{expired}}, trustedOld, "expired"},
		"of another host":   {&tls.Config{Certificates: []tls.Certificate{other}}, trustedOther, "127.0.0.1"},
		"of nobody we know": {&tls.Config{Certificates: []tls.Certificate{good}}, nil, "unknown authority"},
		"TLS 1.1 at most": {
			&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			trusted, "protocol version",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var protocol string
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol = r.Proto }))
			server.TLS = c.config
			server.EnableHTTP2 = true
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			client := newClient(t, server.URL, func(o *transport.Options) { o.RootCAs = c.roots })

			_, err := client.Do(t.Context(), post("{}"))

			if c.detail == "" {
				require.NoError(t, err)
				require.Equal(t, "HTTP/2.0", protocol)
				return
			}
			failure := requireFailure(t, err)
			require.Equal(t, adapter.ReasonTLS, failure.Reason, failure.Detail)
			require.False(t, failure.Sent)
			require.Contains(t, failure.Detail, c.detail)
			require.Empty(t, protocol, "no request gets to it")
		})
	}
}

// certificate makes a self-signed certificate and the pool that trusts it.
func certificate(t *testing.T, template x509.Certificate) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber = big.NewInt(1)
	template.NotBefore = template.NotAfter.Add(-48 * time.Hour)
	template.IsCA, template.BasicConstraintsValid = true, true
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

package encord_test

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// key is that of the recorded signatures.
func key() ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

// privateKey is an API key as people have it: an OpenSSH private key.
func privateKey(t *testing.T) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key(), "labelgate")
	require.NoError(t, err)
	return string(pem.EncodeToMemory(block))
}

// otherCaller makes calls without a signature that the stand knows.
type otherCaller struct {
	t     *testing.T
	stand *sandboxtest.Stand
}

// Do makes a call.
func (c otherCaller) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	var body io.Reader = http.NoBody
	if call.Body != nil {
		text, _ := call.Body.Bytes()
		body = strings.NewReader(string(text))
	}
	r, err := http.NewRequestWithContext(ctx, call.Method, c.stand.URL+call.Path, body)
	require.NoError(c.t, err)
	r.Header.Set("Authorization", strings.Repeat("0", 64)+":"+strings.Repeat("0", 128))
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(c.t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return adapter.Response{Status: resp.StatusCode, Body: text}, resp.Body.Close()
}

package encord_test

import (
	"crypto/sha256"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter"
)

// recordedBody is that of a request that Encord's own client (0.1.211) signed, by the key of key().
const recordedBody = `{"priorities": [["cccccccc-0000-4000-8000-000000000001", 0.9]]}`

func signed(t *testing.T, key, method, target, body string) map[string]string {
	t.Helper()
	header, err := encord.Factory().Auth.Sign(key, adapter.Signable{
		Method: method, Target: target, Digest: sha256.Sum256([]byte(body)), Time: time.Unix(1795479730, 987654321),
	})
	require.NoError(t, err)
	return header
}

func TestSignatureIsThatOfTheVendorsClient(t *testing.T) {
	t.Parallel()
	const target = "/v2/public/projects/aaaaaaaa-0000-4000-8000-000000000001/priorities"
	require.Len(t, recordedBody, 63)
	require.Equal(t, map[string]string{
		"Content-Digest": "sha-256=:iSTgx2E38pb1boo9o17RZ+lmmSEh0/vjfIKMk7MlWOA=:",
		"Signature-Input": `encord-sig=("@method" "@request-target" "content-digest");created=1795479730;` +
			`keyid="03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";alg="ed25519"`,
		"Signature": "encord-sig=:lPFtobJnsgdKP72Oa51OEK389CpDMTI2P0y1Evz3H/DFM9iVZj9d9bth3Jds8AKV+SjYv58xVjtMOvzYV0aoAA==:",
	}, signed(t, privateKey(t), "POST", target, recordedBody))
	// A base URL with a path, a query, and a key on one line, as environment files have it.
	escaped := strings.ReplaceAll(privateKey(t), "\n", `\n`)
	require.Equal(t,
		signed(t, privateKey(t), "GET", "/proxy/v2/public/x?a=1", "")["Signature"], signed(t, escaped, "get", "/proxy/v2/public/x?a=1", "")["Signature"])
}

func TestLegacySignatureIsOverTheBodyAlone(t *testing.T) {
	t.Parallel()
	want := signed(t, privateKey(t), "POST", "/public", "{}")
	require.Len(t, want, 1)
	require.Regexp(t, `^03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8:[0-9a-f]{128}$`, want["Authorization"])
	require.Equal(t, want, signed(t, privateKey(t), "POST", "/proxy/public", "{}"))
	require.NotEqual(t, want, signed(t, privateKey(t), "POST", "/public", "{ }"))
	require.NotContains(t, signed(t, privateKey(t), "GET", "/v2/public", ""), "Authorization")
}

func TestOtherKeysAreRefused(t *testing.T) {
	t.Parallel()
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key(), "", []byte("secret"))
	require.NoError(t, err)
	for name, c := range map[string]struct{ key, says string }{
		"a token":         {"tok_0123456789", "not an Ed25519 private key"},
		"empty":           {"", "not an Ed25519 private key"},
		"with passphrase": {string(pem.EncodeToMemory(block)), "passphrase"},
		"cut":             {privateKey(t)[:120], "not an Ed25519 private key"},
	} {
		_, err := encord.Factory().Auth.Sign(c.key, adapter.Signable{Method: "GET", Target: "/"})
		require.ErrorContains(t, err, c.says, name)
		require.NotContains(t, err.Error(), "0123456789", name)
	}
}

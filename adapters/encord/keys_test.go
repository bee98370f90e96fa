package encord_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
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

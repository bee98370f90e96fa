package encord

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// legacyPath is where the legacy API is: every call of it is a POST there.
const legacyPath = "/public"

// errKey never says anything of the key.
var errKey = errors.New("is not an Ed25519 private key in OpenSSH form; it begins with -----BEGIN OPENSSH PRIVATE KEY-----")

// errPassphrase is for keys that need one.
var errPassphrase = errors.New("is protected by a passphrase; make a key without one for Labelgate: ssh-keygen -t ed25519 -N \"\"")

// sign returns the headers that prove who sends a request. Encord has two forms of it, one for each of its two APIs, as its
// own client makes them (encord 0.1.211, http/v2/request_signer.py and configs.py).
func sign(key string, r adapter.Signable) (map[string]string, error) {
	private, err := parseKey(key)
	if err != nil {
		return nil, err
	}
	public, _ := private.Public().(ed25519.PublicKey)
	path, _, _ := strings.Cut(r.Target, "?")
	if strings.HasSuffix(path, legacyPath) && !strings.HasSuffix(path, "/v2"+legacyPath) {
		return signLegacy(private, hex.EncodeToString(public), r), nil
	}
	return signV2(private, hex.EncodeToString(public), r), nil
}

// parseKey reads an OpenSSH private key. Line breaks may be written as \n, as they are in environment files.
func parseKey(key string) (ed25519.PrivateKey, error) {
	parsed, err := ssh.ParseRawPrivateKey([]byte(strings.ReplaceAll(key, `\n`, "\n")))
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		return nil, errPassphrase
	}
	private, ok := parsed.(*ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errKey
	}
	return *private, nil
}

// signLegacy signs the body's digest alone.
func signLegacy(private ed25519.PrivateKey, id string, r adapter.Signable) map[string]string {
	return map[string]string{"Authorization": id + ":" + hex.EncodeToString(ed25519.Sign(private, r.Digest[:]))}
}

// signV2 signs method, target and body, after a draft of RFC 9421. created is in whole seconds; there is no nonce.
func signV2(private ed25519.PrivateKey, id string, r adapter.Signable) map[string]string {
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(r.Digest[:]) + ":"
	params := fmt.Sprintf(`("@method" "@request-target" "content-digest");created=%d;keyid="%s";alg="ed25519"`, r.Time.Unix(), id)
	base := fmt.Sprintf("\"@method\": %s\n\"@request-target\": %s\n\"content-digest\": %s\n\"@signature-params\": %s",
		strings.ToUpper(r.Method), r.Target, digest, params)
	return map[string]string{
		"Content-Digest":  digest,
		"Signature-Input": "encord-sig=" + params,
		"Signature":       "encord-sig=:" + base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(base))) + ":",
	}
}

package encordsandbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

var (
	errTrailing = errors.New("more than one JSON value")
	errAuth     = errors.New("the request is not signed by a known key")
	errStale    = errors.New("the signature is too old or from the future")

	// inputForm is the Signature-Input that the client sends: the three covered parts, when, whose key.
	inputForm = regexp.MustCompile(`^encord-sig=(\("@method" "@request-target" "content-digest"\);created=(\d+);keyid="([0-9a-f]{64})";alg="ed25519")$`)
	// valueForm is a byte sequence of RFC 8941 under the client's label.
	valueForm = regexp.MustCompile(`^encord-sig=:([A-Za-z0-9+/=]+):$`)
	// legacyForm is the Authorization header of the legacy API: public key and signature, in hex.
	legacyForm = regexp.MustCompile(`^([0-9a-f]{64}):([0-9a-f]{128})$`)
)

// skew is how far a signature's time may be from the clock. Encord's own bound is not known.
const skew = 10 * time.Minute

// verifier checks signatures. Equal signatures may come again: the client's own retries send them.
type verifier struct {
	only ed25519.PublicKey // the only key that is taken; nil for any
	bad  error             // why the configured key is no key
	now  func() time.Time
}

func newVerifier(o sandbox.VendorOptions) verifier {
	v := verifier{now: o.Now}
	if o.Key == "" {
		return v
	}
	key, err := ssh.ParseRawPrivateKey([]byte(o.Key))
	if private, ok := key.(*ed25519.PrivateKey); err == nil && ok {
		v.only, _ = private.Public().(ed25519.PublicKey)
		return v
	}
	v.bad = errors.New("the sandbox's key must be an OpenSSH Ed25519 private key")
	return v
}

// v2 verifies a request of the v2 API.
func (v verifier) v2(r *http.Request, body []byte) error {
	digest := sha256.Sum256(body)
	stated := "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":"
	if got := r.Header.Get("Content-Digest"); got != stated {
		return fmt.Errorf("Content-Digest is %q, the body's is %q", got, stated)
	}
	input := inputForm.FindStringSubmatch(r.Header.Get("Signature-Input"))
	value := valueForm.FindStringSubmatch(r.Header.Get("Signature"))
	if input == nil || value == nil {
		return errAuth
	}
	created, err := strconv.ParseInt(input[2], 10, 64)
	if err != nil || v.now().Sub(time.Unix(created, 0)).Abs() > skew {
		return errStale
	}
	signature, err := base64.StdEncoding.DecodeString(value[1])
	if err != nil {
		return errAuth
	}
	base := fmt.Sprintf("\"@method\": %s\n\"@request-target\": %s\n\"content-digest\": %s\n\"@signature-params\": %s",
		r.Method, target(r), stated, input[1])
	return v.signed(input[3], []byte(base), signature)
}

// legacy verifies a request of the legacy API, which signs the body's digest alone.
func (v verifier) legacy(r *http.Request, body []byte) error {
	parts := legacyForm.FindStringSubmatch(r.Header.Get("Authorization"))
	if parts == nil {
		return errAuth
	}
	signature, err := hex.DecodeString(parts[2])
	if err != nil {
		return errAuth
	}
	digest := sha256.Sum256(body)
	return v.signed(parts[1], digest[:], signature)
}

func (v verifier) signed(keyHex string, message, signature []byte) error {
	if v.bad != nil {
		return v.bad
	}
	key, err := hex.DecodeString(keyHex)
	if err != nil || v.only != nil && !v.only.Equal(ed25519.PublicKey(key)) || !ed25519.Verify(key, message, signature) {
		return errAuth
	}
	return nil
}

// target is the request's path and query as they were sent.
func target(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

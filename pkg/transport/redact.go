package transport

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// shortest is the least length of a configured header's value that is taken for a secret: masking "1" or "v2" would
// only spoil texts.
const shortest = 6

// redactor replaces every form of every secret. Secrets can be added while it is used.
type redactor struct {
	replacer atomic.Pointer[strings.Replacer]

	mu      sync.Mutex // guards secrets
	secrets []string   // the fixed ones, then the last access tokens
	fixed   int
}

// keptTokens is how many access tokens are remembered to be masked: the one in use, and some that late texts may hold.
const keptTokens = 4

// add masks one more access token from now on.
func (r *redactor) add(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.secrets)-r.fixed >= keptTokens {
		r.secrets = slices.Delete(r.secrets, r.fixed, r.fixed+1)
	}
	r.secrets = append(r.secrets, token)
	r.replacer.Store(replacerOf(r.secrets))
}

// Redact returns s with the key, the secret headers and the URL's secret parameters masked, also where they are escaped
// or in base64.
func (c *Client) Redact(s string) string { return c.redactor.replacer.Load().Replace(s) }

func newRedactor(o Options, target base) *redactor {
	var secrets []string
	if o.APIKey != "" {
		secrets = append(secrets, o.APIKey)
	}
	for name, value := range o.Headers {
		if !public(http.CanonicalHeaderKey(name)) {
			secrets = appendLong(secrets, value)
			secrets = appendLong(secrets, value[strings.LastIndexByte(value, ' ')+1:]) // "Bearer KEY"
		}
	}
	for name, values := range target.parameters() {
		if secretParameter(name) {
			secrets = appendLong(secrets, values...)
		}
	}
	r := &redactor{secrets: secrets, fixed: len(secrets)}
	r.replacer.Store(replacerOf(secrets))
	return r
}

// replacerOf masks the longest form first, so that no part of one is left over.
func replacerOf(secrets []string) *strings.Replacer {
	var forms []string
	for _, secret := range secrets {
		forms = append(forms, formsOf(secret)...)
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, mask)
	}
	return strings.NewReplacer(pairs...)
}

// formsOf returns a secret as it is, as in a URL, as in JSON with and without HTML escapes, and in base64 alone and as a
// basic credential.
func formsOf(secret string) []string {
	inJSON, _ := json.Marshal(secret) // a string always marshals
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), unquoted(string(inJSON)), unquoted(strconv.Quote(secret))}
	for _, plain := range []string{secret, secret + ":"} {
		raw := []byte(plain)
		forms = append(forms, base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw))
	}
	return forms
}

func unquoted(s string) string { return s[1 : len(s)-1] }

func appendLong(secrets []string, values ...string) []string {
	for _, value := range values {
		if len(value) >= shortest {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

func (b base) parameters() url.Values {
	values, _ := url.ParseQuery(b.query) // what cannot be read cannot be matched either
	return values
}

// secretParameter reports whether a URL parameter's name says that it is a secret.
func secretParameter(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"key", "token", "secret", "pass", "auth", "sig", "credential"},
		func(word string) bool { return strings.Contains(name, word) })
}

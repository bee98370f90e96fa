package transport

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const mask = "***"

// secretHeader carries the API key; its name is empty when there is none.
type secretHeader struct {
	name, value string
	// shown is the value with the key masked.
	shown string
}

// reserved headers belong to the connection; setting one would break the request or its accounting.
func reserved(name string) bool {
	switch name {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding", "Trailer", "Upgrade", "Te", "Expect":
		return true
	}
	return false
}

// public reports whether a header's value may be shown: everything that a config adds is taken for a secret but these.
func public(name string) bool {
	switch name {
	case "Accept", "Accept-Language", "Content-Type", "User-Agent":
		return true
	}
	return false
}

// fixedHeader returns the headers of every call in canonical form.
func fixedHeader(o Options) (http.Header, error) {
	header := make(http.Header, len(o.Headers)+1)
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		canonical := http.CanonicalHeaderKey(name)
		if err := checkHeader(canonical, o.Headers[name]); err != nil {
			return nil, fmt.Errorf("headers.%s: %w", name, err)
		}
		if _, twice := header[canonical]; twice {
			return nil, fmt.Errorf("headers.%s: is set twice in different spellings", name)
		}
		header[canonical] = []string{o.Headers[name]}
	}
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = []string{o.UserAgent}
	}
	return header, nil
}

// authHeader returns the header of the API key.
func authHeader(o Options) (secretHeader, error) {
	if o.APIKey == "" {
		return secretHeader{}, nil
	}
	h := secretHeader{name: http.CanonicalHeaderKey(o.Auth.Header), value: o.APIKey, shown: mask}
	if h.name == "" {
		h.name = "Authorization"
	}
	switch {
	case o.Auth.Basic:
		h.value, h.shown = "Basic "+basicKey(o.APIKey), "Basic "+mask
	case o.Auth.Scheme != "":
		h.value, h.shown = o.Auth.Scheme+" "+o.APIKey, o.Auth.Scheme+" "+mask
	}
	if err := checkHeader(h.name, h.value); err != nil {
		return secretHeader{}, fmt.Errorf("api_key: %w", err)
	}
	for name := range o.Headers {
		if http.CanonicalHeaderKey(name) == h.name {
			return secretHeader{}, fmt.Errorf("headers.%s: api_key sets this header already; leave one of them out", name)
		}
	}
	return h, nil
}

func checkHeader(name, value string) error {
	switch {
	case name == "" || strings.ContainsFunc(name, notToken):
		return errors.New("is not a header name")
	case reserved(name):
		return errors.New("this header is set by Labelgate; remove it")
	case strings.ContainsFunc(value, isControl):
		return errors.New("the value holds a control character, such as the line break at the end of a file")
	}
	return nil
}

// notToken reports what RFC 9110 section 5.6.2 does not allow in a header's name.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// basicKey is the credential of HTTP basic authentication with the key as user name and no password.
func basicKey(key string) string {
	return base64.StdEncoding.EncodeToString([]byte(key + ":"))
}

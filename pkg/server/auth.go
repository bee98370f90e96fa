package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

// secrets are the digests of the secrets that may be used. Digests are compared, so that neither content nor length of
// a secret shows in the time it takes.
type secrets [][sha256.Size]byte

func newSecrets(texts []string) secrets {
	s := make(secrets, 0, len(texts))
	for _, text := range texts {
		s = append(s, sha256.Sum256([]byte(text)))
	}
	return s
}

// match reports whether the text is one of the secrets; where there are none, anything is.
func (s secrets) match(text string) bool {
	if len(s) == 0 {
		return true
	}
	given := sha256.Sum256([]byte(text))
	found := 0
	for i := range s {
		found |= subtle.ConstantTimeCompare(s[i][:], given[:])
	}
	return found == 1
}

// adminOnly lets through who has the admin token or, where there is none, who asks from this machine.
func (s *Server) adminOnly(next echo.HandlerFunc) echo.HandlerFunc {
	token := newSecrets([]string{s.AdminToken})
	return func(c echo.Context) error {
		req := c.Request()
		if s.AdminToken == "" {
			if !fromThisMachine(req) {
				return &httpError{status: http.StatusForbidden, message: "without admin.token this is answered on loopback addresses only"}
			}
			return next(c)
		}
		given, ok := strings.CutPrefix(req.Header.Get(echo.HeaderAuthorization), "Bearer ")
		if !ok || !token.match(given) {
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
			return &httpError{status: http.StatusUnauthorized, message: "send the admin token as Authorization: Bearer"}
		}
		return next(c)
	}
}

// fromThisMachine reports whether a request comes from a loopback address, was not passed on by a proxy, and was meant
// for a loopback name (a web page must not reach it by a name that it points here).
func fromThisMachine(req *http.Request) bool {
	peer, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if req.Header.Get(header) != "" {
			return false
		}
	}
	host := req.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

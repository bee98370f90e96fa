package labelstudiosandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// How long tokens live: an access token 300 s, a personal access token about 200 years (seen at a running server).
const (
	accessLife  = 300 * time.Second
	refreshLife = 200 * 365 * 24 * time.Hour
)

// keys are the credentials that are taken: the legacy token, or a personal access token (a refresh token, a JWT), which is
// exchanged for access tokens.
type keys struct {
	only     string // the one key that is taken; empty takes any that is well formed
	personal string // the personal access token that was made here; empty for none
	made     int
	blocked  map[string]bool      // blacklisted personal access tokens
	access   map[string]time.Time // access tokens and when they end
}

func newKeys(only string) keys {
	return keys{only: only, blocked: map[string]bool{}, access: map[string]time.Time{}}
}

// tokenless reports whether a path is open to everybody.
func tokenless(path string) bool {
	return strings.HasPrefix(path, "/api/token/refresh") || strings.HasPrefix(path, "/api/version")
}

// admit returns why a request is not let in; "" when it is.
func (k *keys) admit(r *http.Request, now time.Time) string {
	const none = "Authentication credentials were not provided."
	header := r.Header.Get("Authorization")
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case header == "" && r.Header.Get("X-Api-Key") != "":
		return k.legacy(r.Header.Get("X-Api-Key"))
	case strings.EqualFold(scheme, "Token") && rest == "":
		return "Invalid token header. No credentials provided."
	case strings.EqualFold(scheme, "Token") && strings.Contains(rest, " "):
		return "Invalid token header. Token string should not contain spaces."
	case strings.EqualFold(scheme, "Token"):
		return k.legacy(rest)
	case strings.EqualFold(scheme, "Bearer"):
		if ends, known := k.access[rest]; known && now.Before(ends) {
			return ""
		}
	}
	return none
}

func (k *keys) legacy(token string) string {
	if isJWT(token) || k.only != "" && !isJWT(k.only) && token != k.only {
		return "Invalid token."
	}
	if isJWT(k.only) {
		return "Authentication token no longer valid: legacy token authentication has been disabled for this organization"
	}
	return ""
}

// refusal is why a personal access token is not taken; "" when it is.
func (k *keys) refusal(token string) string {
	switch {
	case k.blocked[token]:
		return "Token is blacklisted"
	case !isJWT(token), token != k.personal && k.only != "" && token != k.only, tokenType(token) != "refresh":
		return "Token is invalid"
	}
	return ""
}

// personalToken reads the token of a refresh, rotate or blacklist request; it answers where it is not taken.
func (c *call) personalToken() (string, bool) {
	value, there := c.object()["refresh"]
	token, isText := value.(string)
	switch {
	case !there:
		c.invalid("refresh", []string{"This field is required."})
		return "", false
	case isText && token == "":
		c.invalid("refresh", []string{"This field may not be blank."})
		return "", false
	}
	if why := c.api.keys.refusal(token); why != "" {
		c.fail(http.StatusUnauthorized, why)
		return "", false
	}
	return token, true
}

func (a *api) refreshToken(c *call) {
	if _, ok := c.personalToken(); !ok {
		return
	}
	access := a.mint("access", accessLife)
	a.keys.access[access] = a.now().Add(accessLife)
	c.answer(http.StatusOK, map[string]string{"access": access})
}

func (a *api) createToken(c *call) {
	if a.keys.personal != "" && !a.keys.blocked[a.keys.personal] {
		c.fail(http.StatusConflict, "You already have a valid token. Please revoke it before creating a new one.")
		return
	}
	a.keys.personal = a.mint("refresh", refreshLife)
	c.effect("personal access token made")
	c.answer(http.StatusCreated, map[string]string{"token": a.keys.personal})
}

func (a *api) listTokens(c *call) {
	list := []map[string]string{}
	if p := a.keys.personal; p != "" && !a.keys.blocked[p] {
		list = append(list, map[string]string{"token": p[:strings.LastIndexByte(p, '.')]})
	}
	c.answer(http.StatusOK, list)
}

func (a *api) rotateToken(c *call) {
	token, ok := c.personalToken()
	if !ok {
		return
	}
	a.keys.blocked[token] = true
	a.keys.personal = a.mint("refresh", refreshLife)
	c.effect("personal access token rotated")
	c.answer(http.StatusOK, map[string]string{"refresh": a.keys.personal})
}

func (a *api) blacklistToken(c *call) {
	if token, ok := c.personalToken(); ok {
		a.keys.blocked[token] = true
		c.effect("personal access token blacklisted")
		c.w.WriteHeader(http.StatusNoContent)
	}
}

// mint makes a token of the JWT form. Its signature is of no key: nobody but this server reads it.
func (a *api) mint(kind string, life time.Duration) string {
	a.keys.made++
	now := a.now()
	claims := fmt.Sprintf(`{"token_type":%q,"exp":%d,"iat":%d,"jti":"%032d","user_id":"1"}`, kind, now.Add(life).Unix(), now.Unix(), a.keys.made)
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("a stand-in signs nothing"))
}

func isJWT(token string) bool { return tokenType(token) != "" }

// tokenType is the token_type claim; "" for what is no JWT.
func tokenType(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Type string `json:"token_type"`
	}
	if json.Unmarshal(raw, &claims) != nil {
		return ""
	}
	return claims.Type
}

package cvatsandbox

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// session is the value of both cookies that a login gives, where the key is empty.
const session = "rehearsal"

// admit checks the credentials: a personal access token as Bearer (the way to do it since CVAT 2.48), the older Token, HTTP
// basic with the key as password, or the cookies of a login.
func (c *call) admit() *problem {
	header := c.r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return c.admitCookie()
	case scheme == "Bearer" || scheme == "Token":
	case scheme == "Basic":
		pair, _ := base64.StdEncoding.DecodeString(value)
		_, value, _ = strings.Cut(string(pair), ":")
	default:
		return unauthorized("Authentication credentials were not provided.")
	}
	if value == "" || c.options.Key != "" && value != c.options.Key {
		return unauthorized("Invalid token.")
	}
	return nil
}

func (c *call) admitCookie() *problem {
	cookie, err := c.r.Cookie("sessionid")
	if err != nil || cookie.Value != c.session() {
		return unauthorized("Authentication credentials were not provided.")
	}
	if c.r.Method != http.MethodGet && c.r.Header.Get("X-CSRFToken") != c.session() { // Django's own check
		return detail(http.StatusForbidden, "CSRF Failed: CSRF token missing.")
	}
	return nil
}

func (c *call) session() string {
	if c.options.Key != "" {
		return c.options.Key
	}
	return session
}

func unauthorized(text string) *problem {
	p := detail(http.StatusUnauthorized, text)
	p.header = map[string]string{"WWW-Authenticate": `Basic realm="api"`}
	return p
}

// open answers what needs no credentials: the version, login and logout.
func (c *call) open(p []string) *problem {
	switch path := strings.Join(p, "/"); {
	case path == "server/about" && c.r.Method == http.MethodGet:
		return c.reply(http.StatusOK, map[string]string{
			"name": "Computer Vision Annotation Tool", "description": "a stand-in to rehearse with", "version": version,
			"logo_url": "", "subtitle": "",
		})
	case path == "auth/login" && c.r.Method == http.MethodPost:
		return c.login()
	case path == "auth/logout" && c.r.Method == http.MethodPost:
		return c.reply(http.StatusOK, map[string]string{"detail": "Successfully logged out."})
	default:
		return detail(http.StatusNotFound, "Not found.")
	}
}

func (c *call) login() *problem {
	var body struct {
		Username, Email *string
		Password        *string
	}
	if err := c.read(&body); err != nil {
		return err
	}
	if body.Password == nil {
		return field("password", required)
	}
	if body.Username == nil || c.options.Key != "" && *body.Password != c.options.Key {
		return field("non_field_errors", "Unable to log in with provided credentials.")
	}
	for _, name := range []string{"sessionid", "csrftoken"} {
		http.SetCookie(c.w, &http.Cookie{Name: name, Value: c.session(), Path: "/"}) //nolint:gosec // as CVAT without TLS does
	}
	return c.reply(http.StatusOK, map[string]string{"key": c.session()})
}

// enter finds out which organization the request speaks for: the header X-Organization, or the query org or org_id.
func (c *call) enter() *problem {
	query := c.r.URL.Query()
	switch values, there := c.r.Header["X-Organization"]; {
	case there:
		return c.enterBy(func(o *organization) bool { return o.Slug == values[0] }, values[0])
	case query.Has("org"):
		return c.enterBy(func(o *organization) bool { return o.Slug == query.Get("org") }, query.Get("org"))
	case query.Has("org_id") && query.Get("org_id") != "":
		return c.enterBy(func(o *organization) bool { return strconv.Itoa(o.ID) == query.Get("org_id") }, query.Get("org_id"))
	}
	return nil
}

func (c *call) enterBy(is func(*organization) bool, name string) *problem {
	if name == "" {
		c.org = &organization{}
		return nil
	}
	for i := range c.organizations {
		if is(&c.organizations[i]) {
			c.org = &c.organizations[i]
			return nil
		}
	}
	return detail(http.StatusNotFound, name+" organization does not exist.")
}

// sees reports whether what belongs to an organization (0: to nobody's) is in the request's view.
func (c *call) sees(org int) bool { return c.org == nil || c.org.ID == org }

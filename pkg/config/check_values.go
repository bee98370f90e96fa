package config

import (
	"maps"
	"net"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *checker) server() {
	s := c.config.Server
	if _, port, err := net.SplitHostPort(s.Listen); err != nil || !isPort(port) {
		c.wrong("server.listen", "must be an address and a port, such as :8080 or 127.0.0.1:8080")
	}
	c.positive("server.max_body", int64(s.MaxBody))
	c.positive("server.header_timeout", int64(s.HeaderTimeout))
	c.positive("server.body_timeout", int64(s.BodyTimeout))
	if token := c.config.Admin.Token; strings.ContainsAny(string(token), " \t\r\n") {
		c.wrong("admin.token", "holds a space or a line break; no header can carry that")
	}
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func (c *checker) store() {
	scheme, rest, _ := strings.Cut(c.config.Store.URL, "://")
	switch {
	case scheme == "sqlite" && (rest == "" || strings.HasSuffix(rest, "/")):
		c.wrong("store.url", "must name a file after sqlite://")
	case scheme == "postgres" || scheme == "postgresql":
		if u, err := url.Parse(c.config.Store.URL); err != nil || strings.Trim(u.Path, "/") == "" {
			c.wrong("store.url", "must name a database, such as postgres://user@host/database")
		}
	case scheme != "sqlite":
		c.wrong("store.url", "must begin with sqlite:// or postgres://, such as sqlite://labelgate.db or postgres://user@host/database")
	}
}

func (c *checker) destination(path, key string) {
	c.name(path, key)
	d := c.config.Destinations[key]
	c.known(path+".adapter", d.Adapter, "the adapters", c.adapters.Names())
	c.url(path+".url", d.URL)
	if !c.signs(d) {
		c.headerValue(path+".api_key", d.APIKey)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		c.headerName(join(path+".headers", name), name)
		c.headerValue(join(path+".headers", name), d.Headers[name])
	}
	c.auth(path+".auth", d)
	c.limits(path+".limits", d.Limits)
	c.retry(path+".retry", d.Retry)
	if d.Price.PerItem < 0 {
		c.wrong(path+".price.per_item", "must not be negative")
	}
}

// url never shows the value: it can hold credentials in ways that cannot all be told.
func (c *checker) url(path, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		c.wrong(path, "is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.wrong(path, "must be a whole URL, such as https://vendor.example/api")
	case u.User != nil:
		c.wrong(path, "must not hold credentials, which would be seen in logs; put them in api_key or headers")
	case u.Fragment != "":
		c.wrong(path, "must not have a part after #, which is never sent")
	}
}

func (c *checker) auth(path string, d Destination) {
	a := d.Auth
	switch {
	case a == nil:
		return
	case d.APIKey == "":
		c.wrong(path, "says how api_key is sent, and there is no api_key")
	case a.Basic && (a.Header != "" || a.Scheme != ""):
		c.wrong(path+".basic", "has its own header and scheme; leave those out")
	case strings.ContainsAny(a.Scheme, " \t\r\n"):
		c.wrong(path+".scheme", "must be one word, such as Bearer")
	}
	if a.Header != "" {
		c.headerName(path+".header", a.Header)
	}
}

func (c *checker) limits(path string, l Limits) {
	c.positive(path+".concurrency", int64(l.Concurrency))
	c.positive(path+".timeout", int64(l.Timeout))
	c.positive(path+".max_answer", int64(l.MaxAnswer))
	if l.PerMinute < 0 {
		c.wrong(path+".per_minute", "must not be negative; 0 is no limit")
	}
}

func (c *checker) retry(path string, r Retry) {
	c.positive(path+".initial", int64(r.Initial))
	c.positive(path+".poll", int64(r.Poll))
	if r.Max < r.Initial {
		c.wrong(path+".max", "must be at least initial, %s", short(r.Initial))
	}
	if r.PauseAfter < 0 {
		c.wrong(path+".pause_after", "must not be negative; 0 is never")
	}
}

func (c *checker) positive(path string, value int64) {
	if value <= 0 {
		c.wrong(path, "must be more than 0")
	}
}

// headerPattern is a header name by RFC 9110.
var headerPattern = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// framing are the headers that the HTTP client writes itself.
var framing = []string{ //nolint:gochecknoglobals // a constant list
	"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade",
}

func (c *checker) headerName(path, name string) {
	switch {
	case !headerPattern.MatchString(name):
		c.wrong(path, "is not a header name")
	case slices.Contains(framing, textproto.CanonicalMIMEHeaderKey(name)):
		c.wrong(path, "the gateway sets this header itself")
	}
}

// signs reports whether a destination's key signs requests, so that it never stands in a header itself.
func (c *checker) signs(d Destination) bool {
	factory, ok := c.adapters.Get(d.Adapter)
	return ok && factory.Auth.Sign != nil && d.Auth == nil
}

func (c *checker) headerValue(path string, value Secret) {
	if strings.ContainsFunc(string(value), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		c.wrong(path, "holds a line break or another control character; no header can carry that")
	}
}

// short writes a duration without its zero parts: "10m", not "10m0s".
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
